"""Remembers which programs are Node.js: starting one only to learn its version would take most of our start-up time.

The memory never decides which program runs. It only tells the version of a program that was found in the usual way and
that has not changed.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

#: How many programs are remembered; the oldest entry is dropped.
_KEPT = 8


def recall(program: str, environ: Mapping[str, str]) -> str | None:
    """Return the version that this program answered, if the program has not changed since.

    :param program: absolute path, links resolved
    """
    identity = _identity(program)
    for line in _lines(_memory(environ)):
        known, _, version = line.rpartition(" ")
        if known == identity and version.replace(".", "").isdecimal():
            return version
    return None


def remember(program: str, version: str, environ: Mapping[str, str]) -> None:
    """Save the version in the cache folder, which the first ship makes; without the folder nothing is saved."""
    memory, identity = _memory(environ), _identity(program)
    if not identity or not _is_private(os.path.dirname(memory)):
        return
    others = [line for line in _lines(memory) if not line.startswith(f"{program}\t")]
    temporary = f"{memory}.{os.getpid()}"
    try:
        with open(temporary, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.writelines(f"{line}\n" for line in [*others[1 - _KEPT :], f"{identity} {version}"])
        os.replace(temporary, memory)
    except OSError:
        # The disk is full or read-only: then the program is asked each time.
        return


def _memory(environ: Mapping[str, str]) -> str:
    """Return the file in the cache folder; server/src/system/cache/root.ts computes the same folder."""
    own = environ.get("SHIP_ENV_CACHE")
    base = environ.get("XDG_CACHE_HOME") or os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".cache")
    return os.path.join(own or os.path.join(base, "ship-env"), "nodes")


def _lines(memory: str) -> list[str]:
    try:
        with open(memory, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().splitlines() if _is_private(os.path.dirname(memory)) else []
    except OSError:
        return []


def _identity(program: str) -> str:
    """Return path, size, times and inode, which an update changes; empty for a path that does not fit in a line."""
    try:
        info = os.stat(program)
    except OSError:
        return ""
    is_plain = "\t" not in program and len(program.splitlines()) == 1
    return f"{program}\t{info.st_size} {info.st_mtime_ns} {info.st_ctime_ns} {info.st_ino}" if is_plain else ""


def _is_private(folder: str) -> bool:
    try:
        info = os.lstat(folder)
    except OSError:
        return False
    own = not hasattr(os, "getuid") or info.st_uid == os.getuid()
    return own and stat.S_ISDIR(info.st_mode) and not info.st_mode & 0o077
