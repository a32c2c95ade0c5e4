"""Keep what an artifact unpacks as an ordinary PEX where it counts towards the node root's limit."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
from typing import TYPE_CHECKING

from ship_env_node.locks import Lock, held
from ship_env_node.marks import USED, begin, has_witness, note
from ship_env_node.prune import move_away, unused
from ship_env_node.safe import refuse_foreign
from ship_env_node.unpack import PATIENCE, discard

if TYPE_CHECKING:
    from ship_env_node.places import NodeRoot


def hold(root: NodeRoot, artifact_id: str) -> str:
    """Have a PEX_ROOT for an artifact, in use until this process and what it becomes have ended.

    Raises OSError, UnusableError.
    """
    try:
        return _hold_first(root, artifact_id)
    except FileNotFoundError:
        # Somebody removes the node root's folders by hand.
        return _hold_first(root, artifact_id)


def _hold_first(root: NodeRoot, artifact_id: str) -> str:
    """Hold the first PEX_ROOT that is of use. All starts go through the same names, so that they share it."""
    root.prepare()
    for number in itertools.count():
        name = f"{artifact_id}.{number}" if number else artifact_id
        if _hold_name(root, name):
            break
    # Never closed, as the lock of the PEX_ROOT: they outlive the boot code, which becomes the PEX.
    everything = os.open(root.base, os.O_RDONLY | os.O_CLOEXEC)
    os.set_inheritable(everything, True)  # noqa: FBT003
    # Against systemd-tmpfiles, unless it is at work there; see ``start.py``.
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(everything, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return root.pex_root(name)


def _hold_name(root: NodeRoot, name: str) -> bool:
    """Hold the PEX_ROOT of a name, made anew if need be. Says no when it lost files and a process runs from it."""
    folder = root.pex_root(name)
    away = None
    lock = Lock(root.lock(name))
    # Who removes or makes the folder has this lock too, so what is seen here stays so.
    lock.require(PATIENCE)
    with held(lock):
        if os.path.lexists(folder):
            refuse_foreign(folder)
            if has_witness(folder):
                _use(folder)
                return True
            with unused(folder, grace=0) as is_unused:
                if not is_unused:
                    return False
                away = move_away(root, folder)
        _make(root, name)
    if away is not None:
        discard(away)
    return True


def _make(root: NodeRoot, name: str) -> None:
    """Make a PEX_ROOT that is in use from the start. Its lock is ours."""
    work = root.fresh(name)
    try:
        begin(work)
        _use(work)
        os.rename(work, root.pex_root(name))
    except OSError:
        discard(work)
        raise


def _use(folder: str) -> None:
    """Say that a PEX_ROOT is in use, now and until this process and what it becomes have ended."""
    descriptor = os.open(note(folder, USED), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    os.set_inheritable(descriptor, True)  # noqa: FBT003
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    os.utime(descriptor)
