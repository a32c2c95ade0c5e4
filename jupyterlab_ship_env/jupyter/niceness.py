"""Lowers the priority of the sidecar: kernels and the Jupyter server go first when they compete with it for a core."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

#: Added to the niceness of this process: beside one busy kernel the sidecar gets a quarter of a core.
NICENESS = 5
_NICEST = 19


def make_polite(pid: int) -> None:
    """Make a process, and all that it starts from now on, nicer than this one.

    :param pid: a process that leads a process group and a session of its own
    :raises OSError: the process has ended, or the system does not allow it
    """
    niceness = min(os.getpriority(os.PRIO_PROCESS, 0) + NICENESS, _NICEST)
    # The whole group, since Linux applies the priority of a process to its first thread only, and Node may have more by
    # now.
    os.setpriority(os.PRIO_PGRP, pid, niceness)
    # Where Linux shares the processor between sessions, niceness counts only inside a session. This file sets it
    # between sessions: sched(7), "The autogroup feature". Programs that the sidecar starts have their own sessions:
    # server/src/system/process/niceness.ts.
    with suppress(FileNotFoundError):
        Path(f"/proc/{pid}/autogroup").write_text(str(niceness))
