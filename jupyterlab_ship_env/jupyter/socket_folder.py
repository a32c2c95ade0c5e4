"""The private folder of the sidecar's sockets: made for the first socket, removed at the end of the server.

A killed server leaves its folder behind. The next server that needs a folder removes it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from .owner import is_dead, owner_name

#: Prefix of the folder's name, before random letters; a file in the folder names the server (owner.py).
_PREFIX = "ship-env-"
_OWNER_FILE = "owner"
#: A unix socket's path is limited to 108 bytes on Linux and 104 on macOS.
_SOCKET_PATH_LIMIT = 100


class SocketFolder:
    """A folder with mode 0700; no other user of the machine can reach a socket in it."""

    def __init__(self) -> None:
        """Make no folder yet."""
        self._path: str | None = None

    def path(self) -> str:
        """Return the folder; make it, also when a program that cleans the temporary directory removed it."""
        if self._path is None or not Path(self._path).is_dir():
            # mkdtemp makes it 0700. A long TMPDIR would make the path too long for a socket.
            parent = tempfile.gettempdir()
            if len(os.fsencode(parent)) + len(f"/{_PREFIX}xxxxxxxx/xxxxxxxx.sock") > _SOCKET_PATH_LIMIT:
                parent = "/tmp"  # noqa: S108 - mkdtemp makes the directory private
            remove_folders_of_killed_servers(Path(parent))
            self._path = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
            Path(self._path, _OWNER_FILE).write_text(owner_name())
        return self._path

    def remove(self) -> None:
        """Remove the folder and what is in it, if it was made."""
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)
            self._path = None


def remove_folders_of_killed_servers(parent: Path) -> None:
    """Remove the socket folders of servers that were killed together with their sidecars."""
    for folder in parent.glob(f"{_PREFIX}*"):
        # A folder of another program or another user has no readable owner file.
        with suppress(OSError):
            if folder.lstat().st_uid == os.getuid() and is_dead((folder / _OWNER_FILE).read_text()):
                shutil.rmtree(folder)
