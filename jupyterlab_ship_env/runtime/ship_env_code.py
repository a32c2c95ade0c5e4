"""The code archives that a Python worker of Spark runs, and how it takes over others.

Among Spark's files are pointer files, ``ship-env-code-<sequence>-<hash>.json``; the highest sequence says which code
archives hold. When that is not what the worker runs, it forgets the old archives' modules and puts the new archives
on ``sys.path``: each unpacked into a folder beside it, so that package data can be opened by path and compiled
modules load. They come after the artifact's packages and the standard library, as editables do on the driver, and
before what the executor's own Python has installed. Functions that were pickled by reference then import the new
code, also those that had been evaluated before.

The name of a pointer file vouches for its content, the pointer file for each archive (sha256), and the name of the
folder for what was unpacked. So an archive is read for its digest once, when the first process of an executor
unpacks it.

Python 3.9 to 3.14, stdlib only: this runs before the daemon of Spark forks. What it cannot do: objects of old
classes that user code keeps in a worker's memory stay as they are.
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
# What zipfile raises for an archive that it cannot read; RuntimeError also for compression that this python lacks.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


class CodeArchiveMissingError(RuntimeError):
    """A pointer file names a code archive that Spark did not bring along."""


class CodeArchiveDamagedError(RuntimeError):
    """A code archive is not the one that was shipped, or has an entry that would land outside its folder."""


class CodePointerUnknownError(RuntimeError):
    """A pointer file is whole, and of a form that this module does not read."""


class Archive(NamedTuple):
    """A code archive as a pointer file lists it; ``size`` in bytes, ``sha256`` in lower-case hex."""

    path: Path
    size: int
    sha256: str
    modules: tuple[str, ...]


class Code:
    """The code archives that this process runs: none at first."""

    def __init__(self) -> None:
        self._pointer: Path | None = None
        self._archives: tuple[Archive, ...] = ()
        # What stands for them on sys.path.
        self._entries: tuple[str, ...] = ()
        # The directory that Spark names is often "."; user code may change the working directory.
        self._start = Path.cwd()

    def refresh(self, directory: str) -> bool:
        """Take over the newest complete pointer file of the directory; without one, none holds.

        Costs one directory listing when nothing changed, two in an isolated session. Returns whether something did.

        A pointer whose archives are still on their way is passed over in favour of the one before:
        Spark fetches all files of a task before it runs, so such a pointer belongs to another task,
        for which another thread of the executor fetches them just now.

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
        # Modules of archives that did not change go as well: they may hold what others defined. Before the path
        # changes: Spark's directory is on it, so without the old entries theirs would seem to come from there.
        names = {name for archive in (*self._archives, *archives) for name in archive.modules}
        _forget(names, winners=set(others[:place]))
        sys.path[:] = [*others[:place], *new, *others[place:]]
        # Names carry the content's hash, so nothing that the import system keeps of a path goes stale.
        _drop_importers(gone.difference(new))
        self._pointer, self._archives, self._entries = pointer, archives, new


def _folders(directory: Path) -> list[Path]:
    """List the folders that hold pointer files: the one that Spark names and, above a session's, the executor's own.

    Spark gives each isolated session (``spark.sql.artifact.isolation.enabled``, Spark Connect) a folder below the
    executor's, named by the id in this variable. What comes by ``spark.files`` is in the executor's.
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
    """Read the archives that a pointer file lists, and what it still waits for, in words."""
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
        raise ValueError(f"{name!r} is no name of a file")
    return pointer.with_name(name)


def _unpack(archive: Archive) -> str:
    """Unpack a code archive into a folder beside it, unless that is done; return what to put on sys.path.

    All workers of an executor share the folder. Several may unpack at once, each into a folder of its
    own, whole before it gets the name that others look for; the first to rename wins. The name carries
    the digest of the archive that was unpacked, so what is there is right. It stays until Spark removes
    its directory: another worker may be importing from it.

    Where nothing can be written, it is the archive itself, as good for all but data and compiled modules.

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
        # Gone already when it was renamed; what cannot be removed goes with Spark's directory.
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
            f"ship_env: the code archive {archive.path} is not the one that was shipped: its sha256 was to be "
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
            # What the entry says besides, a link or the setuid bit, does not hold.
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
    """Return where code archives go on this sys.path: behind the standard library, which a PEX keeps behind its own."""
    library = os.path.dirname(os.__file__)
    standard = {library, os.path.join(library, "lib-dynload")}
    return max((index + 1 for index, entry in enumerate(entries) if entry in standard), default=0)


def _forget(modules: set[str], winners: set[str]) -> None:
    """Drop modules, what is below them, and the attributes by which parent packages hold them.

    Keeps those that an import would find again where they are: in an entry of sys.path that wins over code archives.
    """
    prefixes = tuple(f"{name}." for name in modules)
    for name in [key for key in sys.modules if key in modules or key.startswith(prefixes)]:
        if _entry_of(sys.modules[name]) in winners:
            continue
        module = sys.modules.pop(name)
        parent, _, child = name.rpartition(".")
        # What else a parent package keeps under this name is its own affair.
        if parent in sys.modules and vars(sys.modules[parent]).get(child) is module:
            delattr(sys.modules[parent], child)


def _entry_of(module: Any) -> str | None:
    """Return the entry of sys.path that a module came from, the innermost one; None when that cannot be told."""
    file = getattr(module, "__file__", None) or ""
    return max((entry for entry in sys.path if entry and file.startswith(entry + os.sep)), key=len, default=None)


def _drop_importers(archives: Iterable[str]) -> None:
    """Free what the import system keeps of archives, unpacked or not, that no longer hold."""
    directories: dict[str, Any] = getattr(zipimport, "_zip_directory_cache", {})
    for archive in archives:
        directories.pop(archive, None)
        for entry in list(sys.path_importer_cache):
            if entry == archive or entry.startswith(archive + os.sep):
                del sys.path_importer_cache[entry]
