"""Runs ``ship-env ship --json`` as a child process and reads its events."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import IO, Optional

from .errors import ShipEnvError
from .events import Result, Step, parse_event
from .node import find_bundle, find_node

#: How long a cancelled ship may take to undo what it began at the target; then it is killed.
CANCEL_TIMEOUT_S = 30.0


def ship(arguments: Sequence[str], on_step: Callable[[Step], None]) -> Result:
    """Ship the environment of the python that runs this.

    Ctrl+C (or the notebook's interrupt) cancels the ship and waits until it has cleaned up; a second one kills it.

    :param arguments: further arguments of ``ship-env ship``
    :param on_step: called in this thread with each step event
    :raises ShipEnvError: whatever the ship failed with, SHIP_CANCELLED, NODE_MISSING, …
    """
    command = [find_node().path, str(find_bundle()), "ship", "--python", sys.executable, "--json"]
    process = subprocess.Popen(
        [*command, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        # A terminal's Ctrl+C goes to the whole process group; the ship must get one signal, from us.
        start_new_session=True,
    )
    try:
        return _read(process, on_step)
    except KeyboardInterrupt as interrupt:
        _cancel(process)
        raise ShipEnvError("SHIP_CANCELLED", "The ship was cancelled.", "Run the cell again to ship.") from interrupt
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _read(process: subprocess.Popen[str], on_step: Callable[[Step], None]) -> Result:
    # Threads, since a read that an interrupt breaks off in the middle of a line would lose it.
    lines: SimpleQueue[Optional[str]] = SimpleQueue()
    log: deque[str] = deque(maxlen=10)
    assert process.stdout is not None
    assert process.stderr is not None
    reader = _in_thread(_pump, process.stdout, lines.put)
    logger = _in_thread(_pump, process.stderr, lambda line: log.append(line) if line else None)
    result: Optional[Result] = None
    for line in iter(lines.get, None):
        event = parse_event(line)
        if isinstance(event, ShipEnvError):
            raise event
        if isinstance(event, Step):
            on_step(event)
        else:
            result = event
    status = process.wait()
    reader.join()
    logger.join()
    if result is None:
        raise ShipEnvError(
            "INTERNAL",
            f"The ship-env command line ended without a result, exit status {status}.",
            "This is a bug in ship-env. Please report it with the lines above.",
            [line.rstrip() for line in log],
        )
    return result


def _cancel(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(CANCEL_TIMEOUT_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()


def _pump(stream: IO[str], take: Callable[[Optional[str]], object]) -> None:
    for line in stream:
        take(line)
    take(None)


def _in_thread(
    function: Callable[[IO[str], Callable[[Optional[str]], object]], None],
    stream: IO[str],
    take: Callable[[Optional[str]], object],
) -> threading.Thread:
    thread = threading.Thread(target=function, args=(stream, take), daemon=True)
    thread.start()
    return thread
