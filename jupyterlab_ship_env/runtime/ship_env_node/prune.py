"""Keep what artifacts left on a node within bounds, without touching what a live process uses."""

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
# In gigabytes of a billion bytes.
DEFAULT_LIMIT = 20.0
# Seconds that something stays after its last use: between the header's look and the lock that the python takes, and
# between finding a distribution and linking to it, nothing else says that it is wanted.
GRACE = 600.0
# The same when a person asks for the removal: long enough for a python that starts on a busy machine.
FLUSH_GRACE = 60.0


def limit_in_bytes() -> int:
    """Return how much the distributions on a node may hold: ``SHIP_ENV_NODE_CACHE_LIMIT`` gigabytes."""
    text = os.environ.get(LIMIT_VARIABLE, "")
    try:
        return int(float(text or DEFAULT_LIMIT) * 1e9)
    except (ValueError, OverflowError):
        sys.stderr.write(f"ship_env: {LIMIT_VARIABLE} was to be a number of gigabytes, it is {text!r}\n")
        return int(DEFAULT_LIMIT * 1e9)


def in_background(work: Callable[[], None]) -> None:
    """Do work in a process of its own, which neither this one nor who started it waits for."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if os.fork() == 0:
            # Spark waits for the end of the pipes that it gave us.
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nothing, descriptor)
            os.closerange(3, 256)
            os.nice(19)
            work()
    except Exception:  # noqa: BLE001, S110 - the next one does what this one could not; there is nobody to tell
        pass
    finally:
        os._exit(0)


def settle(root: NodeRoot, name: str, limit: int) -> None:
    """Bring a new environment to the disk, and say in its marks that it is there; then remove what is too much.

    Until then a machine that loses its power takes the environment with it: names may outlive content.
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
    """Remove environments and what ordinary PEXes unpacked, least recently used first, down to the limit.

    Distributions go when no environment links to them. What a live process uses stays. Where another process
    makes room just now, this one leaves it alone.
    """
    turn = _turn(root)
    if turn.try_acquire():
        with held(turn):
            _make_room(root, limit, GRACE)


def flush(root: NodeRoot) -> str:
    """Remove all that no live process uses. Returns what there is to say about it.

    Raises TimeoutError when another process makes room for too long.
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
    """Return the lock that a process holds while it makes room."""
    return Lock(root.lock("prune"))


def _make_room(root: NodeRoot, limit: int, grace: float) -> None:
    """Do what ``prune`` says. It must be our turn.

    :param grace: seconds that something stays after its last use
    """
    _remove_leftovers(root)
    left = _remove_unlinked(root, _total(root) - limit, grace)
    environments = [root.environment(name) for name in os.listdir(root.environments)]
    ordinary = [root.pex_root(name) for name in os.listdir(root.ordinary)]
    for folder in sorted([*environments, *ordinary], key=lambda each: modified(note(each, USED))):
        if left <= 0:
            return
        # What an environment links to is counted when it goes.
        size = _bytes_in(folder) if folder in ordinary else 0
        if remove_unused(root, folder, grace):
            left = _remove_unlinked(root, left - size, grace)


def _sync(folder: str) -> bool:
    """Have the file system of a folder write what it holds back; say whether that could be done."""
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
    """Count the bytes of the files below a folder; a file with several names counts each time."""
    found = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                found += os.lstat(os.path.join(place, name)).st_size
    return found


def _remove_unlinked(root: NodeRoot, excess: int, grace: float) -> int:
    """Remove distributions that no environment links to, oldest first. Returns what is left of the excess."""
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
    """Remove an environment or a PEX_ROOT unless a process runs it or is about to. Says whether it is gone."""
    return _remove_locked(root, folder, unused(folder, grace))


@contextlib.contextmanager
def unused(folder: str, grace: float) -> Iterator[bool]:
    """Say whether no process runs an environment or a PEX_ROOT or is about to, and lock out who would.

    The lock of its name must be ours, so that nobody puts another folder in its place meanwhile.
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
        # Someone whose patience with our lock ended may have made the folder anew, and run it.
        is_the_same = os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except (BlockingIOError, FileNotFoundError):
        return False
    return is_the_same and time.time() - os.fstat(descriptor).st_mtime >= grace


def move_away(root: NodeRoot, path: str) -> str:
    """Move out of sight, at once, what is then to be discarded. It may be gone already. Its lock must be ours."""
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
    """Remove what killed processes left, and what nobody wanted any more: what nobody holds the lock of."""
    for entry in os.listdir(root.temporary):
        name = entry.rpartition(".")[0]
        lock = Lock(root.lock(name))
        if lock.try_acquire():
            with held(lock):
                discard(os.path.join(root.temporary, entry))
