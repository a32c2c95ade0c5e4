"""The one rule for folders on a node: what we run lies where no other user can put something in its place.

The header asks the same (``formats/pex/header.ts``), before there is a python that could ask.
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

# Signals that a process which waits for another one hands on.
HANDED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


class UnusableError(Exception):
    """A folder cannot serve as node root; the message says why."""


def physical(path: str) -> str:
    """Return the path without links but for its last name, so that nobody can lead us elsewhere later.

    ``<link>/`` and ``<link>/.`` name the link as well. ``..`` is what the file system takes it for, behind a link too.
    """
    path = os.path.join(os.getcwd(), path)
    while path.endswith(("/", "/.")) and path.strip("/."):
        path = path[: path.rindex("/")]
    folder, name = (path, "") if os.path.basename(path) in {"", ".", ".."} else os.path.split(path)
    # realpath would go on where the file system does not: through what is missing or no folder.
    return os.path.join(os.path.realpath(folder), name).rstrip("/") or "/" if os.path.isdir(folder) else path


def refuse_unsafe(path: str, *, is_in_container: bool = False) -> None:
    """Raise UnusableError unless a folder is one that no other user can write to or replace. It may be missing.

    It has to be a real directory, ours, that no other user may write to. The same goes for all folders above it, with
    two differences: they may belong to root, and others may write to one whose sticky bit keeps them from replacing
    what is not theirs. Where there is an access list, the group bits of the mode are the most that it grants to anyone
    but the owner (POSIX 1003.1e).

    :param path: as ``physical`` returns it
    :param is_in_container: of the folders above, only the next one counts. This is for the working directory of an
        executor: the folders above it belong to the cluster's service account, and whoever can replace the working
        directory can replace the artifact in it
    """
    if path == os.path.dirname(path):
        raise UnusableError(f"{path} is no folder of ours")
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
        raise UnusableError(f"{path} is no directory")
    if found.st_uid != os.geteuid():
        raise UnusableError(f"{path} belongs to user {found.st_uid}")
    if found.st_mode & 0o022:
        raise UnusableError(f"{path} can be written to by other users")


def in_fresh_folder(run: Callable[[str], object]) -> NoReturn:
    """Run in a child process, with a new folder that only we can enter; end as the child does, and remove the folder.

    :param run: is given the folder and does not return
    """
    folder = tempfile.mkdtemp(prefix="ship-env-", dir=_safe_temporary())
    child = os.fork()
    if child == 0:
        try:
            run(folder)
        except SystemExit as end:
            os._exit(end.code if isinstance(end.code, int) else 1)
        except Exception as error:  # noqa: BLE001 - this process must not go on as the one that waits for it
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
            # As what lies in it.
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
