"""Read the entries of an artifact: the local header of each, and its content.

Local headers follow APPNOTE.TXT 6.3.10, in the form that ``content/segments/zip/records.ts`` writes: no data
descriptors, UTF-8 names.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

STORED, DEFLATED = 0, 8
MAX_32 = 0xFFFFFFFF
# Signature, versions, flags, method, time and date, crc, compressed size, size, length of name and of extra.
LOCAL = struct.Struct("<4s2xHH4xIIIHH")
SIZES64 = struct.Struct("<4xQQ")
# How many bytes of an entry are in memory at a time.
PIECE = 1 << 20


class DamagedError(Exception):
    """The artifact is not what was shipped; the message names the entry."""


class Entry(NamedTuple):
    """An entry, by its local header; sizes in bytes."""

    name: str
    method: int
    crc: int
    compressed: int
    size: int


def next_entry(file: BinaryIO, path: str) -> Entry:
    """Read a local header (4.3.7); the file is at the entry's data afterwards."""
    at = file.tell()
    header = file.read(LOCAL.size)
    if len(header) < LOCAL.size or not header.startswith(b"PK\3\4"):
        raise DamagedError(f"{path} is damaged: an entry should begin at byte {at}")
    _, _, method, crc, compressed, size, name_length, extra_length = LOCAL.unpack(header)
    try:
        name = file.read(name_length).decode()
    except UnicodeDecodeError as error:
        raise DamagedError(f"{path} is damaged: the entry at byte {at} has no name in UTF-8") from error
    extra = file.read(extra_length)
    if size == MAX_32 and compressed == MAX_32 and len(extra) >= SIZES64.size:
        # A local header has both fields, the size first (4.5.3).
        size, compressed = SIZES64.unpack_from(extra)
    return Entry(name, method, crc, compressed, size)


def pieces(file: BinaryIO, entry: Entry, path: str) -> Iterator[bytes]:
    """Yield the content of the entry at the file's position. Raises DamagedError; for a wrong CRC at the end."""
    crc = done = 0
    try:
        for piece in _inflated(file, entry):
            crc = zlib.crc32(piece, crc)
            done += len(piece)
            yield piece
    except zlib.error as error:
        raise DamagedError(f"the entry {entry.name} of {path} is damaged: {error}") from error
    if crc != entry.crc or done != entry.size:
        raise DamagedError(f"the entry {entry.name} of {path} is damaged: its CRC-32 does not match its content")


def _inflated(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    if entry.method not in {STORED, DEFLATED}:
        raise zlib.error(f"unknown compression method {entry.method}")
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    left = entry.compressed
    while left > 0:
        data = file.read(min(left, PIECE))
        if not data:
            return
        left -= len(data)
        if entry.method == STORED:
            yield data
            continue
        while data:
            yield inflate.decompress(data, PIECE)
            data = inflate.unconsumed_tail
    if entry.method == DEFLATED:
        yield inflate.flush()
