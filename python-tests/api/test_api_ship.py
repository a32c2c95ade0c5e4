"""What ``ship_env.ship``, ``config`` and ``update`` return, raise and cancel; the command line is a stand-in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import jupyterlab_ship_env as ship_env
from jupyterlab_ship_env.node import find_node

pytestmark = pytest.mark.usefixtures("checkout_path", "stand_in")


def test_ship_returns_what_a_session_needs() -> None:
    steps: list[ship_env.Step] = []
    env = ship_env.ship(target="lake", on_step=steps.append)
    assert (env.artifact, env.artifact_name, env.code) == ("abc", "env-abc.pex", ("my_model-def.zip",))
    assert (env.findings, env.uploaded_bytes, env.is_dry_run) == (("six.py <was> edited.",), 2_000, False)
    assert [(step.name, step.state) for step in steps][-1] == ("upload", "done")
    # The stand-in's builder is the list of its arguments.
    assert env.builder() == ["--python", sys.executable, "--json", "--target=lake"]


def test_ship_prints_nothing_unless_it_is_asked(capfd: pytest.CaptureFixture[str]) -> None:
    ship_env.ship(target="lake")
    assert capfd.readouterr() == ("", "")
    ship_env.ship(target="lake", on_step=ship_env.print_step)
    assert capfd.readouterr().out.splitlines()[0].startswith("✓ snapshot")


def test_another_python_can_be_shipped() -> None:
    assert ship_env.ship(python="/venv/bin/python").builder()[:2] == ["--python", "/venv/bin/python"]


def test_dry_run_has_no_builder() -> None:
    env = ship_env.ship(dry_run=True)
    assert env.is_dry_run
    with pytest.raises(ship_env.ShipEnvError) as raised:
        env.builder()
    assert raised.value.code == "ARTIFACT_NOT_SHIPPED"


@pytest.mark.parametrize("call", [ship_env.ship, ship_env.config])
def test_failure_is_an_exception_with_code_message_and_hint(call: Any) -> None:
    with pytest.raises(ship_env.ShipEnvError) as raised:
        call(target="denied")
    error = raised.value
    assert (error.code, error.message, error.hint) == ("TARGET_DENIED", "No write access.", "Ask for it.")
    assert error.causes == ("403",)


@pytest.mark.parametrize("call", [ship_env.ship, ship_env.config])
def test_command_line_that_ends_without_a_result_is_a_bug(call: Any) -> None:
    with pytest.raises(ship_env.ShipEnvError) as raised:
        call(target="mute")
    assert raised.value.code == "INTERNAL"
    assert "exit status 7" in raised.value.message
    assert "out of luck" in raised.value.causes


def test_interrupt_cancels_the_ship_and_stays_an_interrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "mark"
    monkeypatch.setenv("STAND_IN_MARK", str(mark))

    def interrupt_at_verify(step: ship_env.Step) -> None:
        if step.name == "verify":
            threading.Timer(0, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt, match="The ship was cancelled"):
        ship_env.ship(target="hang", on_step=interrupt_at_verify)
    assert mark.read_text() == "cleaned up"


def test_interrupt_after_the_ship_says_that_it_shipped() -> None:
    with pytest.raises(KeyboardInterrupt, match="the environment was shipped"):
        ship_env.ship(target="shipped-then-interrupted")


def test_callback_that_fails_ends_the_ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_MARK", str(tmp_path / "pid"))

    def fail(step: ship_env.Step) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ship_env.ship(target="hang", on_step=fail)
    assert children() == []


def children() -> list[str]:
    found = subprocess.run(["pgrep", "--parent", str(os.getpid())], capture_output=True, text=True, check=False)
    # pgrep itself is a child, too.
    return [pid for pid in found.stdout.split() if Path(f"/proc/{pid}/cmdline").exists()]


def test_config_finds_an_environment_of_this_machine_or_by_its_artifact() -> None:
    env = ship_env.config(target="lake")
    assert env.command == ("config", f"--python={sys.executable}", "--target=lake", "--json")
    assert ship_env.config(artifact="env-1", code="c").command == ("config", "--artifact=env-1", "--code=c", "--json")
    assert ship_env.config(release="v1").command == ("config", "--release=v1", "--json")


def test_environment_of_a_driver_on_a_node_builds_no_session_here() -> None:
    env = replace(ship_env.config(target="lake"), conf={"spark.submit.deployMode": "cluster"})
    with pytest.raises(ship_env.ShipEnvError, match="a driver on a node"):
        env.builder()


def test_missing_node_is_said_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIP_ENV_NODE", "/nowhere/node")
    for call in (ship_env.ship, ship_env.config):
        with pytest.raises(ship_env.ShipEnvError) as raised:
            call()
        assert raised.value.code == "NODE_MISSING"


# Updates


@pytest.fixture
def spark(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A fake session whose update ends with ``state``; test_api_session.py uses real Spark."""

    class Context(SimpleNamespace):
        _active_spark_context: Any = None

    context = Context(state="updated", _jsc=object())
    Context._active_spark_context = context
    module = ModuleType("pyspark")
    module.SparkContext = Context  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyspark", module)
    return SimpleNamespace(sparkContext=context)


@pytest.mark.parametrize("state", ["updated", "current", "restart", "none"])
def test_update_ships_again_and_tells_the_outcome(spark: SimpleNamespace, state: Any) -> None:
    spark.sparkContext.state = state
    env = ship_env.ship(target="live")
    update = env.update(spark)
    assert (update.state, update.message) == (state, "why")
    assert update.environment == env
    assert update.environment.update().state == state, "an update can follow an update"


def test_update_that_fails_raises(spark: SimpleNamespace) -> None:
    spark.sparkContext.state = "failed"
    with pytest.raises(ship_env.ShipEnvError) as raised:
        ship_env.ship(target="live").update(spark)
    assert (raised.value.code, raised.value.causes) == ("SESSION_UPDATE_FAILED", ("why",))


def test_update_without_a_session_ships_and_says_so(spark: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    env = ship_env.ship(target="live")
    monkeypatch.delitem(sys.modules, "pyspark")
    assert env.update().state == "none"


def test_update_of_a_stopped_session_ships_nothing(spark: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    env = ship_env.ship(target="live")
    spark.sparkContext._jsc = None
    monkeypatch.setattr("jupyterlab_ship_env.api.ship.run_ship", None)
    with pytest.raises(ship_env.ShipEnvError) as raised:
        env.update(spark)
    assert raised.value.code == "SESSION_UPDATE_FAILED"


def test_environment_that_was_named_cannot_be_updated() -> None:
    with pytest.raises(ship_env.ShipEnvError) as raised:
        ship_env.config(artifact="env-1").update()
    assert raised.value.code == "USAGE_INVALID"


def test_import_needs_nothing_but_the_standard_library() -> None:
    script = (
        "import sys; sys.path.append('.'); import jupyterlab_ship_env as s; s.ship, s.config, s.current, s.print_step\n"
        "print([name for name in ('IPython', 'jupyter_server', 'pyspark', 'typing_extensions') if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, cwd=root, check=True
    )
    assert done.stdout.strip() == "[]"
    assert find_node()
