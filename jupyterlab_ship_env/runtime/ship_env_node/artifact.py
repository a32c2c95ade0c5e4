"""Read an artifact without its central directory, which would take longer than unpacking what is missing.

The index, which is the last entry, tells the place of each segment; a segment is a sequence of local headers and data.
The artifact's name holds a hash of what the index says about contents, and the index holds a hash of each content
(``identity.py``). ``entries.py`` reads the entries. Numbers in parentheses below are sections of APPNOTE.TXT 6.3.10.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from ship_env_node.entries import MAX_32, PIECE, DamagedError, next_entry, pieces
from ship_env_node.identity import DIGEST, FILE_NAME, PYTHON_FIELDS, Own, artifact_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ship_env_node.entries import Entry

BOOTSTRAP_FILES = ".deps/.ship-env/"
INDEX = f"{BOOTSTRAP_FILES}index.json"
PYC = f"{BOOTSTRAP_FILES}pyc/"
COMMENT = b"ship-env:"
# The path of a module of ours below site-packages: a module, or one in a package.
MODULE = re.compile(r"(?:[A-Za-z_]\w*/)*[A-Za-z_]\w*\.py", re.ASCII)
# The name of a wheel (PEP 427), which becomes the name of a folder here.
WHEEL = re.compile(r"[^/\0]+\.whl")

# The start of a record of the central directory, and what follows the last record.
CENTRAL = struct.Struct("<4s4xHH4xIIIHHHHH4xI")
END = struct.Struct("<4s8xIIH")
LOCATOR = struct.Struct("<4s4xQ4x")


class Segment(NamedTuple):
    """A distribution in the artifact: its entries are in ``length`` bytes from ``offset`` on."""

    wheel: str
    key: str
    offset: int
    length: int
    executables: frozenset[str]
    # Rank of its site directory on the kernel's sys.path; when several distributions have a file, the lowest rank wins.
    rank: int
    # Scripts that the distribution declares but does not list; a script that another distribution lists wins.
    unlisted: tuple[str, ...]


class Artifact:
    """An open artifact. The file's name and the comment at its end prove all facts here.

    Raises OSError, and DamagedError when the file does not end like an artifact, or the name, the comment and the index
    contradict each other.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        with open(path, "rb") as file:
            self.directory_end, self.is_zip64, self.id = _directory_end(file, path)
            content = _last_entry(file, path, self.directory_end)
        try:
            index = json.loads(content)
            self.python: dict[str, str] = {name: _text(index["python"][name]) for name in PYTHON_FIELDS}
            # Bytes before the first segment, and their sha256.
            self.head_length = _count(index["head"]["length"])
            self.head_sha256 = _matching(DIGEST, index["head"]["sha256"])
            # Local header of the first of our own entries, and how many of them are modules at the root.
            self.own_start = _count(index["modules"]["offset"])
            self._module_count = _count(index["modules"]["count"])
            self.own = tuple(Own(_text(row["name"]), _matching(DIGEST, row["sha256"])) for row in index["own"])
            self.segments = tuple(_segment(row) for row in index["segments"])
            computed = artifact_id(
                self.python,
                self.head_sha256,
                self.own,
                ((segment.wheel, segment.key, segment.rank) for segment in self.segments),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedError(f"{path} is damaged: its index cannot be read ({error!r})") from error
        self._check_id(computed)

    def root_modules(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and source of our modules at the root: ``ship_env_runtime.py``, our package, and what both need.

        Each is verified. Raises OSError, DamagedError.
        """
        with open(self.path, "rb") as file:
            file.seek(self.own_start)
            for wanted in self.own[: self._module_count]:
                entry = next_entry(file, self.path)
                if entry.name != wanted.name or not MODULE.fullmatch(entry.name):
                    raise DamagedError(f"{self.path} is damaged: it has {entry.name!r} in place of one of our modules")
                content = b"".join(pieces(file, entry, self.path))
                self.check_own(entry.name, hashlib.sha256(content).hexdigest())
                yield entry.name, content

    def check_own(self, name: str, sha256: str) -> None:
        """Compare the content of one of our own entries with the sha256 that the id covers. Raises DamagedError."""
        wanted = dict(self.own).get(name)
        if sha256 != wanted:
            raise DamagedError(
                f"the entry {name} of {self.path} should have the sha256 {wanted}; its content has {sha256}"
            )

    def _check_id(self, computed: str) -> None:
        name = os.path.basename(self.path)
        if FILE_NAME.fullmatch(name) and name != f"{self.id}.pex":
            raise DamagedError(f"{self.path} holds the artifact {self.id}, not the one in its name")
        if computed != self.id:
            raise DamagedError(f"{self.path} says that it is {self.id}; its index belongs to {computed}")

    def headers(self, segment: Segment) -> Iterator[tuple[int, Entry]]:
        """Yield the place and the local header of each entry of a segment, without its content."""
        with open(self.path, "rb", buffering=PIECE) as file:
            file.seek(segment.offset)
            while (at := file.tell()) < segment.offset + segment.length:
                entry = next_entry(file, self.path)
                yield at, entry
                file.seek(entry.compressed, os.SEEK_CUR)

    def entries(self, segment: Segment) -> Iterator[tuple[Entry, BinaryIO]]:
        """Yield each entry of a segment with the file at its data. The caller must read the data to their end."""
        with open(self.path, "rb", buffering=PIECE) as file:
            file.seek(segment.offset)
            while file.tell() < segment.offset + segment.length:
                yield next_entry(file, self.path), file


def _directory_end(file: BinaryIO, path: str) -> tuple[int, bool, str]:
    """Find the end of the central directory, whether there are zip64 records (4.3.14 to 4.3.16), and the id."""
    # The comment is the id. All artifacts of one layout have ids of the same length; a later layout may differ.
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 1024))
    last = file.read()
    at = last.rfind(b"PK\5\6")
    if at < 0 or last[at + END.size : at + END.size + len(COMMENT)] != COMMENT:
        raise DamagedError(f"{path} is damaged: it does not end with the name of an artifact")
    artifact = last[at + END.size + len(COMMENT) :].decode(errors="replace")
    end = size - len(last) + at
    locator = last[max(0, at - LOCATOR.size) : at]
    if not locator.startswith(b"PK\6\7"):
        return end, False, artifact
    return LOCATOR.unpack(locator)[1], True, artifact


def _last_entry(file: BinaryIO, path: str, end: int) -> bytes:
    """Read the index: the entry of the last record of the central directory (4.3.12)."""
    file.seek(max(0, end - 256))
    last = file.read(min(end, 256))
    at = last.rfind(b"PK\1\2")
    record = last[at:]
    if at < 0 or len(record) < CENTRAL.size or not record[CENTRAL.size :].startswith(INDEX.encode()):
        raise DamagedError(f"{path} is damaged: its last entry should be {INDEX}")
    offset = CENTRAL.unpack_from(record)[-1]
    if offset == MAX_32:
        # The offset is the only field of such a small entry that can be too large.
        (offset,) = struct.unpack_from("<Q", record, CENTRAL.size + len(INDEX) + 4)
    file.seek(offset)
    return b"".join(pieces(file, next_entry(file, path), path))


def _segment(row: dict[str, Any]) -> Segment:
    return Segment(
        wheel=_matching(WHEEL, row["wheel"]),
        # The key becomes the name of a folder.
        key=_matching(DIGEST, row["key"]),
        offset=_count(row["offset"]),
        length=_count(row["length"]),
        executables=frozenset(map(_text, row["executables"])),
        rank=_count(row["rank"]),
        unlisted=tuple(map(_text, row["unlisted"])),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, not {value!r}")
    return value


def _matching(pattern: re.Pattern[str], value: object) -> str:
    text = _text(value)
    if not pattern.fullmatch(text):
        raise ValueError(f"{text!r} was not expected")
    return text


def _count(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"a number of bytes was expected, not {value!r}")
    return value
