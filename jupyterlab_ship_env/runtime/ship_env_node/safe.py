"""The rule for folders on a node: no other user can replace the files that we run.

The header checks the same (``formats/pex/header.ts``) before a python runs.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import sys
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Callable, NoReturn

# Signals that a waiting process passes on to its child.
HANDED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


class UnusableError(Exception):
    """A folder cannot be a node root; the message says why."""


def physical(path: str) -> str:
    """Return the path with all links resolved except its last name, so that nobody can redirect us later.

    ``<link>/`` and ``<link>/.`` name the link as well. ``..`` has the meaning of the file system, also after a link.
    """
    path = os.path.join(os.getcwd(), path)
    while path.endswith(("/", "/.")) and path.strip("/."):
        path = path[: path.rindex("/")]
    folder, name = (path, "") if os.path.basename(path) in {"", ".", ".."} else os.path.split(path)
    # realpath would also resolve a path through a missing folder or a file, which the file system does not do.
    return os.path.join(os.path.realpath(folder), name).rstrip("/") or "/" if os.path.isdir(folder) else path


def refuse_unsafe(path: str, *, is_in_container: bool = False) -> None:
    """Raise UnusableError when another user can write to a folder or replace it. The folder may be missing.

    It must be a real directory of our own that no other user may write to. The same is true for all folders above it,
    with two exceptions: they may belong to root, and others may write to a folder with the sticky bit, which keeps them
    from replacing files of other users. When a folder has an access list, the group bits of the mode are the most that
    it grants to anyone but the owner (POSIX 1003.1e).

    :param path: as ``physical`` returns it
    :param is_in_container: only the next folder above counts. This is for the working directory of an executor: the
        folders above it belong to the cluster's service account, and a user who can replace the working directory can
        replace the artifact in it
    """
    if path == os.path.dirname(path):
        raise UnusableError(f"{path} is not a folder of ours")
    if os.path.lexists(path):
        refuse_foreign(path)
    for folder in _above(path):
        found = os.lstat(folder)
        if found.st_uid not in {0, os.geteuid()}:
            raise UnusableError(f"{folder} belongs to user {found.st_uid}, who can put another directory there")
        if found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX:
            raise UnusableError(f"{folder} can be written to by other users, who can put another directory there")
        if is_in_container:
            return


def refuse_foreign(path: str) -> None:
    """Raise UnusableError unless this is a real directory of ours that no other user may write to."""
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        raise UnusableError(f"{path} is not a directory")
    if found.st_uid != os.geteuid():
        raise UnusableError(f"{path} belongs to user {found.st_uid}")
    if found.st_mode & 0o022:
        raise UnusableError(f"{path} can be written to by other users")


def in_fresh_folder(run: Callable[[str], object]) -> NoReturn:
    """Run in a child process with a new private folder; remove the folder and end with the child's exit code.

    :param run: gets the folder and does not return
    """
    folder = tempfile.mkdtemp(prefix="ship-env-", dir=_safe_temporary())
    child = os.fork()
    if child == 0:
        try:
            run(folder)
        except SystemExit as end:
            os._exit(end.code if isinstance(end.code, int) else 1)
        except Exception as error:  # noqa: BLE001 - the child must not go on with the code of its parent
            sys.stderr.write(f"ship_env: {type(error).__name__}: {error}\n")
        os._exit(1)
    for number in HANDED_ON:
        signal.signal(number, lambda received, _: os.kill(child, received))
    _, status = os.waitpid(child, 0)
    shutil.rmtree(folder, ignore_errors=True)
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


def _safe_temporary() -> str:
    """Return a directory for temporary files that nobody can replace. Raises UnusableError when there is none."""
    reasons = []
    for choice in dict.fromkeys([os.environ.get("TMPDIR", ""), "/tmp", "/var/tmp", "/dev/shm"]):  # noqa: S108
        if not os.path.isdir(choice):
            continue
        folder = os.path.realpath(choice)
        try:
            # Checked by a path inside it.
            refuse_unsafe(os.path.join(folder, "ship-env-new"))
        except UnusableError as error:
            reasons.append(str(error))
            continue
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    raise UnusableError(f"no directory of this node is safe to unpack in: {'; '.join(reasons)}")


def _above(path: str) -> Iterator[str]:
    while path != os.path.dirname(path):
        path = os.path.dirname(path)
        yield path
