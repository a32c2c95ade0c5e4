"""A Jupyter server as a person starts it: however it ends, its sidecar ends, too."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from jupyterlab_ship_env._contract import CANCEL_BUDGET_S
from jupyterlab_ship_env.jupyter import niceness, sidecar_process
from jupyterlab_ship_env.jupyter.socket_folder import remove_folders_of_killed_servers

pytestmark = pytest.mark.usefixtures("checkout_path", "stand_in")

PATIENCE_S = 60


class Server(NamedTuple):
    process: subprocess.Popen[str]
    base: str
    token: str

    def sidecar_pid(self) -> int:
        """Ask the sidecar, which starts it."""
        request = urllib.request.Request(
            f"{self.base}ship-env/health", headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:
            return int(json.load(reply)["pid"])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    environ = {
        **os.environ,
        "HOME": str(tmp_path),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "TMPDIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    command += ["--ServerApp.jpserver_extensions={'jupyterlab_ship_env': True}", f"--ServerApp.root_dir={tmp_path}"]
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                found = re.search(r"(http://127\.0\.0\.1:\d+/)\S*token=(\w+)", line)
                if found is not None:
                    wait_until_open(found[1], process)
                    yield Server(process, found[1], found[2])
                    break
            else:
                pytest.fail(f"The server did not start, exit status {process.wait()}.")
        finally:
            process.kill()


def wait_until_open(base: str, process: subprocess.Popen[str]) -> None:
    """Wait until the server accepts: it announces its address a moment before."""
    url = urllib.parse.urlsplit(base)
    assert url.hostname is not None
    assert url.port is not None
    while process.poll() is None:
        with suppress(ConnectionRefusedError):
            socket.create_connection((url.hostname, url.port), PATIENCE_S).close()
            return
        time.sleep(0.05)


def wait_for_end(process_fd: int) -> bool:
    """Wait until the process behind a pidfd ended."""
    poll = select.poll()
    poll.register(process_fd, select.POLLIN)
    ended = bool(poll.poll(PATIENCE_S * 1000))
    os.close(process_fd)
    return ended


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "terminated"])
def test_sidecar_ends_with_the_server(server: Server, how: signal.Signals) -> None:
    sidecar = os.pidfd_open(server.sidecar_pid())
    server.process.send_signal(how)
    assert wait_for_end(sidecar)


def test_terminated_server_leaves_no_socket(server: Server, tmp_path: Path) -> None:
    server.sidecar_pid()
    assert list(tmp_path.glob("ship-env-*/*.sock"))
    server.process.terminate()
    server.process.communicate()
    assert not list(tmp_path.glob("ship-env-*"))


def test_killed_server_and_sidecar_leave_a_folder_until_the_next_start(server: Server, tmp_path: Path) -> None:
    sidecar = server.sidecar_pid()
    (left,) = tmp_path.glob("ship-env-*")
    for pid in (sidecar, server.process.pid):
        os.kill(pid, signal.SIGKILL)
    server.process.wait()
    unknown = tmp_path / "ship-env-of-something-else"
    (unknown / "folder").mkdir(parents=True)
    remove_folders_of_killed_servers(tmp_path)
    assert not left.exists()
    assert unknown.exists()


def test_folder_of_a_living_server_stays(server: Server, tmp_path: Path) -> None:
    server.sidecar_pid()
    remove_folders_of_killed_servers(tmp_path)
    assert list(tmp_path.glob("ship-env-*/*.sock"))


def test_sidecar_lets_the_server_and_its_kernels_go_first(server: Server) -> None:
    pid = server.sidecar_pid()
    own = os.getpriority(os.PRIO_PROCESS, server.process.pid)
    assert own == os.getpriority(os.PRIO_PROCESS, 0)
    nicer = min(own + niceness.NICENESS, 19)
    threads = [int(path.name) for path in Path(f"/proc/{pid}/task").iterdir()]
    assert len(threads) > 1
    assert {os.getpriority(os.PRIO_PROCESS, thread) for thread in threads} == {nicer}
    session = Path(f"/proc/{pid}/autogroup")
    if session.exists():
        assert session.read_text().endswith(f" nice {nicer}\n")


def test_ctrl_c_in_the_terminal_does_not_reach_the_sidecar(server: Server) -> None:
    pid = server.sidecar_pid()
    assert os.getpgid(pid) != os.getpgid(server.process.pid)


def test_the_sidecar_has_as_long_to_end_as_a_cancelled_ship_may_take() -> None:
    assert sidecar_process.STOP_TIMEOUT_S == CANCEL_BUDGET_S
