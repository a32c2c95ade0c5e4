"""Unpack the distributions of an artifact that a node lacks, each once, also when several processes start at once.

All artifacts share the cache. A distribution is moved to its folder there only when its content has the key in the
folder's name: a bad artifact never changes what another one runs.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING

from ship_env_node.artifact import PYC
from ship_env_node.entries import DamagedError, pieces
from ship_env_node.identity import LAYOUT_FILE, SegmentKey
from ship_env_node.locks import Lock, held
from ship_env_node.marks import MARK, Mark, begin, boot_of_machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Callable

    from ship_env_node.artifact import Artifact, Segment
    from ship_env_node.places import NodeRoot

# Seconds after which the holder of a lock counts as stopped; then a distribution is unpacked a second time.
PATIENCE = 300.0


def unpack_missing(root: NodeRoot, artifact: Artifact) -> None:
    """Unpack all missing distributions of an artifact below the node root.

    Processes share the work: this one and its helpers, one for each processor, and those of other executors on the
    node. Each takes distributions that no other process is unpacking; when none is left, it waits for the others.

    Raises DamagedError, OSError.
    """
    missing = [segment for segment in artifact.segments if not root.is_whole(segment.key)]
    helpers = [_start_helper(root, artifact, missing) for _ in range(min(_processors(), len(missing)) - 1)]
    try:
        _take(root, artifact, missing, PATIENCE)
    finally:
        for helper in helpers:
            os.waitpid(helper, 0)


def remove(path: str, root: NodeRoot, name: str) -> None:
    """Remove a file or folder that others may be using: first rename it, at once."""
    if not os.path.lexists(path):
        return
    away = root.fresh(name)
    os.rename(path, away)
    discard(away)


def discard(path: str) -> None:
    """Remove a file, a link or a folder, as far as possible."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    elif os.path.lexists(path):
        os.unlink(path)


def _processors() -> int:
    count = getattr(os, "sched_getaffinity", None)
    return len(count(0)) if count else os.cpu_count() or 1


def _start_helper(root: NodeRoot, artifact: Artifact, missing: list[Segment]) -> int:
    helper = os.fork()
    if helper:
        return helper
    try:
        _take(root, artifact, missing, patience=None)
    except BaseException:  # noqa: BLE001 - the parent process fails in the same way, and reports it
        os._exit(1)
    os._exit(0)


def _take(root: NodeRoot, artifact: Artifact, missing: list[Segment], patience: float | None) -> None:
    """Unpack what no other process is unpacking; then, given patience, wait for the others and unpack the rest."""
    others = []
    for segment in missing:
        lock = Lock(root.lock(segment.key))
        if not lock.try_acquire():
            others.append((segment, lock))
            continue
        with held(lock):
            _ensure(root, artifact, segment)
    if patience is None:
        return
    for segment, lock in others:
        is_ours = lock.acquire(patience)
        with held(lock):
            _ensure(root, artifact, segment, is_ours=is_ours)


def _ensure(root: NodeRoot, artifact: Artifact, segment: Segment, *, is_ours: bool = True) -> None:
    """Unpack a distribution unless it is complete by now; the caller should hold its lock."""
    if root.is_whole(segment.key):
        return
    if is_ours:
        _remove_leftovers(root, segment.key)
    work = root.fresh(segment.key)
    try:
        begin(work)
        size = _unpack(artifact, segment, work)
        Mark(boot_of_machine(), size).write(work)
        final = root.distribution(segment.key)
        # The rest of a folder that a cleaner of /tmp or a loss of power has damaged.
        remove(final, root, segment.key)
        os.rename(work, final)
    except BaseException as error:
        discard(work)
        # Another process was first: we had stopped waiting for its lock.
        if not isinstance(error, OSError) or not root.is_whole(segment.key):
            raise


def _remove_leftovers(root: NodeRoot, key: str) -> None:
    """Remove the files of a killed process; only the holder of this name's lock works on it."""
    for name in os.listdir(root.temporary):
        if name.startswith(f"{key}."):
            discard(os.path.join(root.temporary, name))


def _unpack(artifact: Artifact, segment: Segment, folder: str) -> int:
    """Write all entries of a segment below a folder. Returns their bytes. Raises DamagedError, also for another key."""
    tree = _Tree(folder)
    blob = read_segment(artifact, segment, tree.write)
    if blob:
        _spread(blob, segment, tree)
    return tree.bytes


