"""Run the newest code archives in Spark's Python workers, from one task to the next.

This module travels at the root of every artifact. The session is built with
``spark.python.daemon.module=ship_env_runtime``, so each executor starts
``./env-<hash>.pex -m ship_env_runtime <worker module>`` in place of ``-m pyspark.daemon``.

Then it is Spark's own daemon, except that each worker, at the start of every task of whatever kind
(RDD, UDF, pandas UDF, data source), looks into the directory of Spark's files for pointer files,
``ship-env-code-<sequence>-<hash>.json``; the highest sequence says which code archives hold. When that
is not what the worker runs, it forgets the old archives' modules and puts the new archives on
``sys.path``: each unpacked into a folder beside it, so that package data can be opened by path and
compiled modules load. They come after the artifact's packages and the standard library, as editables do
on the driver, and before what the executor's own Python has installed. Functions that were pickled by
reference then import the new code, also those that had been evaluated before.

Python 3.9 to 3.14, stdlib and pyspark 3.5 to 4.3. The module is imported before the daemon forks, so
it must not import pandas or pyarrow, which start threads, unless the person asks for that:
``SHIP_ENV_PRELOAD`` names libraries, separated by commas, for every worker to have from the start
(docs/executors.md has what that saves, and what it takes). It writes nothing to stdout, where Spark
reads the daemon's port.

What it cannot do: objects of old classes that user code keeps in a worker's memory stay as they are.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import os
import re
import shutil
import site
import sys
import zipfile
import zipimport
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

POINTER = re.compile(r"ship-env-code-(\d+)-([0-9a-f]+)\.json")
# What zipfile raises for an archive that it cannot read; RuntimeError also for compression that this python lacks.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


class CodeArchiveMissingError(RuntimeError):
    """A pointer file names a code archive that Spark did not bring along."""


class CodeArchiveDamagedError(RuntimeError):
    """A code archive cannot be read, or has an entry that would land outside its folder."""


class Archive(NamedTuple):
    """A code archive as a pointer file lists it; ``size`` in bytes."""

    path: Path
    size: int
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

        Costs one directory listing when nothing changed. Returns whether something did.

        A pointer whose archives are still on their way is passed over in favour of the one before:
        Spark fetches all files of a task before it runs, so such a pointer belongs to another task,
        for which another thread of the executor fetches them just now.

        Raises CodeArchiveMissingError when there are pointers and none is complete, and
        CodeArchiveDamagedError; the code stays as it was.
        """
        faults: list[str] = []
        for pointer in _pointers(self._start / directory):
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
        new = tuple(_unpack(archive.path) for archive in archives)
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


def hook_util(worker_util: Any, code: Code) -> None:
    """Have ``worker_util.setup_spark_files`` look at the pointer files: all workers of pyspark 4 call it in every task.

    They call it as ``(stream)`` or, since 4.2, as ``(directory, python_includes)``; either way it leaves the
    directory in SparkFiles. They take it from the module by name when they are imported.
    """
    setup_spark_files = worker_util.setup_spark_files

    @functools.wraps(setup_spark_files)
    def setup_spark_files_and_code(*args: Any, **kwargs: Any) -> None:
        setup_spark_files(*args, **kwargs)
        _refresh(code)

    worker_util.setup_spark_files = setup_spark_files_and_code


def hook_daemon(daemon: Any, code: Code) -> None:
    """Have the worker of pyspark 3 look at the pointer files in every task.

    There the lines of ``setup_spark_files`` are part of the worker's main function, so it is ``worker.read_command``,
    which unpickles what comes next. That module may be imported only after the fork, which is when the
    daemon calls its ``worker``.
    """
    serve = daemon.worker

    @functools.wraps(serve)
    def serve_with_code(*args: Any, **kwargs: Any) -> Any:
        worker: Any = importlib.import_module("pyspark.worker")
        read_command = worker.read_command
        # The daemon's child calls this again for each task.
        if not hasattr(read_command, "__wrapped__"):

            @functools.wraps(read_command)
            def read_command_of_code(*args: Any, **kwargs: Any) -> Any:
                _refresh(code)
                return read_command(*args, **kwargs)

            worker.read_command = read_command_of_code
        return serve(*args, **kwargs)

    daemon.worker = serve_with_code


