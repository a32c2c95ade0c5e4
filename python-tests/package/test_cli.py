"""The console script is the bundle: arguments, exit code and signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from jupyterlab_ship_env.cli import main

pytestmark = pytest.mark.usefixtures("checkout_path", "stand_in")

COMMAND = [sys.executable, "-m", "jupyterlab_ship_env.cli"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


def test_arguments_arrive_as_they_are() -> None:
    done = run("list", "--target", "file:///with space/ü", "")
    assert json.loads(done.stdout) == ["list", "--target", "file:///with space/ü", ""]
    assert done.returncode == 0


@pytest.mark.parametrize("status", [0, 1, 2, 130])
def test_exit_code_is_the_bundles(status: int) -> None:
    assert run("exit", str(status)).returncode == status


def test_signals_reach_the_bundle() -> None:
    with subprocess.Popen([*COMMAND, "wait"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 42


def test_what_run_starts_gets_the_environment_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NODE_OPTIONS", raising=False)
    given: list[dict[str, str]] = []

    def become(_path: str, _command: list[str], environ: dict[str, str]) -> NoReturn:
        given.append(dict(environ))
        raise SystemExit

    monkeypatch.setattr("os.execve", become)
    for command in ("run", "ship"):
        with pytest.raises(SystemExit):
            main([command])
    assert given[0] == dict(os.environ)
    assert "NODE_OPTIONS" in given[1]


def test_no_node_is_one_error_object_with_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIP_ENV_NODE", "/nowhere/node")
    done = run("ship", "--json")
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["code"] == "NODE_MISSING"
    assert set(json.loads(line)) == {"type", "code", "message", "hint", "cause"}
    assert done.returncode == 1


def test_no_bundle_is_words_without_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHIP_ENV_BUNDLE", str(tmp_path / "none.mjs"))
    done = run("ship")
    assert done.stdout == ""
    assert "SIDECAR_UNAVAILABLE" in done.stderr
    assert done.returncode == 1


def test_import_of_the_package_is_light() -> None:
    code = (
        "import sys, jupyterlab_ship_env;"
        "print(sorted({'IPython', 'tornado', 'jupyter_server', 'traitlets'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout == "[]\n"
