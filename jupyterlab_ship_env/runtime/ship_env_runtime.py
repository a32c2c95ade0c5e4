"""Run as the daemon of Spark's Python workers when an artifact boots as an ordinary PEX, and preload libraries.

The session is built with ``spark.python.daemon.module=ship_env_runtime``, so each executor starts ``./env-<hash>.pex -m
ship_env_runtime <worker module>`` in place of ``-m pyspark.daemon``. The module runs Spark's own daemon, whose workers
run the newest code archives (``ship_env_finder``, ``ship_env_code``). The environment of an artifact on a node does the
same at each start (``ship_env_node/start.py``), whatever Spark starts. An artifact that boots as an ordinary PEX does
not, so it needs this module.

Python 3.9 to 3.14, stdlib and pyspark 3.5 to 4.3. The module is imported before the daemon forks, so
it must not import pandas or pyarrow, which start threads, unless the person asks for that:
``SHIP_ENV_PRELOAD`` names libraries, separated by commas, for every worker to have from the start
(docs/executors.md has what that saves, and what it takes). It writes nothing to stdout, where Spark
reads the daemon's port.
"""

from __future__ import annotations

import importlib
import os
import site
import sys

import ship_env_finder


def prefer_pythonpath() -> None:
    """Put PYTHONPATH before the packages that are installed for the node's python.

    Python does this by itself, but a PEX that inherits its path puts PYTHONPATH last. Spark puts the cluster's pyspark
    there, and another version in the node's site-packages would be imported instead.
    """
    installed = {*site.getsitepackages(), site.getusersitepackages()}
    first = next((at for at, entry in enumerate(sys.path) if entry in installed), len(sys.path))
    inherited = set(os.environ.get("PYTHONPATH", "").split(os.pathsep))
    # A stable sort: False comes before True.
    sys.path[first:] = sorted(sys.path[first:], key=lambda entry: entry not in inherited)


def preload(names: str) -> None:
    """Import modules, separated by commas, so that the workers which this process forks have them.

    A module that cannot be imported is left to the tasks: the code of an editable comes with the first task. What a
    library prints during its import goes to stderr.
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
    except Exception as error:  # noqa: BLE001 - the import of a library may raise any error
        sys.stderr.write(f"ship_env: SHIP_ENV_PRELOAD names {name}, which cannot be imported yet: {error!r}\n")


def main() -> None:
    """Run ``pyspark.daemon``; every worker that it forks runs the newest code."""
    prefer_pythonpath()
    ship_env_finder.install()
    from pyspark import daemon

    preload(os.environ.get("SHIP_ENV_PRELOAD", ""))
    daemon.manager()


if __name__ == "__main__":
    # Runs the imported module, so that user code does not find this module's names in its __main__.
    importlib.import_module("ship_env_runtime").main()
