"""Names processes, so that the files of a killed process can be recognised and removed.

A name is ``<machine>-<pid>-<start>``. The first part stands for one boot of one machine and one process namespace, the
second is the process id, the third is the start of the process in ticks since the boot (proc_pid_stat(5), field 22). A
later process may have the same id, but never all three parts. Any text may follow after a dot. The sidecar names itself
in the same way (``server/src/system/process/owner.ts``).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
from pathlib import Path

_OWNER = re.compile(r"([0-9a-f]{12})-([0-9]{1,9})-([0-9]+)(?:\.|$)")


def owner_name() -> str:
    """Return the name of this process."""
    return f"{_machine()}-{os.getpid()}-{_start_of(os.getpid()) or 0}"


def is_dead(name: str) -> bool:
    """Return whether ``name`` begins with a process of this machine that has ended; False when unknown."""
    match = _OWNER.match(name)
    if match is None or match[1] != _machine():
        return False
    pid, start = int(match[2]), match[3]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        # The process runs as another user.
        return False
    now = _start_of(pid)
    return now is not None and start not in {"0", now}


def _machine() -> str:
    facts = [platform.node(), _read("/proc/sys/kernel/random/boot_id"), _namespace()]
    # The same text as JSON.stringify gives.
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _namespace() -> str | None:
    """Return the namespace of process ids: ids of another container mean nothing here."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return None


def _start_of(pid: int) -> str | None:
    """Return when a process started; None where the system does not tell."""
    text = _read(f"/proc/{pid}/stat")
    # The program's name is in parentheses before the other fields and may hold any characters.
    return text.rpartition(")")[2].split()[19] if text else None


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="latin-1")
    except OSError:
        return None
