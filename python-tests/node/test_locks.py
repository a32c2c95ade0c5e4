"""Locks of a node root: a lock that cannot be taken is closed, and the error names it."""

from __future__ import annotations

import errno
import fcntl
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shipped_code import RUNTIME


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    monkeypatch.syspath_prepend(str(RUNTIME))
    yield {name: importlib.import_module(f"ship_env_node.{name}") for name in ("locks", "start")}
    for name in [name for name in sys.modules if name.startswith("ship_env_node")]:
        del sys.modules[name]


def test_a_lock_whose_file_cannot_be_touched_is_let_go(
    modules: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def utime(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    path = str(tmp_path / "lock")
    with monkeypatch.context() as context:
        context.setattr(os, "utime", utime)
        with pytest.raises(PermissionError):
            modules["locks"].Lock(path).try_acquire()
    lock = modules["locks"].Lock(path)
    assert lock.try_acquire()
    assert not modules["locks"].Lock(path).try_acquire()
    lock.release()


def test_a_lock_whose_file_is_gone_is_let_go_as_any_other(modules: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = modules["locks"].Lock(str(path))
    assert lock.try_acquire()
    open_files = Path("/proc/self/fd")
    before = len(list(open_files.iterdir()))
    path.unlink()
    lock.remove()
    assert len(list(open_files.iterdir())) == before - 1


@pytest.mark.parametrize("refused", ["used", "base"])
def test_a_start_names_what_it_cannot_lock(
    modules: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    refused: str,
) -> None:
    base = tmp_path / "base"
    used = base / "env" / "some" / ".ship-env" / "used"
    used.parent.mkdir(parents=True)
    used.touch()
    locked = []

    def flock(descriptor: int, _: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        os.close(descriptor)
        if path.name == refused:
            raise OSError(errno.ENOLCK, "No locks available")
        locked.append(path)

    monkeypatch.setattr(fcntl, "flock", flock)
    monkeypatch.setattr(sys, "prefix", str(base / "env" / "some"))
    start = modules["start"]
    start._hold()
    found = {"used": used, "base": base}
    danger = {
        "used": "the environment may be removed while it runs",
        "base": "systemd-tmpfiles may remove old files of it while it runs",
    }
    why = f"[Errno {errno.ENOLCK}] No locks available"
    assert capsys.readouterr().err == f"ship_env: cannot lock {found.pop(refused)}, so {danger[refused]}: {why}\n"
    assert locked == list(found.values())
