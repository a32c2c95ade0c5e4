"""Keep the files of artifacts on a node within a limit, without removing what a live process uses."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import sys
import time
from typing import TYPE_CHECKING, Callable

from ship_env_node.locks import Lock, held
from ship_env_node.marks import BOOT, DISTRIBUTIONS, SYNCED, USED, Mark, last_use, modified, note
from ship_env_node.unpack import PATIENCE, discard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from ship_env_node.places import NodeRoot

LIMIT_VARIABLE = "SHIP_ENV_NODE_CACHE_LIMIT"
# In gigabytes (1e9 bytes).
DEFAULT_LIMIT = 20.0
# Seconds for which files stay after their last use. Nothing else protects an environment between the header's check and
# the python's lock, or a distribution between finding it and linking it.
GRACE = 600.0
# The same when a person asks for the removal; long enough for a python to start on a busy machine.
FLUSH_GRACE = 60.0


def limit_in_bytes() -> int:
    """Return how many bytes the distributions on a node may hold: ``SHIP_ENV_NODE_CACHE_LIMIT`` gigabytes."""
    text = os.environ.get(LIMIT_VARIABLE, "")
    try:
        return int(float(text or DEFAULT_LIMIT) * 1e9)
    except (ValueError, OverflowError):
        sys.stderr.write(f"ship_env: {LIMIT_VARIABLE} must be a number of gigabytes; it is {text!r}\n")
        return int(DEFAULT_LIMIT * 1e9)


def in_background(work: Callable[[], None]) -> None:
    """Do work in a child process for which neither this process nor its parent waits."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if os.fork() == 0:
            # Spark waits until the pipes that it gave us are closed.
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nothing, descriptor)
            os.closerange(3, 256)
            os.nice(19)
            work()
    except Exception:  # noqa: BLE001, S110 - the next process does what this one could not; nobody reads a message here
        pass
    finally:
        os._exit(0)


def settle(root: NodeRoot, name: str, limit: int) -> None:
    """Write a new environment to the disk, note that in its marks, then remove files above the limit.

    Before that, a loss of power damages the environment: file names may survive while their content is lost.
    """
    environment = root.environment(name)
    if _sync(root.base):
        folders = [os.readlink(entry.path) for entry in os.scandir(note(environment, DISTRIBUTIONS))]
        for folder in folders:
            mark = Mark.read(folder)
            if mark is not None and mark.boot != SYNCED:
                mark._replace(boot=SYNCED).write(folder)
        with open(note(environment, f"{BOOT}.new"), "w", encoding="ascii") as file:
            file.write(f"{SYNCED}\n")
        os.rename(note(environment, f"{BOOT}.new"), note(environment, BOOT))
    prune(root, limit)


def prune(root: NodeRoot, limit: int) -> None:
    """Remove environments and files of ordinary PEXes, least recently used first, down to the limit.

    Distributions are removed when no environment links to them. What a live process uses stays. When another process is
    removing files, this one does nothing.
    """
    turn = _turn(root)
    if turn.try_acquire():
        with held(turn):
            _make_room(root, limit, GRACE)


def flush(root: NodeRoot) -> str:
    """Remove everything that no live process uses. Returns a message about it.

    Raises TimeoutError when another process removes files for too long.
    """
    turn = _turn(root)
    turn.require(PATIENCE)
    with held(turn):
        before = _total(root)
        _make_room(root, 0, FLUSH_GRACE)
        after = _total(root)
    left = [*os.listdir(root.environments), *os.listdir(root.ordinary), *os.listdir(root.distributions)]
    stays = f"; {after / 1e6:.0f} MB stay, which are in use or were used less than a minute ago" if left else ""
    return f"removed {(before - after) / 1e6:.0f} MB from {root.base}{stays}"


def _turn(root: NodeRoot) -> Lock:
    """Return the lock that a process holds while it removes files."""
    return Lock(root.lock("prune"))


