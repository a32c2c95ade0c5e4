"""One at a time: locks that a killed process leaves behind open."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Seconds between two looks at a lock that another holds.
PAUSE = 0.01


class Lock:
    """An exclusive ``flock`` on a file. The kernel lets go of it when the process ends, however it ends."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it. Raises OSError when the file cannot be made or locked."""
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Programs that remove old files from /tmp leave the file of this lock alone then.
                os.utime(descriptor)
                if self._is_still_there(descriptor):
                    self._descriptor = descriptor
                    return True
            except BlockingIOError:
                return False
            finally:
                # Who held it before may have removed the file; a lock on what nobody finds is worth nothing.
                if self._descriptor is None:
                    os.close(descriptor)

    def acquire(self, patience: float) -> bool:
        """Wait for the lock, ``patience`` seconds long, as its holder may be stopped. Returns whether we hold it."""
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
        """Let go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """Remove the file and let go; who waits for it makes another."""
        # What cleans /tmp may have been faster.
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
    """Let go of a lock at the end, however that comes."""
    try:
        yield
    finally:
        lock.release()
