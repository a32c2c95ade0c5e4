"""Run the newest code archives in Spark's Python workers, from one task to the next.

This module travels at the root of every artifact. The session is built with
``spark.python.daemon.module=ship_env_runtime``, so each executor starts
``./env-<hash>.pex -m ship_env_runtime <worker module>`` in place of ``-m pyspark.daemon``.

Before any worker is forked, :func:`main` wraps ``pyspark.worker_util.setup_spark_files``, which
every worker calls at the start of every task, whatever its kind (RDD, UDF, pandas UDF, data source).
Then it is Spark's own daemon. At each task the wrapper looks into the directory of Spark's files for
pointer files, ``ship-env-code-<sequence>-<hash>.json``; the highest sequence says which code archives
hold. When that is not what the worker runs, the worker forgets the old archives' modules and puts the
new archives first on ``sys.path``. Functions that were pickled by reference then import the new code,
also those that had been evaluated before.

Python 3.9 to 3.14, stdlib and pyspark >= 3.5. An older pyspark has no ``worker_util``: there the code
that holds when the daemon starts is put on ``sys.path``, and new code needs a new session. The module
is imported before the fork, so it must not import pandas or pyarrow, which start threads. It writes
nothing to stdout, where Spark reads the daemon's port.

What it cannot do: objects of old classes that user code keeps in a worker's memory stay as they are.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import re
import sys
import zipimport
from os import sep
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

POINTER = re.compile(r"ship-env-code-(\d+)-([0-9a-f]+)\.json")


class CodeArchiveMissingError(RuntimeError):
    """A pointer file names a code archive that Spark did not bring along."""


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
        # The directory that Spark names is often "."; user code may change the working directory.
        self._start = Path.cwd()

    def refresh(self, directory: str) -> bool:
        """Take over the newest complete pointer file of the directory; without one, none holds.

        Costs one directory listing when nothing changed. Returns whether something did.

        A pointer whose archives are still on their way is passed over in favour of the one before:
        Spark fetches all files of a task before it runs, so such a pointer belongs to another task,
        for which another thread of the executor fetches them just now.

        Raises CodeArchiveMissingError when there are pointers and none is complete.
        """
        faults: list[str] = []
        for pointer in _pointers(self._start / directory):
            if pointer == self._pointer:
                return False
            archives, fault = _read_pointer(pointer)
            if fault is None:
                if faults:
                    _tell(f"{faults[0]}; this task runs the code of {pointer.name}")
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
        gone = {str(archive.path) for archive in self._archives}
        new = [str(archive.path) for archive in archives]
        sys.path[:] = new + [entry for entry in sys.path if entry not in gone and entry not in new]
        # Modules of archives that did not change go as well: they may hold what others defined.
        _forget({name for archive in (*self._archives, *archives) for name in archive.modules})
        _drop_importers(gone.difference(new))
        importlib.invalidate_caches()
        self._pointer, self._archives = pointer, archives


def wrap(setup_spark_files: Callable[..., None], code: Code) -> Callable[..., None]:
    """Return ``setup_spark_files`` of pyspark.worker_util, followed by a look at the pointer files.

    Spark calls it as ``(stream)`` or, since 4.2, as ``(directory, python_includes)``; either way it
    leaves the directory in SparkFiles.
    """

    @functools.wraps(setup_spark_files)
    def setup_spark_files_and_code(*args: Any, **kwargs: Any) -> None:
        setup_spark_files(*args, **kwargs)
        from pyspark import SparkFiles

        code.refresh(SparkFiles.getRootDirectory())

    return setup_spark_files_and_code


def main() -> None:
    """Be ``pyspark.daemon``, with every worker that it forks running the newest code."""
    from pyspark import __version__, daemon

    code = Code()
    try:
        from pyspark import worker_util
    except ImportError:
        _tell(
            f"pyspark {__version__} has no worker_util (3.5 and later have); "
            "new code reaches this executor only in a new session"
        )
        # An executor's files lie in its working directory, fetched before it started this daemon.
        code.refresh(".")
    else:
        worker_util.setup_spark_files = wrap(worker_util.setup_spark_files, code)
    daemon.manager()


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


def _forget(modules: set[str]) -> None:
    """Drop modules, what is below them, and the attributes by which parent packages hold them."""
    prefixes = tuple(f"{name}." for name in modules)
    for name in [key for key in sys.modules if key in modules or key.startswith(prefixes)]:
        module = sys.modules.pop(name)
        parent, _, child = name.rpartition(".")
        # What else a parent package keeps under this name is its own affair.
        if parent in sys.modules and vars(sys.modules[parent]).get(child) is module:
            delattr(sys.modules[parent], child)


def _drop_importers(archives: Iterable[str]) -> None:
    """Free what the import system keeps of archives that no longer hold."""
    directories: dict[str, Any] = getattr(zipimport, "_zip_directory_cache", {})
    for archive in archives:
        directories.pop(archive, None)
        for entry in list(sys.path_importer_cache):
            if entry == archive or entry.startswith(archive + sep):
                del sys.path_importer_cache[entry]


def _tell(message: str) -> None:
    """Write a line to the executor's log."""
    sys.stderr.write(f"ship_env: {message}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    # Run as the imported module: user code shall not find this module's names in its __main__.
    importlib.import_module("ship_env_runtime").main()
