"""Locks that are free again when their process is killed."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Seconds between two attempts to take a lock that another process holds.
PAUSE = 0.01


class Lock:
    """An exclusive ``flock`` on a file. The kernel releases it when the process ends for any reason."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it. Raises OSError when the file cannot be made or locked."""
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Keeps programs that remove old files from /tmp from removing the lock file.
                os.utime(descriptor)
                if self._is_still_there(descriptor):
                    self._descriptor = descriptor
                    return True
            except BlockingIOError:
                return False
            finally:
                # The previous holder may have removed the file; a lock on a removed file protects nothing.
                if self._descriptor is None:
                    os.close(descriptor)

    def acquire(self, patience: float) -> bool:
        """Wait for the lock for ``patience`` seconds, since its holder may be stopped. Returns whether we hold it."""
        deadline = time.monotonic() + patience
        while not self.try_acquire():
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE)
        return True

    def require(self, patience: float) -> None:
        """Wait as ``acquire`` does. Raises TimeoutError when another process keeps the lock."""
        if not self.acquire(patience):
            raise TimeoutError(errno.ETIMEDOUT, f"another process held it for {patience:.0f} s", self._path)

    def release(self) -> None:
        """Release the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """Remove the file and release the lock; a waiting process makes a new file."""
        # A cleaner of /tmp may have been faster.
        with suppress(FileNotFoundError):
            os.unlink(self._path)
        self.release()

    def _is_still_there(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.lstat(self._path))
        except FileNotFoundError:
            return False


@contextmanager
def held(lock: Lock) -> Iterator[None]:
    """Release a lock at the end, also after an error."""
    try:
        yield
    finally:
        lock.release()
