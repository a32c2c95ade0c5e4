"""Our notes in a folder of the node root: that it is complete, what it holds, and when it was last used.

Cleaners of /tmp remove single files that were neither written nor read for some days. So each distribution, environment
and PEX_ROOT has a witness: the first file in it, which nobody writes or reads again. No other file is older, by any of
the times that cleaners use. So a cleaner that removed another file removed the witness, too. Notes that change are in
other files. A folder gets its final name when it is complete, so a folder with its witness is complete. The header
checks the same.
"""

from __future__ import annotations

import os
from typing import NamedTuple

# Folder of our notes.
MARK = ".ship-env"
# In an environment: the node's python that it was made for, and links to its distributions.
PYTHON = "python"
DISTRIBUTIONS = "dist"
# In an environment: the boot of its mark, in the same form as the first line of a distribution's mark.
BOOT = "boot"
# The time of this file is the last use. A process that runs an environment or an ordinary PEX holds a lock on it.
USED = "used"
# The text of a mark whose content has reached the disk. Before that, the mark names the boot of the machine that wrote
# it.
SYNCED = "synced"

# Name of the witness, which nobody writes or reads again.
WITNESS = "whole"
_STATE = "state"


def begin(folder: str) -> None:
    """Make a folder with its witness. Raises OSError, FileExistsError when the folder exists."""
    os.mkdir(folder, 0o700)
    os.mkdir(os.path.join(folder, MARK), 0o700)
    os.close(os.open(os.path.join(folder, MARK, WITNESS), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def has_witness(folder: str) -> bool:
    """Return whether no cleaner has removed single files of a folder."""
    return os.path.lexists(os.path.join(folder, MARK, WITNESS))


def note(folder: str, name: str) -> str:
    """Return the path of a note."""
    return os.path.join(folder, MARK, name)


class Mark(NamedTuple):
    """The mark of an unpacked distribution: the boot in which it was written, and its size in bytes."""

    boot: str
    size: int

    def write(self, folder: str) -> None:
        """Write the mark into a folder that was begun, atomically."""
        path = note(folder, _STATE)
        with open(f"{path}.new", "w", encoding="ascii") as file:
            file.write(f"{self.boot}\n{self.size}\n")
        os.rename(f"{path}.new", path)

    @classmethod
    def read(cls, folder: str) -> Mark | None:
        """Read the mark of a folder; None when it is missing or damaged."""
        try:
            with open(note(folder, _STATE), encoding="ascii") as file:
                boot, size = file.read().split("\n")[:2]
            return cls(boot, int(size))
        except (OSError, ValueError):
            return None


def last_use(folder: str) -> float:
    """Return when a distribution was last linked; 0 when unknown."""
    return modified(note(folder, _STATE))


def touch(folder: str) -> None:
    """Note that a distribution is used now."""
    os.utime(note(folder, _STATE))


def modified(path: str) -> float:
    """Return the time of a file; 0 when the file is missing."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def is_believed(mark: Mark | None) -> bool:
    """Return whether the content has reached the disk, or the machine has not been restarted since it was written."""
    return mark is not None and mark.boot in {SYNCED, boot_of_machine()}


def boot_of_machine() -> str:
    """Name the present boot of the machine; empty when the system does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.readline().rstrip("\n")
    except OSError:
        return ""
