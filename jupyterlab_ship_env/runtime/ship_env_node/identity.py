"""Compute the hashes in an artifact's name: the name covers the index, and the index covers each distribution.

The driver computes the same (``formats/pex/artifact-id.ts``, ``content/segments/plan/segment-key.ts``). The text of
each sha256 is a sequence of fields, each ended by NUL, which no field holds.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ARTIFACT_FORMAT = "ship-env pex 3"
SEGMENT_FORMAT = "ship-env segment 5"
PYTHON_FIELDS = ("implementation", "minor", "pythonTag", "abiTag", "platformTag")
ID_DIGITS = 20
# The name of an artifact on a target. A copy may have any other name.
FILE_NAME = re.compile(r"env-[0-9a-f]{20}\.pex")
DIGEST = re.compile(r"[0-9a-f]{64}")

# The layout file of a distribution holds the key, so the key is computed from the layout without it.
LAYOUT_FILE = ".layout.json"
LAYOUT_START = b'{"fingerprint":"%b",'


class Own(NamedTuple):
    """An entry of the artifact itself: its name, and the sha256 of its content."""

    name: str
    sha256: str


def artifact_id(
    python: Mapping[str, str], head: str, own: Iterable[Own], segments: Iterable[tuple[str, str, int]]
) -> str:
    """Compute the id of an artifact.

    :param head: sha256 of the bytes before the first segment
    :param segments: wheel name, key and rank of each, in the order of the file
    """
    fields = [ARTIFACT_FORMAT, *(python[name] for name in PYTHON_FIELDS), head]
    for entry in own:
        fields += ["own", entry.name, entry.sha256]
    for wheel, key, rank in segments:
        fields += ["segment", wheel, key, str(rank)]
    text = "".join(f"{field}\0" for field in fields)
    return f"env-{hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]}"


class SegmentKey:
    """The key of a distribution, computed from its entries, which are added in the order of the artifact."""

    def __init__(self, wheel: str, unlisted: Iterable[str]) -> None:
        self._hash = hashlib.sha256(f"{SEGMENT_FORMAT}\0{wheel}\0".encode())
        for script in unlisted:
            self._hash.update(f"unlisted\0{script}\0\0".encode())

    def add_file(self, name: str, sha256: str, *, is_executable: bool) -> None:
        """Add an entry below the wheel's folder."""
        self._hash.update(f"{'program' if is_executable else 'file'}\0{name}\0{sha256}\0".encode())

    def add_layout(self, content: bytes, key: str, *, is_executable: bool) -> None:
        """Add the layout, which holds the key; a layout that holds another key changes the result."""
        start = LAYOUT_START % key.encode()
        bare = b"{" + content[len(start) :] if content.startswith(start) else content
        self.add_file(LAYOUT_FILE, hashlib.sha256(bare).hexdigest(), is_executable=is_executable)

    def add_compiled(self, sha256: str) -> None:
        """Add the compiled modules."""
        self._hash.update(f"compiled\0\0{sha256}\0".encode())

    def hexdigest(self) -> str:
        """Return the key."""
        return self._hash.hexdigest()