def prefer_pythonpath() -> None:
    """Let modules of PYTHONPATH win over those that the node's python happens to have installed.

    Python does so by itself, but a PEX that inherits its path puts PYTHONPATH last, and Spark brings
    the cluster's pyspark that way: another version in the node's site-packages would be taken instead.
    """
    installed = {*site.getsitepackages(), site.getusersitepackages()}
    first = next((at for at, entry in enumerate(sys.path) if entry in installed), len(sys.path))
    inherited = set(os.environ.get("PYTHONPATH", "").split(os.pathsep))
    # A stable sort: False comes before True.
    sys.path[first:] = sorted(sys.path[first:], key=lambda entry: entry not in inherited)


def preload(names: str) -> None:
    """Import modules, named with commas between them, so that the workers which this process forks have them.

    What cannot be imported, as the code of an editable, which comes with the first task, is left to the tasks.
    A library may print while it is imported; that goes to stderr.
    """
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        for name in filter(None, (part.strip() for part in names.split(","))):
            _import_if_possible(name)
    finally:
        sys.stdout.flush()
        os.dup2(stdout, 1)
        os.close(stdout)


def _import_if_possible(name: str) -> None:
    try:
        importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 - a library's import may raise what it likes
        sys.stderr.write(f"ship_env: SHIP_ENV_PRELOAD names {name}, which cannot be imported yet: {error!r}\n")


def main() -> None:
    """Be ``pyspark.daemon``, with every worker that it forks running the newest code."""
    prefer_pythonpath()
    code = Code()
    from pyspark import worker_util

    # Before the daemon: that of pyspark 4.1 imports the worker while it is imported itself.
    is_shared = hasattr(worker_util, "setup_spark_files")
    if is_shared:
        hook_util(worker_util, code)
    from pyspark import daemon

    if not is_shared:
        hook_daemon(daemon, code)
    preload(os.environ.get("SHIP_ENV_PRELOAD", ""))
    daemon.manager()


def _refresh(code: Code) -> None:
    from pyspark import SparkFiles

    code.refresh(SparkFiles.getRootDirectory())


def _pointers(directory: Path) -> list[Path]:
    """List the pointer files, newest first."""
    found = [(match, path) for path in directory.iterdir() if (match := POINTER.fullmatch(path.name))]
    return [path for _, path in sorted(found, key=lambda one: (int(one[0][1]), one[0][2]), reverse=True)]


def _read_pointer(pointer: Path) -> tuple[tuple[Archive, ...], str | None]:
    """Read the archives that a pointer file lists, and what it still waits for, in words."""
    content = pointer.read_bytes()
    match = POINTER.fullmatch(pointer.name)
    if match is None or not hashlib.sha256(content).hexdigest().startswith(match[2]):
        return (), f"the pointer file {pointer} is incomplete"
    archives = tuple(
        Archive(pointer.parent / entry["file"], entry["bytes"], tuple(entry["modules"]))
        for entry in json.loads(content)["archives"]
    )
    for path, size, _ in archives:
        if not path.exists():
            return (), f"the code archive {path}, named by {pointer.name}, is missing"
        if path.stat().st_size != size:
            return (), f"the code archive {path}, named by {pointer.name}, lacks part of its {size} bytes"
    return archives, None


def _unpack(archive: Path) -> str:
    """Unpack a code archive into a folder beside it, unless that is done; return what to put on sys.path.

    All workers of an executor share the folder. Several may unpack at once, each into a folder of its
    own, whole before it gets the name that others look for; the first to rename wins. The name carries
    the content's hash, so what is there is right. It stays until Spark removes its directory: another
    worker may be importing from it.

    Where nothing can be written, it is the archive itself, as good for all but data and compiled modules.
    """
    folder = archive.with_name(f".ship-env-code-{archive.stem}")
    if folder.is_dir():
        return str(folder)
    own = folder.with_name(f"{folder.name}.{os.getpid()}-{os.urandom(4).hex()}")
    try:
        _extract(archive, own)
        _rename(own, folder)
    except (OSError, UnicodeEncodeError) as error:
        sys.stderr.write(f"ship_env: cannot unpack {archive}, which is imported as a zip instead: {error}\n")
        return str(archive)
    except DAMAGE as error:
        message = f"ship_env: the code archive {archive} is damaged: {error}. Ship again."
        raise CodeArchiveDamagedError(message) from error
    finally:
        # Gone already when it was renamed; what cannot be removed goes with Spark's directory.
        shutil.rmtree(own, ignore_errors=True)
    return str(folder)


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


if __name__ == "__main__":
    # Run as the imported module: user code shall not find this module's names in its __main__.
    importlib.import_module("ship_env_runtime").main()
