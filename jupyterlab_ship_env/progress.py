"""Shows a ship's steps in a notebook, in a terminal, or as plain lines."""

from __future__ import annotations

import html
import shutil
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Optional, Protocol

from ._contract import STEP_NAMES
from .errors import ShipEnvError
from .events import Result, Step
from .visible import visible

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.display import DisplayHandle

#: Seconds between two updates of a step: more display messages would cost time and show nothing more.
REFRESH_S = 0.1

_KILO = 1000


class View(Protocol):
    """One way to show a ship."""

    def step(self, step: Step) -> None:
        """Show that a step started, made progress or ended."""
        ...

    def end(self, lines: Sequence[str]) -> None:
        """Show the outcome. No step follows."""
        ...


def view_for(shell: InteractiveShell) -> View:
    """Choose the view: HTML in a kernel, one updating line on a terminal, else one line for each step."""
    if hasattr(shell, "kernel"):
        return NotebookView()
    return TerminalView() if sys.stdout.isatty() else LinesView()


class NotebookView:
    """HTML in the cell's output: no script, no colours of its own, and only text after the end."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._steps: dict[str, Step] = {}
        self._handle: Optional[DisplayHandle] = None
        self._throttle = _Throttle()

    def step(self, step: Step) -> None:
        """Redraw the list of steps."""
        self._steps[step.name] = step
        if self._throttle.lets(step):
            self._show(self._lines(), f"{_bar(self._share())}")

    def end(self, lines: Sequence[str]) -> None:
        """Draw the list a last time, without the bar."""
        self._show([*self._lines(), *lines], "")

    def _lines(self) -> list[str]:
        return [_line(step) for step in self._steps.values()]

    def _share(self) -> float:
        """Return the share of the steps that is done, 0 to 1."""
        return sum(_share(step) for step in self._steps.values()) / len(STEP_NAMES)

    def _show(self, lines: Sequence[str], bar: str) -> None:
        from IPython.display import display

        text = "\n".join(lines)
        style = "margin:0;padding:0;background:transparent;color:inherit;white-space:pre-wrap"
        page = f'<div class="ship-env-progress">{bar}<pre style="{style}">{html.escape(text)}</pre></div>'
        bundle: dict[str, Any] = {"text/html": page, "text/plain": text}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


class TerminalView:
    """One line on a terminal that is overwritten."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._throttle = _Throttle()

    def step(self, step: Step) -> None:
        """Overwrite the line; a step that is done keeps its line."""
        if self._throttle.lets(step):
            line = _line(step)[: shutil.get_terminal_size().columns - 1]
            sys.stdout.write(f"\r\x1b[2K{line}" + ("\n" if step.state == "done" else ""))
            sys.stdout.flush()

    def end(self, lines: Sequence[str]) -> None:
        """Replace the line by the outcome."""
        sys.stdout.write("\r\x1b[2K" + "".join(f"{line}\n" for line in lines))
        sys.stdout.flush()


class LinesView:
    """A line for each step that is done, for logs and pipes."""

    def step(self, step: Step) -> None:
        """Print a step that is done."""
        if step.state == "done":
            print(_line(step), flush=True)

    def end(self, lines: Sequence[str]) -> None:
        """Print the outcome."""
        print("\n".join(lines), flush=True)


def print_step(step: Step) -> None:
    """Print a line when a step is done: ``ship_env.ship(on_step=ship_env.print_step)``."""
    LinesView().step(step)


def result_lines(result: Result) -> list[str]:
    """Return the outcome of a ship in words."""
    size = _size(result.artifact_bytes)
    if result.is_dry_run and result.is_reused:
        lines = [f"Dry run: {result.artifact_name} ({size}) is on the target already."]
    elif result.is_dry_run:
        lines = [f"Dry run, nothing was written. A ship would make {result.artifact_name} ({size})."]
    elif result.is_reused:
        lines = [f"{result.artifact_name} ({size}) is on the target already."]
    else:
        lines = [f"{result.artifact_name} ({size}) is on the target."]
    lines += [f"{visible(name)} ({_size(size_bytes)})" for name, size_bytes in result.code]
    if not result.is_dry_run:
        reused = f", {_size(result.copied_bytes)} reused on the target" if result.copied_bytes else ""
        sent = f"{_size(result.uploaded_bytes)} uploaded{reused}" if result.uploaded_bytes else "Nothing to upload"
        lines.append(f"{sent}, {result.seconds:.1f} s.")
    return lines + [f"Finding: {visible(message)}" for message in result.findings]


def error_lines(error: ShipEnvError) -> list[str]:
    """Return a line that says that a ship stopped; the exception that follows has the details."""
    return ["Cancelled." if error.code == "SHIP_CANCELLED" else f"Stopped: {error.code}."]


class _Throttle:
    def __init__(self) -> None:
        self._last = 0.0

    def lets(self, step: Step) -> bool:
        now = time.monotonic()
        if step.state == "progress" and now - self._last < REFRESH_S:
            return False
        self._last = now
        return True


def _share(step: Step) -> float:
    if step.state == "done":
        return 1.0
    return min(1.0, step.done / step.total) if step.done is not None and step.total else 0.0


def _line(step: Step) -> str:
    if step.state == "done":
        mark, figure = "✓", "" if step.ms is None else f"{step.ms / 1000:.1f} s"
    else:
        # A percentage is readable for every unit.
        mark, figure = "…", f"{_share(step):.0%}" if step.total else ""
    return f"{mark} {step.name:<9} {figure:>7}  {visible(step.detail)}".rstrip()


def _bar(share: float) -> str:
    percent = f"{share * 100:.0f}"
    return (
        f'<div role="progressbar" aria-label="Ship env to cluster" aria-valuemin="0" aria-valuemax="100"'
        f' aria-valuenow="{percent}" style="border:1px solid currentColor;height:0.5em;max-width:40em">'
        f'<div style="background:currentColor;height:100%;opacity:0.6;width:{percent}%"></div></div>'
    )


def _size(size_bytes: int) -> str:
    """Return bytes in decimal units, as everywhere in the product."""
    if size_bytes < _KILO:
        return f"{size_bytes} B"
    size = size_bytes / _KILO
    for unit in ("kB", "MB"):
        if size < _KILO:
            return f"{size:.1f} {unit}"
        size /= _KILO
    return f"{size:.1f} GB"
