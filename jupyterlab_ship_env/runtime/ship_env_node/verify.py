"""Verify an artifact without writing anything: its head at every start, all of it before it boots as an ordinary PEX.

The pex tool's boot code finds everything by the central directory, which our own bootstrap does not need. So each of
its records must match the local entry that was verified.
"""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

from ship_env_node.artifact import INDEX
from ship_env_node.entries import DamagedError, next_entry, pieces
from ship_env_node.unpack import read_segment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ship_env_node.artifact import Artifact, Segment
    from ship_env_node.entries import Entry

MODE_FILE, MODE_PROGRAM = 0o100644, 0o100755
MAIN = "__main__.py"
# How many bytes are in memory at a time.
PIECE = 1 << 20


def verify_head(artifact: Artifact) -> None:
    """Compare the bytes before the first segment with the sha256 that the id covers. Takes one or two milliseconds.

    This detects accidents only: a person who changes the head on purpose can change this code, too.

    Raises DamagedError, OSError.
    """
    digest = hashlib.sha256()
    left = artifact.head_length
    with open(artifact.path, "rb") as file:
        while left > 0 and (piece := file.read(min(left, PIECE))):
            digest.update(piece)
            left -= len(piece)
    if digest.hexdigest() != artifact.head_sha256:
        raise DamagedError(
            f"the first {artifact.head_length} bytes of {artifact.path} should have the sha256 "
            f"{artifact.head_sha256}; they have {digest.hexdigest()}"
        )


def verify(artifact: Artifact) -> None:
    """Verify every byte that a PEX of this artifact runs.

    Raises DamagedError, OSError.
    """
    # The head is verified again: unpacking may have taken minutes, and the path may name another file by now.
    verify_head(artifact)
    try:
        with zipfile.ZipFile(artifact.path) as archive:
            directory = {record.header_offset: record for record in archive.infolist()}
            count = len(archive.infolist())
    except (zipfile.BadZipFile, ValueError) as error:
        raise DamagedError(f"{artifact.path} is damaged: {error}") from error
    records = _Records(artifact, directory)
    _check_head(artifact, records)
    for segment in artifact.segments:
        _verify_segment(artifact, segment, records)
    _verify_own(artifact, records)
    if records.checked != count:
        raise DamagedError(f"{artifact.path} lists {count} entries and holds {records.checked}")


class _Records:
    """The central directory of an artifact. Each record is compared with the verified entry."""

    def __init__(self, artifact: Artifact, directory: dict[int, zipfile.ZipInfo]) -> None:
        self._path = artifact.path
        self._directory = directory
        self.checked = 0

    def below(self, end: int) -> list[int]:
        """Return the positions of the entries before a place in the file."""
        return sorted(offset for offset in self._directory if offset < end)

    def check(self, offset: int, entry: Entry, mode: int | None) -> None:
        """Compare the record of an entry with the entry, and with the mode if one is given. Raises DamagedError."""
        record = self._directory.get(offset)
        found = record and (
            record.orig_filename,
            record.compress_type,
            record.CRC,
            record.compress_size,
            record.file_size,
            mode and record.external_attr >> 16,
        )
        if found != (*entry, mode):
            raise DamagedError(
                f"the directory of {self._path} has {found} for the entry {entry.name}, which is {entry}"
            )
        self.checked += 1


def _check_head(artifact: Artifact, records: _Records) -> None:
    with open(artifact.path, "rb") as file:
        for offset in records.below(artifact.head_length):
            file.seek(offset)
            # The pex tool chose the modes, so they are not compared.
            records.check(offset, next_entry(file, artifact.path), None)


def _verify_segment(artifact: Artifact, segment: Segment, records: _Records) -> None:
    prefix = len(f".deps/{segment.wheel}/")
    for offset, entry in artifact.headers(segment):
        is_executable = entry.name[prefix:] in segment.executables
        records.check(offset, entry, MODE_PROGRAM if is_executable else MODE_FILE)
    read_segment(artifact, segment, _discard)


def _discard(_name: str, content: Iterable[bytes], _is_executable: bool) -> None:  # noqa: FBT001 - a callback
    for _ in content:
        pass


def _verify_own(artifact: Artifact, records: _Records) -> None:
    with open(artifact.path, "rb") as file:
        file.seek(artifact.own_start)
        for name in [*(own.name for own in artifact.own), INDEX]:
            offset = file.tell()
            entry = next_entry(file, artifact.path)
            if entry.name != name:
                raise DamagedError(f"{artifact.path} should have the entry {name} in the place of {entry.name}")
            records.check(offset, entry, MODE_PROGRAM if name == MAIN else MODE_FILE)
            digest = hashlib.sha256()
            for piece in pieces(file, entry, artifact.path):
                digest.update(piece)
            # The index was verified when it was read: the id is computed from it.
            if name != INDEX:
                artifact.check_own(name, digest.hexdigest())