def read_segment(artifact: Artifact, segment: Segment, take: Callable[[str, Iterable[bytes], bool], object]) -> bytes:
    """Read all entries of a segment, and verify that together they have its key.

    :param take: gets each file's name in the distribution, its content, which it must read to the end, and whether it
        is a program; all this is verified only when the function returns
    :returns: the compiled modules; empty when there are none

    Raises DamagedError, OSError.
    """
    key = SegmentKey(segment.wheel, segment.unlisted)
    prefix = f".deps/{segment.wheel}/"
    blob = None
    for entry, file in artifact.entries(segment):
        digest = hashlib.sha256()
        content = _hashed(pieces(file, entry, artifact.path), digest)
        name = entry.name[len(prefix) :]
        is_executable = name in segment.executables
        if blob is None and entry.name == PYC + segment.wheel:
            blob = b"".join(content)
            key.add_compiled(digest.hexdigest())
        elif blob is not None or not entry.name.startswith(prefix):
            raise DamagedError(f"the entry {entry.name} of {artifact.path} does not belong to {segment.wheel}")
        elif name == LAYOUT_FILE:
            layout = b"".join(content)
            take(name, [layout], is_executable)
            key.add_layout(layout, segment.key, is_executable=is_executable)
        else:
            take(name, content, is_executable)
            key.add_file(name, digest.hexdigest(), is_executable=is_executable)
    if key.hexdigest() != segment.key:
        raise DamagedError(
            f"{segment.wheel} in {artifact.path} should have the key {segment.key}; its content has {key.hexdigest()}"
        )
    return blob or b""


def _hashed(content: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for piece in content:
        digest.update(piece)
        yield piece


def _spread(blob: bytes, segment: Segment, tree: _Tree) -> None:
    """Write the compiled modules of a distribution beside their sources (PEP 3147).

    The blob is the length of a list in four bytes, the list as JSON, and the concatenated content of its files.
    """
    start = 4 + int.from_bytes(blob[:4], "little")
    try:
        listed = json.loads(blob[4:start])
        tag, files = listed["tag"], [(str(source), int(size)) for source, size in listed["files"]]
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedError(f"the list of compiled modules of {segment.wheel} cannot be read: {error!r}") from error
    if tag != sys.implementation.cache_tag:
        return
    view = memoryview(blob)
    for source, size in files:
        folder, _, name = source.rpartition("/")
        cached = f"{folder}/__pycache__/{name[:-3]}.{tag}.pyc".lstrip("/")
        tree.write(cached, [view[start : start + size]])
        start += size


class _Tree:
    """A folder that gets files of given names; ``bytes`` counts what was written."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._made = {""}
        self.bytes = 0

    def write(self, name: str, content: Iterable[bytes | memoryview], is_executable: bool = False) -> None:  # noqa: FBT001, FBT002 - a callback
        """Write a new file; other bits of the entry's mode are ignored."""
        folder, _, base = name.rpartition("/")
        if base in {"", ".", ".."} or name.partition("/")[0] == MARK or "\0" in name:
            raise DamagedError(f"the artifact names a file {name!r}")
        self._make(folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            descriptor = os.open(f"{self._folder}/{name}", flags, 0o755 if is_executable else 0o644)
        except FileExistsError as error:
            raise DamagedError(f"the artifact names {name!r} twice") from error
        try:
            for piece in content:
                self.bytes += _write_all(descriptor, piece)
        finally:
            os.close(descriptor)

    def _make(self, folder: str) -> None:
        if folder in self._made:
            return
        parent, _, name = folder.rpartition("/")
        if name in {"", ".", ".."}:
            raise DamagedError(f"the artifact names a folder {folder!r}")
        self._make(parent)
        try:
            os.mkdir(f"{self._folder}/{folder}", 0o755)
        except FileExistsError as error:
            raise DamagedError(f"the artifact names {folder!r} as a file and as a folder") from error
        self._made.add(folder)


def _write_all(descriptor: int, piece: bytes | memoryview) -> int:
    """Write the whole piece. ``write`` may write only a part of it; when the disk is full, the next call raises."""
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]
    return len(piece)
