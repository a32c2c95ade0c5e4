"""The sidecar of a Jupyter server: how it starts, dies, comes back and ends."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tornado.simple_httpclient import HTTPStreamClosedError

from jupyterlab_ship_env.jupyter import sidecar_process


def is_alive(pid: int) -> bool:
    """Whether a child process runs; a zombie does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_many_requests_at_once_start_one(fetch: Any) -> None:
    replies = await asyncio.gather(*[fetch("health") for _ in range(8)])
    assert len({json.loads(reply.body)["pid"] for reply in replies}) == 1


async def test_socket_is_private_and_tokens_stay_out_of_the_environment(
    fetch: Any, sidecar: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_TOKEN", "not for the sidecar")
    await fetch("health")
    directory = Path(sidecar._running.endpoint.socket).parent
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    environment = Path(f"/proc/{sidecar._running.process.pid}/environ").read_text()
    assert "JUPYTER_TOKEN" not in environment
    assert sidecar._running.endpoint.token not in Path(f"/proc/{sidecar._running.process.pid}/cmdline").read_text()


async def test_killed_sidecar_comes_back_with_the_next_request(fetch: Any, sidecar: Any) -> None:
    first = json.loads((await fetch("health")).body)["pid"]
    os.kill(first, signal.SIGKILL)
    # The sidecar is dead, and the server's loop, which does not run meanwhile, has not noticed it.
    with suppress(ChildProcessError):
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222 - the loop must not run
    second = await fetch("health")
    assert second.code == 200
    assert json.loads(second.body)["pid"] != first


async def test_cleaned_up_temporary_directory_costs_a_restart(fetch: Any, sidecar: Any) -> None:
    first = json.loads((await fetch("health")).body)["pid"]
    shutil.rmtree(Path(sidecar._running.endpoint.socket).parent)
    second = await fetch("health")
    assert second.code == 200
    assert json.loads(second.body)["pid"] != first
    assert not is_alive(first)


async def test_request_that_kills_the_sidecar_gets_an_error(fetch: Any) -> None:
    response = await fetch("die", method="POST")
    assert response.code == 503
    error = json.loads(response.body)
    assert (error["type"], error["code"]) == ("error", "SIDECAR_UNAVAILABLE")


async def test_broken_stream_ends_with_an_error_event(fetch: Any) -> None:
    response = await fetch("dying/events")
    assert response.code == 200
    assert json.loads(response.body.splitlines()[-1])["code"] == "SIDECAR_UNAVAILABLE"


@pytest.mark.parametrize("how", ["dying", "garbled"])
async def test_half_a_document_never_looks_whole(fetch: Any, how: str) -> None:
    with pytest.raises(HTTPStreamClosedError):
        await fetch(f"{how}/document")


async def test_crash_loop_is_bounded_and_says_why(fetch: Any, sidecar: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN", "crash-at-start")
    starts = 0
    spawn = sidecar._spawn

    async def counted(*arguments: Any) -> Any:
        nonlocal starts
        starts += 1
        return await spawn(*arguments)

    monkeypatch.setattr(sidecar, "_spawn", counted)
    for _ in range(sidecar_process.CRASH_LIMIT + 2):
        response = await fetch("health")
        error = json.loads(response.body)
        assert (response.code, error["code"]) == (503, "SIDECAR_UNAVAILABLE")
        assert sorted(error["cause"]) == ["CACHE_UNUSABLE: No cache. Make one.", "the cache is on fire"]
    assert starts == sidecar_process.CRASH_LIMIT

    # It works again when the window has passed and the reason is gone.
    monkeypatch.delenv("STAND_IN")
    now = time.monotonic()
    monkeypatch.setattr(sidecar_process.time, "monotonic", lambda: now + sidecar_process.CRASH_WINDOW_S + 1)
    assert (await fetch("health")).code == 200


async def test_no_node_is_said(fetch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIP_ENV_NODE", "/nowhere/node")
    response = await fetch("health")
    assert response.code == 500
    assert json.loads(response.body)["code"] == "NODE_MISSING"


async def test_stopping_server_ends_the_sidecar(
    fetch: Any, sidecar: Any, jp_serverapp: Any, caplog: pytest.LogCaptureFixture
) -> None:
    pid = json.loads((await fetch("health")).body)["pid"]
    directory = Path(sidecar._running.endpoint.socket).parent
    process = sidecar._running.process
    await jp_serverapp.extension_manager.stop_all_extensions()
    assert not is_alive(pid)
    assert process.returncode == 0, "closing stdin was enough"
    assert "cleans up" not in caplog.text, "an idle sidecar ends at once"
    assert not directory.exists()


async def test_sidecar_that_hangs_in_its_clean_up_is_said_and_killed_in_the_end(
    fetch: Any, sidecar: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("STAND_IN", "hang-at-end")
    monkeypatch.setattr(sidecar_process, "QUIET_S", 0.01)
    monkeypatch.setattr(sidecar_process, "STOP_TIMEOUT_S", 0.1)
    await fetch("health")
    process = sidecar._running.process
    await sidecar.stop()
    assert process.returncode == -signal.SIGKILL
    assert "cleans up" in caplog.text
