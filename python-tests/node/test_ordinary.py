"""Files of an ordinary PEX: processes share them, and they are never removed while a process uses them."""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from node_artifacts import LAYOUT, Node, install
from shipped_code import RUNTIME

ID = "env-0123456789abcdef0123"
# This variable asks for a feature that only the PEX's own boot code has.
ORDINARY = {"PEX_EXTRA_SYS_PATH": "/nowhere"}
# The program of other processes on the node.
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from ship_env_node import ordinary, places, prune
root = places.NodeRoot(sys.argv[2])
"""
HOLD = f"{PROGRAM}print(ordinary.hold(root, {ID!r}), flush=True); sys.stdin.read()"
PRUNE = f"{PROGRAM}prune.prune(root, 0)"


class Parts:
    """Modules of the bootstrap, a node root, and other processes that use it."""

    def __init__(self, folder: Path) -> None:
        self.ordinary, self.prune, self.marks, places = (
            importlib.import_module(f"ship_env_node.{name}") for name in ("ordinary", "prune", "marks", "places")
        )
        self.root: Any = places.NodeRoot(str(folder / "node root"))
        self._processes: list[subprocess.Popen[str]] = []

    def hold(self) -> str:
        """Keep the PEX_ROOT in use by this process until it ends."""
        folder: str = self.ordinary.hold(self.root, ID)
        return folder

    def held_by_another(self) -> str:
        """Keep the PEX_ROOT in use by another process until the other processes are ended."""
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, RUNTIME, self.root.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        assert process.stdout is not None
        return process.stdout.readline().rstrip("\n")

    def end_others(self) -> None:
        """End the other processes."""
        while self._processes:
            self._processes.pop().communicate("")

    def prune_by_another(self) -> None:
        """Prune with a limit of 0: removes everything that no process uses and that was not used for a while."""
        subprocess.run([sys.executable, "-c", PRUNE, RUNTIME, self.root.path], check=True)


def descriptors() -> set[int]:
    """The open files of this process."""
    return {int(path.name) for path in Path("/proc/self/fd").iterdir()}


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    monkeypatch.syspath_prepend(str(RUNTIME))
    before = descriptors()
    one = Parts(tmp_path)
    yield one
    one.end_others()
    for descriptor in descriptors() - before:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    for name in [name for name in sys.modules if name.startswith("ship_env_node")]:
        del sys.modules[name]


def lose_files(folder: str) -> None:
    """Remove the witness, like a program that removes old files."""
    (Path(folder) / ".ship-env" / "whole").unlink()


def first(action: Callable[[], object], real: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function so that its first call runs something else before."""
    todo = [action]

    def call(*arguments: Any, **options: Any) -> Any:
        if todo:
            todo.pop()()
        return real(*arguments, **options)

    return call


def test_what_another_process_made_anew_meanwhile_is_not_removed(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = parts.held_by_another()
    parts.end_others()
    lose_files(folder)
    # The latest moment for this: after the file of the lock was opened.
    monkeypatch.setattr(fcntl, "flock", first(parts.held_by_another, fcntl.flock))
    assert not parts.prune.remove_unused(parts.root, folder, 0)
    assert parts.marks.has_witness(folder)


def test_what_is_being_made_is_neither_a_leftover_nor_unused(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.rename

    def rename(old: str, new: str) -> None:
        parts.prune_by_another()
        real(old, new)
        parts.prune_by_another()

    monkeypatch.setattr(os, "rename", rename)
    folder = parts.hold()
    monkeypatch.undo()
    parts.prune_by_another()
    assert parts.marks.has_witness(folder)


def test_what_somebody_removes_by_hand_is_made_again(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    def remove() -> None:
        shutil.rmtree(parts.root.base)

    lose_files(parts.held_by_another())
    parts.end_others()
    monkeypatch.setattr(os, "rename", first(remove, os.rename))
    assert parts.marks.has_witness(parts.hold())
    assert not parts.prune.remove_unused(parts.root, parts.root.pex_root(ID), 0)


def test_what_is_gone_already_counts_as_removed(parts: Parts) -> None:
    parts.root.prepare()
    assert parts.prune.remove_unused(parts.root, parts.root.pex_root(ID), 600)
    assert list(Path(parts.root.temporary).iterdir()) == []


def test_who_starts_while_an_old_process_keeps_what_lost_files_share_the_next(parts: Parts) -> None:
    old = parts.held_by_another()
    lose_files(old)
    following = {parts.held_by_another() for _ in range(3)}
    assert following == {f"{old}.1"}
    lose_files(f"{old}.1")
    assert parts.held_by_another() == f"{old}.2"
    parts.end_others()
    assert parts.held_by_another() == old
    assert parts.marks.has_witness(old)


def test_an_ordinary_pex_that_the_cache_cannot_hold_says_so(tmp_path: Path) -> None:
    node = Node(tmp_path)
    install(node.site, "small", {"small.py": ""})
    pex = node.build()
    node.root.mkdir(mode=0o700)
    (node.root / LAYOUT).write_text("")
    run = node.run(pex, "-c", "import small; print('ran')", variables=ORDINARY)
    base = node.root / LAYOUT
    assert run.stdout == "ran\n"
    assert run.stderr == (
        f"ship_env: {pex} runs as an ordinary PEX outside the cache, since {base} is unusable: "
        f"{base} is not a directory. What it unpacks into {node.root} counts towards no limit and is not flushed: "
        "remove it by hand\n"
    )
