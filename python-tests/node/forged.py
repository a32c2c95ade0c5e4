"""Artifacts that are not what they say: copies with other entries, another index or a flipped bit."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

from node_artifacts import RUNTIME, Node, install

INDEX = ".deps/.ship-env/index.json"


class Pair:
    """Two artifacts of equal layout: a module of the second one has another value of equal length."""

    def __init__(self, folder: Path) -> None:
        self.node = Node(folder)
        install(self.node.site, "large", {"large.py": "NUMBERS = list(range(9))\n"})
        self.good = self._build("good")
        self.evil = self._build("evil")

    def _build(self, value: str) -> Path:
        install(self.node.site, "small", {"small.py": f"VALUE = '{value}'\n", "small_tool.sh": "#!/bin/sh\n"})
        return self.node.build(f"{value}.pex")


def index_of(pex: Path) -> dict[str, Any]:
    """The index of an artifact."""
    with zipfile.ZipFile(pex) as archive:
        index: dict[str, Any] = json.loads(archive.read(INDEX))
    return index


def span_of(pex: Path, wheel: str) -> tuple[int, int, str]:
    """The place of a distribution in an artifact, and its key."""
    (row,) = [row for row in index_of(pex)["segments"] if row["wheel"].startswith(wheel)]
    return row["offset"], row["offset"] + row["length"], row["key"]


def rewritten(pex: Path, to: Path, changes: dict[str, bytes]) -> Path:
    """A copy of an artifact in which entries have another content, with correct zip records."""
    original = pex.read_bytes()
    with zipfile.ZipFile(pex) as archive:
        infos, directory = archive.infolist(), archive.start_dir
        index = json.loads(archive.read(INDEX))
        comment = archive.comment
    data, records, starts = bytearray(original[: infos[0].header_offset]), bytearray(), {}
    for info, behind in zip(infos, [*(info.header_offset for info in infos[1:]), directory]):
        starts[info.filename] = len(data)
        if info.filename == index["own"][0]["name"]:
            index["modules"]["offset"] = len(data)
        content = changes.get(info.filename)
        if info.filename == INDEX and content is None:
            for row in index["segments"]:
                own = (f".deps/{row['wheel']}/", f".deps/.ship-env/pyc/{row['wheel']}")
                places = sorted(at for name, at in starts.items() if name.startswith(own))
                end = min(at for at in starts.values() if at > places[-1])
                row.update(offset=places[0], length=end - places[0])
            content = json.dumps(index).encode()
        crc, packed, size = info.CRC, info.compress_size, info.file_size
        name = info.filename.encode()
        if content is not None:
            body = content if info.compress_type == zipfile.ZIP_STORED else deflated(content)
            crc, packed, size = zlib.crc32(content), len(body), len(content)
        rest = struct.pack("<HHHHIII", info.flag_bits, info.compress_type, 0, 0x21, crc, packed, size)
        if content is None:
            data += original[info.header_offset : behind]
        else:
            data += b"PK\3\4" + struct.pack("<H", 20) + rest + struct.pack("<HH", len(name), 0) + name + body
        tail = struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, info.external_attr, starts[info.filename])
        records += b"PK\1\2" + struct.pack("<HH", 0x314, 20) + rest + tail + name
    end_record = struct.pack("<HHHHIIH", 0, 0, len(infos), len(infos), len(records), len(data), len(comment))
    to.write_bytes(bytes(data) + records + b"PK\5\6" + end_record + comment)
    to.chmod(0o755)
    return to


def deflated(content: bytes) -> bytes:
    """Compress for a zip."""
    work = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return work.compress(content) + work.flush()


def swapped_segment(pair: Pair, to: Path) -> Path:
    """The complete segment of another artifact in the place of the one that the index names."""
    with zipfile.ZipFile(pair.evil) as archive:
        names = [name for name in archive.namelist() if "small-1.0" in name]
        return rewritten(pair.good, to, {name: archive.read(name) for name in names})


def edited(pair: Pair, to: Path) -> Path:
    """An edited module with correct zip records."""
    wheel = "small-1.0-py3-none-any.whl"
    return rewritten(pair.good, to, {f".deps/{wheel}/small.py": b"VALUE = 'evil'\n"})


def compiled(pair: Pair, to: Path) -> Path:
    """Compiled modules that do not come from the sources."""
    name = ".deps/.ship-env/pyc/small-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pair.evil) as archive:
        return rewritten(pair.good, to, {name: archive.read(name)})


def relabelled(pair: Pair, to: Path) -> Path:
    """A layout with the fingerprint of another distribution."""
    name = ".deps/small-1.0-py3-none-any.whl/.layout.json"
    with zipfile.ZipFile(pair.evil) as archive:
        return rewritten(pair.good, to, {name: archive.read(name)})


def with_index(pex: Path, to: Path, index: dict[str, Any]) -> Path:
    """A copy of an artifact with another index, and with the id of that index as its comment."""
    code = """
import json, sys
sys.path.insert(0, sys.argv[1])
from ship_env_node.identity import Own, artifact_id
index = json.loads(sys.argv[2])
own = [Own(row["name"], row["sha256"]) for row in index["own"]]
segments = [(row["wheel"], row["key"], row["rank"]) for row in index["segments"]]
print(artifact_id(index["python"], index["head"]["sha256"], own, segments))
"""
    command = [sys.executable, "-c", code, str(RUNTIME), json.dumps(index)]
    identity = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    old = index["id"].encode()
    rewritten(pex, to, {INDEX: json.dumps({**index, "id": identity}).encode()})
    content = to.read_bytes()
    assert content.endswith(old)
    to.write_bytes(content[: -len(old)] + identity.encode())
    return to


def flipped(pex: Path, to: Path, near: bytes) -> Path:
    """A copy of an artifact with one flipped bit in the head, at the first letter after these bytes."""
    data = bytearray(pex.read_bytes())
    at = data.index(near) + len(near)
    assert at < index_of(pex)["head"]["length"]
    data[at] ^= 1
    to.write_bytes(data)
    to.chmod(0o755)
    return to
