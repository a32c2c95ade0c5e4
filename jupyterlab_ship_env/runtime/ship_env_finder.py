"""Notice when Spark tells a Python worker where Spark's files are.

Spark tells each Python worker the folder of its files in every task, for any purpose (RDD, UDF, pandas UDF, UDTF, data
source) and any way of starting it. The worker writes the folder into the class ``SparkFiles`` of pyspark: version 3.5
in ``worker.main``, later ones in ``worker_util.setup_spark_files``. This module notices the import of that class and
gives it a metaclass that calls ``ship_env_code``.

Python 3.9 to 3.14, stdlib and pyspark 3.5 to 4.3. Every process of an environment on a node imports this module, so it
is small: a process without pyspark pays one comparison for each import. Everything else is imported together with
pyspark.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

# The module that defines the class: the first since pyspark 4.0, the second before.
MODULES = ("pyspark.core.files", "pyspark.files")
# As in server/src/content/code/code-path.ts.
CODE_PATH = "SHIP_ENV_CODE_PATH"
DRIVER_FILES = "SHIP_ENV_DRIVER_FILES"


def install() -> None:
    """Wait for pyspark in this process and its forks. pyspark must not have been imported yet."""
    if not any(isinstance(finder, SparkFilesFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, SparkFilesFinder())


def add_code() -> None:
    """Put the folders of code that ``ship-env run`` names behind the packages."""
    # In a virtual environment Python reads a path file twice.
    for folder in os.environ.get(CODE_PATH, "").split(os.pathsep):
        if folder and folder not in sys.path:
            sys.path.append(folder)


def add_driver_code() -> None:
    """Put the code archives of a driver that runs on a node on ``sys.path``, as in a worker.

    Spark puts its files into the working directory of such a driver, and tells the driver nothing about them.

    Raises CodeArchiveMissingError, CodeArchiveDamagedError, CodePointerUnknownError.
    """
    folder = os.environ.get(DRIVER_FILES)
    # In a virtual environment Python reads a path file twice.
    if folder and "ship_env_code" not in sys.modules:
        from ship_env_code import Code

        Code().refresh(folder)


class SparkFilesFinder:
    """A finder (see ``sys.meta_path``) that finds the module by the other finders and gives it our loader."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Find the module of ``SparkFiles``; returns None for all others."""
        if name not in MODULES:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = None
            if find is not None and not isinstance(finder, SparkFilesFinder):
                spec = find(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader)  # type: ignore[assignment]
                return spec
        return None


class _Loader:
    """A loader that changes ``SparkFiles`` after the real loader has executed the module."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def exec_module(self, module: Any) -> None:
        # Code that reads the module's loader later, such as tracebacks, gets the real one.
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        module.SparkFiles = watched(module.SparkFiles)


def watched(spark_files: Any) -> Any:
    """Return a subclass of ``SparkFiles`` that makes each task read the pointer files."""
    # Imported before Spark's daemon forks, so that its workers need not import it.
    from ship_env_code import Code

    code = Code()

    class Watching(type):
        """Notices the two attributes that Spark writes only in a worker, never in a driver."""

        def __setattr__(cls, name: str, value: Any) -> None:
            was_told = cls.__dict__.get("_is_running_on_worker", False)
            super().__setattr__(name, value)
            # In the first task of a process the second attribute completes the facts, in later tasks the first one
            # does.
            is_news = name == ("_root_directory" if was_told else "_is_running_on_worker")
            directory = cls.__dict__.get("_root_directory")
            if is_news and directory is not None and cls.__dict__.get("_is_running_on_worker"):
                code.refresh(directory)

    names = {name: getattr(spark_files, name) for name in ("__module__", "__qualname__", "__doc__")}
    # A subclass, because an existing class cannot get a metaclass. Nobody has used the original class yet.
    return Watching(spark_files.__name__, (spark_files,), names)
