"""The code archives that a Python worker of Spark runs, and how it changes to new ones.

Among Spark's files are pointer files, ``ship-env-code-<sequence>-<hash>.json``; the one with the highest sequence names
the current code archives. When the worker runs other archives, it forgets their modules and puts the new archives on
``sys.path``: each unpacked into a folder beside it, so that package data can be opened by path and compiled modules
load. They come after the artifact's packages and the standard library, like editables on the driver, and before the
packages of the executor's own Python. Functions that were pickled by reference then import the new code, also those
that had been evaluated before.

The name of a pointer file holds the hash of its content, the pointer file holds the sha256 of each archive, and the
name of an unpacked folder holds the digest of its archive. So an archive is read for its digest once, when the first
process of an executor unpacks it.

Python 3.9 to 3.14, stdlib only: this runs before the daemon of Spark forks. It cannot change objects of old classes
that user code keeps in a worker's memory. It is one file, since each module at the root of an artifact takes a name
that a module of the user could have.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import zipfile
import zipimport
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# The form and the name of the pointer files that this module reads (server/src/contract/pointer-name.ts).
# generated: pointer files
SCHEMA = 2
POINTER = re.compile(r"ship-env-code-([0-9]{20})-([0-9a-f]{32})\.json")
# end of generated: pointer files

# The errors of zipfile about an archive that it cannot read; RuntimeError also means a compression that this python
# lacks.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


class CodeArchiveMissingError(RuntimeError):
    """A pointer file names a code archive that Spark did not bring."""


class CodeArchiveDamagedError(RuntimeError):
    """A code archive is not the one that was shipped, or has an entry with a path outside its folder."""


class CodePointerUnknownError(RuntimeError):
    """A pointer file is complete, but has a form that this module cannot read."""


class Archive(NamedTuple):
    """A code archive in a pointer file; ``size`` in bytes, ``sha256`` in lower-case hex."""

    path: Path
    size: int
    sha256: str
    modules: tuple[str, ...]


class Code:
    """The code archives that this process runs; none at first."""

    def __init__(self) -> None:
        self._pointer: Path | None = None
        self._archives: tuple[Archive, ...] = ()
        # The entries of sys.path for the archives.
        self._entries: tuple[str, ...] = ()
        # The directory that Spark names is often "."; user code may change the working directory.
        self._start = Path.cwd()

    def refresh(self, directory: str) -> bool:
        """Change to the archives of the newest complete pointer file in the directory; to none without a pointer file.

        Costs one directory listing when nothing changed, two in an isolated session. Returns whether the code changed.

        When the archives of a pointer have not all arrived, the previous pointer is used: Spark fetches all files of a
        task before it runs, so the incomplete pointer belongs to another task, and another thread of the executor is
        fetching its files.

        Raises CodeArchiveMissingError when there are pointers and none is complete,
        CodeArchiveDamagedError, and CodePointerUnknownError; the code stays as it was.
        """
        faults: list[str] = []
        for pointer in _pointers(_folders(self._start / directory)):
            if pointer == self._pointer:
                return False
            archives, fault = _read_pointer(pointer)
            if fault is None:
                if faults:
                    sys.stderr.write(f"ship_env: {faults[0]}; this task runs {pointer.name}\n")
                self._swap(pointer, archives)
                return True
            faults.append(fault)
        if faults:
            message = f"ship_env: {faults[0]}. Ship again, or stop this session and build a new one."
            raise CodeArchiveMissingError(message)
        changed = self._pointer is not None
        if changed:
            self._swap(None, ())
        return changed

    def _swap(self, pointer: Path | None, archives: tuple[Archive, ...]) -> None:
        new = tuple(_unpack(archive) for archive in archives)
        gone = set(self._entries)
        others = [entry for entry in sys.path if entry not in gone and entry not in new]
        place = _place(others)
        # Modules of unchanged archives are dropped as well: they may hold objects of changed ones. This comes before
        # the path changes: Spark's directory is on the path, so without the old entries these modules would seem to
        # come from it.
        names = {name for archive in (*self._archives, *archives) for name in archive.modules}
        _forget(names, winners=set(others[:place]))
        sys.path[:] = [*others[:place], *new, *others[place:]]
        # Names hold the hash of the content, so the import system's caches of a path never become stale.
        _drop_importers(gone.difference(new))
        self._pointer, self._archives, self._entries = pointer, archives, new


def _folders(directory: Path) -> list[Path]:
    """List the folders with pointer files: the one that Spark names and, for an isolated session, the executor's own.

    Spark gives each isolated session (``spark.sql.artifact.isolation.enabled``, Spark Connect) a folder below the
    executor's folder, named by the id in this variable. Files of ``spark.files`` are in the executor's folder.
    """
    session = os.environ.get("SPARK_JOB_ARTIFACT_UUID", "default")
    is_of_session = session != "default" and directory.name == session
    return [directory, directory.parent] if is_of_session else [directory]


def _pointers(folders: list[Path]) -> list[Path]:
    """List the pointer files, newest first."""
    paths = [path for folder in folders for path in folder.iterdir()]
    found = [(match, path) for path in paths if (match := POINTER.fullmatch(path.name))]
    return [path for _, path in sorted(found, key=lambda one: (int(one[0][1]), one[0][2]), reverse=True)]


def _read_pointer(pointer: Path) -> tuple[tuple[Archive, ...], str | None]:
    """Read the archives that a pointer file lists, and say in words what is still missing."""
    content = pointer.read_bytes()
    match = POINTER.fullmatch(pointer.name)
    if match is None or not hashlib.sha256(content).hexdigest().startswith(match[2]):
        return (), f"the pointer file {pointer} is incomplete"
    archives = _listed(pointer, content)
    for path, size, _, _ in archives:
        if not path.exists():
            return (), f"the code archive {path}, named by {pointer.name}, is missing"
        if path.stat().st_size != size:
            return (), f"the code archive {path}, named by {pointer.name}, lacks part of its {size} bytes"
    return archives, None


def _listed(pointer: Path, content: bytes) -> tuple[Archive, ...]:
    """Return the archives that the content of a pointer file lists. Raises CodePointerUnknownError."""
    try:
        listed = json.loads(content)
        schema = listed["schema"]
        if schema == SCHEMA:
            return tuple(
                Archive(_beside(pointer, row["file"]), row["bytes"], row["sha256"], tuple(row["modules"]))
                for row in listed["archives"]
            )
        fault = f"it has schema {schema}, and this environment reads schema {SCHEMA}"
    except (KeyError, TypeError, ValueError) as error:
        fault = f"{type(error).__name__}: {error}"
    message = (
        f"ship_env: the pointer file {pointer} was written by another release of jupyterlab-ship-env: {fault}. "
        "Ship with the release that shipped this environment, or stop this session and run the cell of a new ship."
    )
    raise CodePointerUnknownError(message)


def _beside(pointer: Path, name: str) -> Path:
    if os.path.basename(name) != name or name in {"", ".", ".."}:
        raise ValueError(f"{name!r} is not the name of a file")
    return pointer.with_name(name)


def _unpack(archive: Archive) -> str:
    """Unpack a code archive into a folder beside it, unless it is unpacked; return the entry for sys.path.

    All workers of an executor share the folder. Several may unpack at once, each into its own folder, which gets the
    shared name when it is complete; the first to rename wins. The name holds the digest of the archive, so an existing
    folder has the right content. It stays until Spark removes its directory: another worker may be importing from it.

    When the folder cannot be written, the entry is the archive itself: then only package data and compiled modules do
    not work.

    Raises CodeArchiveDamagedError, OSError.
    """
    path = archive.path
    folder = path.with_name(f".ship-env-code-{path.stem}-{archive.sha256[:32]}")
    if folder.is_dir():
        return str(folder)
    _verify(archive)
    own = folder.with_name(f"{folder.name}.{os.getpid()}-{os.urandom(4).hex()}")
    try:
        _extract(path, own)
        _rename(own, folder)
    except (OSError, UnicodeEncodeError) as error:
        sys.stderr.write(f"ship_env: cannot unpack {path}, which is imported as a zip instead: {error}\n")
        return str(path)
    except DAMAGE as error:
        message = f"ship_env: the code archive {path} is damaged: {error}. Ship again."
        raise CodeArchiveDamagedError(message) from error
    finally:
        # The folder is gone when it was renamed. What cannot be removed now, Spark removes with its directory.
        shutil.rmtree(own, ignore_errors=True)
    return str(folder)


def _verify(archive: Archive) -> None:
    """Read an archive for its digest. Raises CodeArchiveDamagedError, OSError."""
    digest = hashlib.sha256()
    with open(archive.path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    if digest.hexdigest() != archive.sha256:
        message = (
            f"ship_env: the code archive {archive.path} is not the one that was shipped: its sha256 should be "
            f"{archive.sha256}, and is {digest.hexdigest()}. Stop this session, ship again, and run the cell."
        )
        raise CodeArchiveDamagedError(message)


def _extract(archive: Path, folder: Path) -> None:
    """Write an archive's entries below a new folder: the execute bit as in the archive, all else by the umask."""
    with zipfile.ZipFile(archive) as entries:
        os.mkdir(folder)
        for entry in entries.infolist():
            parts = entry.filename.rstrip("/").split("/")
            if not {"", ".", ".."}.isdisjoint(parts):
                raise zipfile.BadZipFile(f"the entry {entry.filename!r} is outside of it")
            path = folder.joinpath(*parts)
            if entry.is_dir():
                os.makedirs(path, exist_ok=True)
                continue
            os.makedirs(path.parent, exist_ok=True)
            # Other attributes of the entry, such as a link or the setuid bit, are ignored.
            mode = 0o777 if entry.external_attr >> 16 & 0o111 else 0o666
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with open(descriptor, "wb") as target, entries.open(entry) as source:
                shutil.copyfileobj(source, target)


