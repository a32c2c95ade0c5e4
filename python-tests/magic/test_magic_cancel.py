"""A ship of the magic that is interrupted."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cells import Run, error_of
from IPython.core.interactiveshell import InteractiveShell

from jupyterlab_ship_env import ship_process
from jupyterlab_ship_env._contract import CANCEL_BUDGET_S
from jupyterlab_ship_env.progress import NotebookView

pytestmark = pytest.mark.usefixtures("checkout_path", "stand_in")


def test_interrupt_cancels_and_waits_for_the_clean_up(
    shell: InteractiveShell,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mark = tmp_path / "mark"
    monkeypatch.setenv("STAND_IN_MARK", str(mark))
    step = NotebookView.step

    def interrupt_at_verify(view: NotebookView, event: Any) -> None:
        step(view, event)
        if event.name == "verify":
            # Sent from another thread: a kernel's interrupt also comes while the magic waits for the next line.
            threading.Timer(0, os.kill, (os.getpid(), signal.SIGINT)).start()

    monkeypatch.setattr(NotebookView, "step", interrupt_at_verify)
    shell.kernel = SimpleNamespace()
    error = error_of(run("%ship_env --target hang"))
    assert error.code == "SHIP_CANCELLED"
    assert mark.read_text() == "cleaned up"
    assert "Cancelled." in capsys.readouterr().out


@pytest.mark.parametrize("target", ["shipped-then-interrupted", "interrupted-too-late"])
def test_interrupt_that_comes_too_late_tells_that_it_shipped_and_stops_the_cell(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    result = run(f"%%ship_env --target {target}\nreached = True")
    assert isinstance(result.error_in_exec, KeyboardInterrupt), "what stops a cell, and a run of all cells"
    assert not {"reached", "builder"} & set(shell.user_ns)
    shown = capsys.readouterr().out
    assert "env-abc.pex (1.5 MB) is on the target." in shown
    assert "The interrupt came too late" in shown
    assert "Cancelled." not in shown
    assert "File " not in shown, "no traceback through our own code"


def test_ship_that_fails_while_it_is_cancelled_tells_its_own_error(run: Run) -> None:
    assert error_of(run("%ship_env --target interrupted-and-denied")).code == "TARGET_DENIED"


def test_second_interrupt_ends_at_once(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "mark"
    monkeypatch.setenv("STAND_IN_MARK", str(mark))
    started = time.monotonic()
    error = error_of(run("%ship_env --target interrupted-twice"))
    assert error.code == "SHIP_CANCELLED", "and no bug because of the line that the kill cut off"
    assert time.monotonic() - started < CANCEL_BUDGET_S / 2
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


def test_ship_that_does_not_end_within_its_budget_is_killed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "mark"
    monkeypatch.setenv("STAND_IN_MARK", str(mark))
    monkeypatch.setattr(ship_process, "CANCEL_BUDGET_S", 0.1)
    assert error_of(run("%ship_env --target cancelled-in-vain")).code == "SHIP_CANCELLED"
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
