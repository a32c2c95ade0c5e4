"""Keep what an artifact unpacks as an ordinary PEX where it counts towards the node root's limit."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from typing import TYPE_CHECKING

from ship_env_node.marks import USED, begin, has_witness, note
from ship_env_node.prune import remove_unused
from ship_env_node.safe import refuse_foreign
from ship_env_node.unpack import discard

if TYPE_CHECKING:
    from ship_env_node.places import NodeRoot


def hold(root: NodeRoot, artifact_id: str) -> str:
    """Have a PEX_ROOT for an artifact, in use until this process and what it becomes have ended.

    Raises OSError, UnusableError.
    """
    root.prepare()
    name = artifact_id
    while True:
        folder = root.pex_root(name)
        if not os.path.lexists(folder):
            _begin_pex_root(root, name)
        refuse_foreign(folder)
        if not has_witness(folder):
            # A cleaner went through it. Who runs it keeps what is left.
            if not remove_unused(root, folder, grace=0):
                name = f"{artifact_id}.{os.urandom(8).hex()}"
            continue
        used = note(folder, USED)
        descriptor = os.open(used, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        os.utime(descriptor)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.lstat(used)):
                # Never closed: they outlive the boot code, which becomes the PEX.
                for lock in (descriptor, _against_systemd(root)):
                    os.set_inheritable(lock, True)  # noqa: FBT003
                return folder
        # Whoever removes what is unused was faster.
        os.close(descriptor)


def _against_systemd(root: NodeRoot) -> int:
    """Lock all below a node root against systemd-tmpfiles, unless it is at work there; see ``start.py``."""
    descriptor = os.open(root.base, os.O_RDONLY | os.O_CLOEXEC)
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return descriptor


def _begin_pex_root(root: NodeRoot, name: str) -> None:
    """Make a PEX_ROOT, at once with its witness, unless another process is faster."""
    work = root.fresh(name)
    try:
        begin(work)
        os.rename(work, root.pex_root(name))
    except OSError as error:
        discard(work)
        if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
            raise
