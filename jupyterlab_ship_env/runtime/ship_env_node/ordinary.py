"""Folders in which an artifact unpacks as an ordinary PEX, so that its files count towards the node root's limit."""

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
    """Return a PEX_ROOT for an artifact, and keep it in use until this process, and what replaces it, has ended.

    Raises OSError, UnusableError.
    """
    try:
        return _hold_first(root, artifact_id)
    except FileNotFoundError:
        # A person may be removing the node root's folders by hand.
        return _hold_first(root, artifact_id)


def _hold_first(root: NodeRoot, artifact_id: str) -> str:
    """Keep the first usable PEX_ROOT in use. All starts try the same names in the same order, so that they share it."""
    root.prepare()
    for number in itertools.count():
        name = f"{artifact_id}.{number}" if number else artifact_id
        if _hold_name(root, name):
            break
    # This file and the lock of the PEX_ROOT are never closed: they must outlive the boot code, which becomes the PEX.
    everything = os.open(root.base, os.O_RDONLY | os.O_CLOEXEC)
    os.set_inheritable(everything, True)  # noqa: FBT003
    # The lock keeps systemd-tmpfiles away, unless it is at work there; see ``start.py``.
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(everything, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return root.pex_root(name)


def _hold_name(root: NodeRoot, name: str) -> bool:
    """Keep the PEX_ROOT of a name in use; make it when needed. False when it lost files and a process runs from it."""
    folder = root.pex_root(name)
    away = None
    lock = Lock(root.lock(name))
    # A process that removes or makes the folder takes this lock, too, so nothing changes after the checks here.
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
    """Make a PEX_ROOT that is in use from the start. The caller holds its lock."""
    work = root.fresh(name)
    try:
        begin(work)
        _use(work)
        os.rename(work, root.pex_root(name))
    except OSError:
        discard(work)
        raise


def _use(folder: str) -> None:
    """Mark a PEX_ROOT as in use until this process, and what replaces it, has ended."""
    descriptor = os.open(note(folder, USED), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    os.set_inheritable(descriptor, True)  # noqa: FBT003
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    os.utime(descriptor)
