"""What we note in a folder of the node root: that it is whole, what it holds, and when it was last used.

What cleans /tmp takes single files, those that were neither written nor read for some days. So each distribution,
environment and PEX_ROOT has a witness: the first file that is made in it, which nobody writes or reads again. No other
file is older, by whichever time a cleaner goes, so a cleaner that took one took the witness too. What changes stands in
other files. A folder gets its place when it is filled, so a folder with its witness is whole. The header asks the same.
"""

from __future__ import annotations

import os
from typing import NamedTuple

# Folder of our notes.
MARK = ".ship-env"
# In an environment: the node's python that it was made for, and links to its distributions.
PYTHON = "python"
DISTRIBUTIONS = "dist"
# In an environment: what a mark says of a distribution, its first line.
BOOT = "boot"
# Its time is the last use. Who runs an environment or an ordinary PEX holds a lock of it.
USED = "used"
# What a mark says of content that has reached the disk; before, it names the boot of the machine that wrote it.
SYNCED = "synced"

# Nobody writes or reads it again.
WITNESS = "whole"
_STATE = "state"


def begin(folder: str) -> None:
    """Make a folder with its witness. Raises OSError, FileExistsError when the folder is there."""
    os.mkdir(folder, 0o700)
    os.mkdir(os.path.join(folder, MARK), 0o700)
    os.close(os.open(os.path.join(folder, MARK, WITNESS), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def has_witness(folder: str) -> bool:
    """Return whether nobody has taken single files of a folder."""
    return os.path.lexists(os.path.join(folder, MARK, WITNESS))


def note(folder: str, name: str) -> str:
    """Return the path of a note."""
    return os.path.join(folder, MARK, name)


class Mark(NamedTuple):
    """What we know of an unpacked distribution: when it was written, and its size in bytes."""

    boot: str
    size: int

    def write(self, folder: str) -> None:
        """Note it in a folder that was begun, whole at once."""
        path = note(folder, _STATE)
        with open(f"{path}.new", "w", encoding="ascii") as file:
            file.write(f"{self.boot}\n{self.size}\n")
        os.rename(f"{path}.new", path)

    @classmethod
    def read(cls, folder: str) -> Mark | None:
        """Read what is noted in a folder; None when there is nothing that can be believed."""
        try:
            with open(note(folder, _STATE), encoding="ascii") as file:
                boot, size = file.read().split("\n")[:2]
            return cls(boot, int(size))
        except (OSError, ValueError):
            return None


def last_use(folder: str) -> float:
    """Return when a distribution was last linked to; 0 when that is not known."""
    return modified(note(folder, _STATE))


def touch(folder: str) -> None:
    """Note that a distribution is used now."""
    os.utime(note(folder, _STATE))


def modified(path: str) -> float:
    """Return the time of a file; 0 when there is none."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def is_believed(mark: Mark | None) -> bool:
    """Return whether content has reached the disk, or the machine has been running ever since it was written."""
    return mark is not None and mark.boot in {SYNCED, boot_of_machine()}


def boot_of_machine() -> str:
    """Name the present boot of the machine; the empty string where the system does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.readline().rstrip("\n")
    except OSError:
        return ""