def _make_room(root: NodeRoot, limit: int, grace: float) -> None:
    """Do the work of ``prune``. The caller holds the lock of ``_turn``.

    :param grace: seconds for which files stay after their last use
    """
    _remove_leftovers(root)
    left = _remove_unlinked(root, _total(root) - limit, grace)
    environments = [root.environment(name) for name in os.listdir(root.environments)]
    ordinary = [root.pex_root(name) for name in os.listdir(root.ordinary)]
    for folder in sorted([*environments, *ordinary], key=lambda each: modified(note(each, USED))):
        if left <= 0:
            return
        # The distributions of an environment are counted when they are removed.
        size = _bytes_in(folder) if folder in ordinary else 0
        if remove_unused(root, folder, grace):
            left = _remove_unlinked(root, left - size, grace)


def _sync(folder: str) -> bool:
    """Make the file system of a folder write its cached data; return whether that was possible."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        return bool(ctypes.CDLL(None, use_errno=True).syncfs(descriptor) == 0)
    except AttributeError:
        return False
    finally:
        os.close(descriptor)


def _total(root: NodeRoot) -> int:
    marks = (Mark.read(root.distribution(key)) for key in os.listdir(root.distributions))
    return sum(mark.size for mark in marks if mark is not None) + _bytes_in(root.ordinary)


def _bytes_in(folder: str) -> int:
    """Count the bytes of the files below a folder; a file with several names is counted for each."""
    found = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                found += os.lstat(os.path.join(place, name)).st_size
    return found


def _remove_unlinked(root: NodeRoot, excess: int, grace: float) -> int:
    """Remove distributions that no environment links to, oldest first. Returns the remaining excess in bytes."""
    linked = {os.path.basename(target) for target in _links(root)}
    loose = sorted(set(os.listdir(root.distributions)) - linked, key=lambda key: last_use(root.distribution(key)))
    for key in loose:
        folder = root.distribution(key)
        if excess <= 0 or time.time() - last_use(folder) < grace:
            break
        mark = Mark.read(folder)
        if _remove_locked(root, folder, contextlib.nullcontext(True)):  # noqa: FBT003
            excess -= mark.size if mark is not None else 0
    return excess


def _links(root: NodeRoot) -> list[str]:
    found = []
    for name in os.listdir(root.environments):
        folder = note(root.environment(name), DISTRIBUTIONS)
        if os.path.isdir(folder):
            found += [os.readlink(entry.path) for entry in os.scandir(folder)]
    return found


def remove_unused(root: NodeRoot, folder: str, grace: float) -> bool:
    """Remove an environment or a PEX_ROOT unless a process runs it or is about to. Returns whether it is gone."""
    return _remove_locked(root, folder, unused(folder, grace))


@contextlib.contextmanager
def unused(folder: str, grace: float) -> Iterator[bool]:
    """Yield whether no process runs an environment or a PEX_ROOT or is about to, and keep processes from starting it.

    The caller holds the lock of its name, so that nobody puts another folder in its place meanwhile.
    """
    try:
        descriptor = os.open(note(folder, USED), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield True
        return
    try:
        yield _is_unused(descriptor, note(folder, USED), grace)
    finally:
        os.close(descriptor)


def _is_unused(descriptor: int, path: str, grace: float) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A process that stopped waiting for our lock may have made the folder anew and may run it.
        is_the_same = os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except (BlockingIOError, FileNotFoundError):
        return False
    return is_the_same and time.time() - os.fstat(descriptor).st_mtime >= grace


def move_away(root: NodeRoot, path: str) -> str:
    """Rename a folder, at once, so that it can be removed later. It may be gone already. The caller holds its lock."""
    away = root.fresh(os.path.basename(path))
    try:
        os.rename(path, away)
    except FileNotFoundError:
        if os.path.lexists(path):
            raise
    return away


def _remove_locked(root: NodeRoot, path: str, free: AbstractContextManager[bool]) -> bool:
    lock = Lock(root.lock(os.path.basename(path)))
    if not lock.try_acquire():
        return False
    with held(lock):
        with free as is_free:
            if not is_free:
                return False
            away = move_away(root, path)
        lock.remove()
    discard(away)
    return True


def _remove_leftovers(root: NodeRoot) -> None:
    """Remove folders of killed processes, and folders to be removed: all those whose lock nobody holds."""
    for entry in os.listdir(root.temporary):
        name = entry.rpartition(".")[0]
        lock = Lock(root.lock(name))
        if lock.try_acquire():
            with held(lock):
                discard(os.path.join(root.temporary, entry))
