"""Code that runs at each start of an environment's python: a path file in its site-packages calls ``main``.

A copy of this file is there as ``ship_env_start.py``. Every worker runs it, so it is quick and prints nothing.
"""

from __future__ import annotations

import fcntl
import os
import sys

# The same values as in marks.py, which cannot be imported when this file runs.
MARK = ".ship-env"
USED = "used"


def main() -> None:
    """Keep the environment in use while this process runs, put ``sys.path`` in order, and wait for pyspark."""
    _hold()
    _arrange()
    _wait_for_pyspark()


def _hold() -> None:
    """Mark the environment as in use until this process and all its forks have ended."""
    # A process that removes environments takes this lock exclusively, only while it reads the file's age.
    _lock(os.path.join(sys.prefix, MARK, USED), fcntl.LOCK_SH, "the environment may be removed while it runs")
    # systemd-tmpfiles skips a locked folder and everything in it (tmpfiles.d(5), "Age").
    everything = os.path.dirname(os.path.dirname(sys.prefix))
    _lock(everything, fcntl.LOCK_SH | fcntl.LOCK_NB, "systemd-tmpfiles may remove old files of it while it runs")


def _lock(path: str, how: int, danger: str) -> None:
    """Lock a file or folder until this process has ended; the descriptor is never closed."""
    try:
        fcntl.flock(os.open(path, os.O_RDONLY | os.O_CLOEXEC), how)
    except BlockingIOError:
        # systemd-tmpfiles is at work there.
        pass
    except OSError as error:
        sys.stderr.write(f"ship_env: cannot lock {path}, so {danger}: {error}\n")


def _arrange() -> None:
    """Order the path like a PEX with ``inherit_path=fallback``: the environment, the library, then inherited entries.

    Python would put PYTHONPATH first, where Spark puts the cluster's pyspark. Among the inherited entries it is first
    here, too: the packages of the node's python are added after this function has run.
    """
    library = os.path.dirname(os.__file__)
    archive = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
    standard = {library, os.path.join(library, "lib-dynload"), os.path.join(os.path.dirname(library), archive)}
    below = sys.prefix + os.sep
    # The sort is stable.
    sys.path.sort(key=lambda entry: 0 if entry.startswith(below) else 1 if entry in standard else 2)


def _wait_for_pyspark() -> None:
    """Make every worker of Spark run the newest code archives, whichever module of pyspark Spark starts.

    A driver on a node gets its code now.
    """
    import ship_env_finder

    ship_env_finder.install()
    ship_env_finder.add_driver_code()
