"""Runs ``ship-env ship --json`` as a child process and reads its events."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import IO, Optional

from ._contract import CANCEL_BUDGET_S
from .errors import ShipEnvError
from .events import Event, Result, Step, parse_event
from .node import bundle_environment, find_bundle, find_node

#: Seconds of one wait for a line. Waits are short, since an interrupt just before a wait is noticed only after it.
_LOOK_S = 0.2
#: Seconds to wait for the last lines in the pipes: a grandchild that keeps them open must not block us.
_DRAIN_TIMEOUT_S = 2.0


class InterruptedTooLate(KeyboardInterrupt):
    """The interrupt came after the ship had succeeded. Stops the cell, like every interrupt.

    :param result: the result of the ship
    """

    def __init__(self, result: Result) -> None:
        super().__init__(
            "The interrupt came too late: the ship had ended. The rest of the cell did not run. "
            "Run the cell again to continue."
        )
        self.result = result

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows instead of a traceback through our code."""
        return [f"KeyboardInterrupt: {self}"]


def ship(arguments: Sequence[str], on_step: Callable[[Step], None], python: Optional[str] = None) -> Result:
    """Ship the environment of a python.

    Ctrl+C (or the notebook's interrupt) cancels the ship and waits until it has cleaned up; a second one kills it.

    :param arguments: further arguments of ``ship-env ship``
    :param on_step: called in this thread with each step event
    :param python: path of the python, or of its environment; by default the one that runs this process
    :raises ShipEnvError: the error of the ship, SHIP_CANCELLED, NODE_MISSING, …
    :raises InterruptedTooLate: interrupted after the ship had succeeded
    """
    command = [find_node().path, find_bundle(), "ship", "--python", python or sys.executable, "--json"]
    output = _Output()
    process = subprocess.Popen(
        [*command, *arguments],
        env=bundle_environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        # A terminal sends Ctrl+C to the whole process group; the ship must get only the one signal from us.
        start_new_session=True,
    )
    try:
        return _follow(process, output, on_step)
    except KeyboardInterrupt as interrupt:
        _cancel(process)
        raise _end_after_interrupt(output, on_step) from interrupt
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


class _Output:
    """The output of a child process, read by threads: an interrupt in the middle of a read would lose a line."""

    def __init__(self) -> None:
        self.last = ""
        """The last line so far, kept in case an interrupt comes between taking a line and parsing it."""
        self.log: deque[str] = deque(maxlen=10)
        self._lines: SimpleQueue[Optional[str]] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def start(self, process: subprocess.Popen[str]) -> None:
        for read, stream in ((self._read_lines, process.stdout), (self._read_log, process.stderr)):
            thread = threading.Thread(target=read, args=(stream,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def lines(self) -> Iterator[str]:
        """Yield the lines as they arrive, until the process closes its output."""
        while True:
            try:
                line = self._lines.get(timeout=_LOOK_S)
            except Empty:
                continue
            if line is None:
                return
            yield line

    def rest(self) -> list[str]:
        """Wait until the process closes its output; return the lines that nobody took."""
        self.join()
        rest = [self._lines.get() for _ in range(self._lines.qsize())]
        return [line for line in rest if line is not None]

    def join(self) -> None:
        for thread in self._threads:
            thread.join(_DRAIN_TIMEOUT_S)

    def _read_lines(self, stream: IO[str]) -> None:
        for line in stream:
            self.last = line
            self._lines.put(line)
        self._lines.put(None)

    def _read_log(self, stream: IO[str]) -> None:
        self.log.extend(stream)


def _follow(process: subprocess.Popen[str], output: _Output, on_step: Callable[[Step], None]) -> Result:
    output.start(process)
    result: Optional[Result] = None
    for line in output.lines():
        event = parse_event(line)
        if isinstance(event, ShipEnvError):
            raise event
        if isinstance(event, Step):
            on_step(event)
        else:
            result = event
    status = process.wait()
    output.join()
    if result is None:
        raise ShipEnvError(
            "INTERNAL",
            f"The ship-env command line ended without a result, exit status {status}.",
            "This is a bug in ship-env. Please report it with the lines above.",
            [line.rstrip() for line in output.log],
        )
    return result


def _cancel(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(CANCEL_BUDGET_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()


def _end_after_interrupt(output: _Output, on_step: Callable[[Step], None]) -> BaseException:
    """Return the end of the ship: its own result or error if that came before the interrupt, else SHIP_CANCELLED."""
    for line in output.rest():
        event = _whole_event(line)
        if isinstance(event, Step):
            on_step(event)
    end = _whole_event(output.last)
    if isinstance(end, Result):
        return InterruptedTooLate(end)
    if isinstance(end, ShipEnvError) and end.code != "SHIP_CANCELLED":
        return end
    return ShipEnvError("SHIP_CANCELLED", "The ship was cancelled.", "Run the cell again to ship.")


def _whole_event(line: str) -> Optional[Event]:
    """Parse one line; return None for a line that a kill has cut off."""
    try:
        return parse_event(line)
    except ShipEnvError:
        return None