def _rename(own: Path, folder: Path) -> None:
    """Give a folder its final name, or leave it when another worker was first."""
    try:
        os.rename(own, folder)
    except OSError:
        if not folder.is_dir():
            raise


def _place(entries: list[str]) -> int:
    """Return the place of code archives on sys.path: after the standard library, which comes after a PEX's packages."""
    library = os.path.dirname(os.__file__)
    standard = {library, os.path.join(library, "lib-dynload")}
    return max((index + 1 for index, entry in enumerate(entries) if entry in standard), default=0)


def _forget(modules: set[str], winners: set[str]) -> None:
    """Drop modules, their submodules, and the attributes by which parent packages hold them.

    Keeps a module that an import would find again at the same place, in an entry of sys.path before the code archives.
    """
    prefixes = tuple(f"{name}." for name in modules)
    for name in [key for key in sys.modules if key in modules or key.startswith(prefixes)]:
        if _entry_of(sys.modules[name]) in winners:
            continue
        module = sys.modules.pop(name)
        parent, _, child = name.rpartition(".")
        # Another object under this name belongs to the parent package.
        if parent in sys.modules and vars(sys.modules[parent]).get(child) is module:
            delattr(sys.modules[parent], child)


def _entry_of(module: Any) -> str | None:
    """Return the innermost entry of sys.path that contains a module's file; None when it cannot be told."""
    file = getattr(module, "__file__", None) or ""
    return max((entry for entry in sys.path if entry and file.startswith(entry + os.sep)), key=len, default=None)


def _drop_importers(archives: Iterable[str]) -> None:
    """Remove old archives, unpacked or not, from the caches of the import system."""
    directories: dict[str, Any] = getattr(zipimport, "_zip_directory_cache", {})
    for archive in archives:
        directories.pop(archive, None)
        for entry in list(sys.path_importer_cache):
            if entry == archive or entry.startswith(archive + os.sep):
                del sys.path_importer_cache[entry]
