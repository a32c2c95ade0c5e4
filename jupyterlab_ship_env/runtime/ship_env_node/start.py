"""Take part in each start of an environment's python: a path file in its site-packages calls ``main``.

A copy of this file stands there as ``ship_env_start.py``. It is run by every worker, so it is quick and says nothing.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Keep the environment while this process runs, put ``sys.path`` in order, and wait for pyspark."""
    _hold()
    _arrange()
    _wait_for_pyspark()


def _hold() -> None:
    """Say that the environment is in use, until this process and all that it forks have ended, however they end."""
    import fcntl

    used = os.path.join(sys.prefix, ".ship-env", "used")
    everything = os.path.dirname(os.path.dirname(sys.prefix))
    try:
        # Never closed. Who removes environments holds this lock alone, for the time of a look at the file's age.
        fcntl.flock(os.open(used, os.O_RDONLY | os.O_CLOEXEC), fcntl.LOCK_SH)
        # systemd-tmpfiles leaves a locked folder alone, with all that is in it (tmpfiles.d(5), "Age").
        fcntl.flock(os.open(everything, os.O_RDONLY | os.O_CLOEXEC), fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        # It is at work here.
        pass
    except OSError as error:
        sys.stderr.write(f"ship_env: cannot lock {used}, so the environment may be removed while it runs: {error}\n")


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
