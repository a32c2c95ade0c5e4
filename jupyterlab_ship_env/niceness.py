"""Makes the sidecar polite: kernels and the Jupyter server go first where they compete with it for a core."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

#: Added to the niceness of whoever starts it: beside one busy kernel the sidecar gets a quarter of a core.
NICENESS = 5
_NICEST = 19


def make_polite(pid: int) -> None:
    """Make a process nicer than this one, with all that it starts from now on.

    :param pid: leads a process group and a session of its own
    :raises OSError: it has ended, or the system does not allow it
    """
    niceness = min(os.getpriority(os.PRIO_PROCESS, 0) + NICENESS, _NICEST)
    # The group, since Linux takes a process for its first thread: Node may run others by now.
    os.setpriority(os.PRIO_PGRP, pid, niceness)
    # Where Linux lets sessions take turns, niceness counts inside a session only. Between sessions this does: sched(7),
    # "The autogroup feature". What the sidecar starts has sessions of its own: server/src/system/process/niceness.ts.
    with suppress(FileNotFoundError):
        Path(f"/proc/{pid}/autogroup").write_text(str(niceness))
