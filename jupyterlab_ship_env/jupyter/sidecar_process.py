"""The sidecar as a child process of the Jupyter server: started by the first request, and again after a crash."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections import deque
from collections.abc import Sequence
from logging import Logger, LoggerAdapter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Union

from jupyterlab_ship_env._contract import CANCEL_BUDGET_S
from jupyterlab_ship_env.errors import ShipEnvError
from jupyterlab_ship_env.node import bundle_environment, find_bundle, find_node

from .niceness import make_polite
from .output import LINE_LIMIT, event_in, lines_of
from .socket_folder import SocketFolder

if TYPE_CHECKING:
    AnyLogger = Union[Logger, "LoggerAdapter[Logger]"]

#: The sidecar answers 130-540 ms after its start; a machine under load may need many times that.
READY_TIMEOUT_S = 60.0
#: How long the sidecar may take to end its ships after its stdin closed; then it is killed. It cancels all ships at
#: once, so they take no longer than one. Without a ship it ends within milliseconds.
STOP_TIMEOUT_S = CANCEL_BUDGET_S
#: An end that takes longer than this is explained in the log, which the person who stops the server sees.
QUIET_S = 3.0
#: This many unexpected ends within this many seconds are a crash loop.
CRASH_LIMIT = 3
CRASH_WINDOW_S = 60.0

#: Tokens of the Jupyter server and of JupyterHub: the sidecar does not need them.
_PRIVATE_VARIABLES = ("JUPYTER_TOKEN", "JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN")


class Endpoint(NamedTuple):
    """The socket of a running sidecar, and the token that each request must have."""

    socket: str
    token: str


class _Running(NamedTuple):
    process: asyncio.subprocess.Process
    endpoint: Endpoint
    watcher: asyncio.Task[None]


class SidecarProcess:
    """Keeps at most one sidecar running.

    The sidecar must end whenever the Jupyter server ends, also by ``kill -9``. So its stdin is a pipe whose only
    writing end is ours, and it exits when that closes: the kernel closes it however we die. The sidecar has its own
    session, since Ctrl+C in the server's terminal goes to the whole process group, while the server itself only asks
    "Shut down? (y/n)".

    The socket is in a directory with mode 0700, and requests have a token that only this process and the sidecar know.
    So no other user of the machine, and no page in the browser, can reach the sidecar without the Jupyter server.
    """

    def __init__(self, log: AnyLogger) -> None:
        """Start no process yet; the sidecar's log lines go to ``log``."""
        self._log = log
        self._lock = asyncio.Lock()
        self._running: _Running | None = None
        self._crashes: deque[float] = deque(maxlen=CRASH_LIMIT)
        self._tail: deque[str] = deque(maxlen=20)
        self._folder = SocketFolder()
        self._stopped = False
        self._is_ending = False

    @property
    def is_running(self) -> bool:
        """Whether a sidecar listens; one that is starting does not listen yet."""
        return self._running is not None and self._running.process.returncode is None

    async def endpoint(self) -> Endpoint:
        """Return the endpoint of the sidecar; start it when it does not run. Many callers at once start only one.

        :raises ShipEnvError: NODE_MISSING, or SIDECAR_UNAVAILABLE with the end of the sidecar's log
        """
        async with self._lock:
            running = self._running
            if running is not None and self.is_running:
                return running.endpoint
            if self._stopped:
                raise ShipEnvError("SIDECAR_UNAVAILABLE", "The Jupyter server is shutting down.")
            if running is not None:
                # The crash is counted only after the watcher has seen the end.
                await running.watcher
            self._refuse_crash_loop()
            self._running = await self._start()
            return self._running.endpoint

    async def discard(self, endpoint: Endpoint) -> None:
        """End a sidecar that accepts no connections, so that :meth:`endpoint` starts another.

        Either it has just died and its end was not noticed yet, or a program cleaned the temporary directory with its
        socket. Does nothing when another sidecar runs already.
        """
        async with self._lock:
            running = self._running
            if running is not None and running.endpoint == endpoint:
                self._running = None
                await self._end(running.process)
                await running.watcher

    async def stop(self) -> None:
        """Close the sidecar's stdin, wait until it has ended, remove the socket's directory. Never starts again."""
        async with self._lock:
            self._stopped = True
            running, self._running = self._running, None
            if running is not None:
                await self._end(running.process)
                await running.watcher
            self._folder.remove()

    def _refuse_crash_loop(self) -> None:
        since = time.monotonic() - CRASH_WINDOW_S
        if len(self._crashes) < CRASH_LIMIT or self._crashes[0] < since:
            return
        raise self._unavailable(
            f"The sidecar ended {CRASH_LIMIT} times within {CRASH_WINDOW_S:.0f} s and is not started again for now.",
        )

    async def _start(self) -> _Running:
        node, bundle = await asyncio.gather(asyncio.to_thread(find_node), asyncio.to_thread(find_bundle))
        self._tail.clear()
        self._is_ending = False
        token = secrets.token_urlsafe(32)
        environ = {k: v for k, v in os.environ.items() if k not in _PRIVATE_VARIABLES}
        # Each start has a new name: a crashed sidecar leaves its socket behind.
        socket_path = str(Path(self._folder.path(), f"{secrets.token_hex(4)}.sock"))
        process = await self._spawn(
            [node.path, bundle, "serve", "--socket", socket_path, "--remove-folder"],
            bundle_environment({**environ, "SHIP_ENV_TOKEN": token}),
        )
        try:
            make_polite(process.pid)
        except OSError as error:
            self._log.info("The sidecar runs at the server's own priority: %s", error)
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        readers = [
            asyncio.create_task(self._read_stdout(process, ready)),
            asyncio.create_task(self._read_stderr(process)),
        ]
        watcher = asyncio.create_task(self._watch(process, readers, ready))
        try:
            await asyncio.wait_for(ready, READY_TIMEOUT_S)
        except BaseException as error:
            # Runs also when the request was cancelled: no half-started sidecar may stay.
            await self._end(process)
            await watcher
            if isinstance(error, asyncio.TimeoutError):
                raise self._unavailable(
                    f"The sidecar was started and did not listen within {READY_TIMEOUT_S:.0f} s."
                ) from error
            raise
        self._log.info("The sidecar runs on Node.js %s, process %s.", node.version, process.pid)
        return _Running(process, Endpoint(socket_path, token), watcher)

    async def _spawn(self, command: Sequence[str], environ: dict[str, str]) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environ,
                limit=LINE_LIMIT,
                start_new_session=True,
            )
        except OSError as error:
            raise ShipEnvError(
                "SIDECAR_UNAVAILABLE",
                f"The sidecar could not be started with {command[0]}.",
                "See the Jupyter server's log.",
                [str(error)],
            ) from error

    async def _read_stdout(self, process: asyncio.subprocess.Process, ready: asyncio.Future[None]) -> None:
        assert process.stdout is not None
        async for line in lines_of(process.stdout):
            event = event_in(line)
            if event.get("type") == "ready" and not ready.done():
                ready.set_result(None)
                continue
            if event.get("type") == "error":
                # The reason why the sidecar does not start, for the error of the request.
                self._tail.append(f"{event.get('code')}: {event.get('message')} {event.get('hint')}".rstrip())
            self._log.info("sidecar: %s", line)

    async def _read_stderr(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in lines_of(process.stderr):
            self._tail.append(line)
            self._log.info("sidecar: %s", line)

    async def _watch(
        self,
        process: asyncio.subprocess.Process,
        readers: list[asyncio.Task[None]],
        ready: asyncio.Future[None],
    ) -> None:
        """Wait for the sidecar's end; count it when it was unexpected."""
        status = await process.wait()
        # Its last lines are in the pipes. A grandchild that keeps them open must not block us.
        await asyncio.wait(readers, timeout=2)
        for reader in readers:
            reader.cancel()
        if not self._is_ending:
            self._crashes.append(time.monotonic())
            self._log.error("The sidecar ended by itself, exit status %s.", status)
        if not ready.done():
            ready.set_exception(self._unavailable(f"The sidecar ended before it listened, exit status {status}."))
            # Read the exception once; otherwise asyncio reports it as lost when the waiting request was cancelled.
            ready.exception()

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        self._is_ending = True
        assert process.stdin is not None
        process.stdin.close()
        ended = asyncio.ensure_future(process.wait())
        if not await _is_done_within(QUIET_S, ended):
            self._log.info("The sidecar cancels its ships and cleans up; it has %.0f s for that.", STOP_TIMEOUT_S)
            if not await _is_done_within(STOP_TIMEOUT_S, ended):
                process.kill()
        await ended

    def _unavailable(self, message: str) -> ShipEnvError:
        return ShipEnvError(
            "SIDECAR_UNAVAILABLE",
            message,
            f"See the Jupyter server's log. The sidecar can be started again {CRASH_WINDOW_S:.0f} s after a crash.",
            list(self._tail),
        )


async def _is_done_within(seconds: float, future: asyncio.Future[int]) -> bool:
    """Wait; do not cancel the future when the time is up."""
    done, _ = await asyncio.wait({future}, timeout=seconds)
    return bool(done)
