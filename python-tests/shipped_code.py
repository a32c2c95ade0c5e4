"""Writes code archives and pointer files like a ship. Standard library only: a Spark driver uses it, too."""

from __future__ import annotations

import hashlib
import importlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

RUNTIME = Path(__file__).parents[1] / "jupyterlab_ship_env" / "runtime"


def archive(directory: Path, files: Mapping[str, str | bytes], modules: list[str]) -> dict[str, object]:
    """Write a code archive named by its content; return its entry for a pointer file."""
    digest = hashlib.sha256(repr(files).encode()).hexdigest()[:8]
    name = f"code-{digest}.zip"
    with zipfile.ZipFile(directory / name, "w") as zip_file:
        # zipimport finds a namespace package only by the entry of its directory.
        for folder in sorted({f"{parent}/" for path in files for parent in Path(path).parents} - {"./"}):
            zip_file.writestr(zipfile.ZipInfo(folder), "")
        for path, content in files.items():
            # Entries have no time, so that equal files make equal archives, as in a ship.
            zip_file.writestr(zipfile.ZipInfo(path), content)
    return listed(directory / name, modules)


def listed(path: Path, modules: list[str]) -> dict[str, object]:
    """Return the entry of an archive for a pointer file."""
    content = path.read_bytes()
    return {
        "file": path.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "modules": modules,
    }


def point(directory: Path, sequence: int, *archives: dict[str, object]) -> Path:
    """Write a pointer file."""
    return write_pointer(directory, sequence, {"schema": 2, "archives": archives})


def write_pointer(directory: Path, sequence: int, pointer: object) -> Path:
    """Write a pointer file with any content."""
    content = json.dumps(pointer).encode()
    path = directory / f"ship-env-code-{sequence:020d}-{hashlib.sha256(content).hexdigest()[:32]}.json"
    path.write_bytes(content)
    return path


def unpacked(directory: Path, shipped: dict[str, object]) -> Path:
    """Return the folder in which an archive is unpacked."""
    return directory / f".ship-env-code-{Path(str(shipped['file'])).stem}-{str(shipped['sha256'])[:32]}"


def answer(name: str = "my_model") -> object:
    """Return what a function that was pickled by reference would find."""
    return importlib.import_module(name).ANSWER


def folder_on_path(folder: Path, files: Mapping[str, str]) -> str:
    """Write a folder of modules that were not shipped; return its entry for sys.path."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return str(folder)
