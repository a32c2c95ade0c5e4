"""Take part in each start of an environment's python: a path file in its site-packages calls ``main``.

A copy of this file stands there as ``ship_env_start.py``. It is run by every worker, so it is quick and says nothing.
"""

from __future__ import annotations

import fcntl
import os
import sys

# As marks.py has them, which is not there when this runs.
MARK = ".ship-env"
USED = "used"


def main() -> None:
    """Keep the environment while this process runs, put ``sys.path`` in order, and wait for pyspark."""
    _hold()
    _arrange()
    _wait_for_pyspark()


def _hold() -> None:
    """Say that the environment is in use, until this process and all that it forks have ended, however they end."""
    # Who removes environments holds this lock alone, for the time of a look at the file's age.
    _lock(os.path.join(sys.prefix, MARK, USED), fcntl.LOCK_SH, "the environment may be removed while it runs")
    # systemd-tmpfiles leaves a locked folder alone, with all that is in it (tmpfiles.d(5), "Age").
    everything = os.path.dirname(os.path.dirname(sys.prefix))
    _lock(everything, fcntl.LOCK_SH | fcntl.LOCK_NB, "systemd-tmpfiles may remove old files of it while it runs")


def _lock(path: str, how: int, danger: str) -> None:
    """Lock a file or folder until this process has ended: it is never closed."""
    try:
        fcntl.flock(os.open(path, os.O_RDONLY | os.O_CLOEXEC), how)
    except BlockingIOError:
        # systemd-tmpfiles is at work there.
        pass
    except OSError as error:
        sys.stderr.write(f"ship_env: cannot lock {path}, so {danger}: {error}\n")


def _arrange() -> None:
    """Order the path as a PEX with ``inherit_path=fallback`` does: the environment, the library, what is inherited.

    Python would put PYTHONPATH first, which is where Spark brings the cluster's pyspark. Of what is inherited
    it is the first here, too: what the node's python has installed is added when this has run.
    """
    library = os.path.dirname(os.__file__)
    archive = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
    standard = {library, os.path.join(library, "lib-dynload"), os.path.join(os.path.dirname(library), archive)}
    below = sys.prefix + os.sep
    # Stable: what was in order stays so.
    sys.path.sort(key=lambda entry: 0 if entry.startswith(below) else 1 if entry in standard else 2)


def _wait_for_pyspark() -> None:
    """Have every worker of Spark run the newest code archives, whichever module of pyspark Spark starts."""
    import ship_env_finder

    ship_env_finder.install()
