"""How a process finds the environment that it runs; test_api_session.py does it on an artifact's own python."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import jupyterlab_ship_env as ship_env
from jupyterlab_ship_env.api import current as module
from jupyterlab_ship_env.node import find_node

STAND_IN = Path(__file__).parents[1] / "fixtures" / "stand-in.mjs"
ID = "env-0123456789abcdef0123"
POINTER = f"ship-env-code-{'0' * 20}-{'a' * 32}.json"


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(module.VARIABLE, raising=False)
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    monkeypatch.delitem(sys.modules, "pyspark", raising=False)


def session(monkeypatch: pytest.MonkeyPatch, properties: dict[str, str]) -> None:
    """Let this process have a session with these properties."""
    conf = SimpleNamespace(getAll=lambda: list(properties.items()))
    pyspark = ModuleType("pyspark")
    context = SimpleNamespace(_jsc=object(), getConf=lambda: conf)
    pyspark.SparkContext = SimpleNamespace(_active_spark_context=context)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyspark", pyspark)


PROPERTIES = {
    "spark.master": "yarn",
    "spark.yarn.dist.files": f"s3a://b/p/{ID}.pex,s3a://b/p/harbour-1a.zip,s3a://b/p/{POINTER},s3a://b/mine.zip",
    "spark.pyspark.python": f"./{ID}.pex",
    "spark.python.daemon.module": "ship_env_runtime",
    "spark.hadoop.fs.s3a.bucket.b.endpoint": "http://store:9000",
}
OTHERS = {
    "spark.app.id": "application_1",
    "spark.driver.host": "node7",
    "spark.hadoop.fs.s3a.secret.key": "secret",
    "spark.hadoop.fs.s3a.bucket.b.secret.key": "secret",
    "spark.executor.memory": "4g",
}


def test_session_names_its_environment_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    session(monkeypatch, {**OTHERS, **PROPERTIES})
    env = ship_env.current()
    assert (env.artifact, env.artifact_name, env.code) == (ID, f"{ID}.pex", ("harbour-1a.zip",))
    assert env.conf == PROPERTIES
    assert ship_env.current(master="yarn") == env


def test_session_with_an_archive_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    properties = {
        "spark.archives": f"file:///t/data.zip#data,file:///t/{ID}.tar.gz#env",
        "spark.pyspark.python": "./env/bin/python",
    }
    session(monkeypatch, properties)
    env = ship_env.current()
    assert (env.artifact, env.artifact_name, env.code) == (ID, f"{ID}.tar.gz", ())


def test_session_without_an_environment_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    session(monkeypatch, {**OTHERS, "spark.files": "file:///t/env-mine.pex"})
    with pytest.raises(ship_env.ShipEnvError) as raised:
        ship_env.current()
    assert raised.value.code == "ENVIRONMENT_UNKNOWN"
    assert sys.executable in raised.value.message


def test_process_without_anything_is_said() -> None:
    with pytest.raises(ship_env.ShipEnvError) as raised:
        ship_env.current()
    assert raised.value.code == "ENVIRONMENT_UNKNOWN"
    assert "ship_env.ship" in raised.value.hint


def test_another_master_needs_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    session(monkeypatch, PROPERTIES)
    with pytest.raises(ship_env.ShipEnvError) as raised:
        ship_env.current(master="spark://lake:7077")
    assert raised.value.code == "USAGE_INVALID"


# A program of `ship-env run`


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What ``ship-env run`` tells its program; the package is the part of it that is in an artifact."""
    monkeypatch.setattr(module, "_is_home", lambda: False)
    value = {"shipEnv": [find_node().path, str(STAND_IN)], "options": ["--target", "lake", "--artifact", ID]}
    monkeypatch.setenv(module.VARIABLE, json.dumps(value))
    return value


@pytest.mark.parametrize(("master", "words"), [(None, []), ("yarn", ["--master=yarn"])])
def test_command_line_is_asked_for_what_it_started(told: dict[str, Any], master: Any, words: list[str]) -> None:
    assert ship_env.current(master=master).command == ("config", *told["options"], *words, "--json")


@pytest.mark.parametrize("text", ["", "{}", "not JSON", '{"shipEnv": 1, "options": []}'])
def test_unreadable_variable_is_said(told: dict[str, Any], monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(module.VARIABLE, text)
    with pytest.raises(ship_env.ShipEnvError) as raised:
        ship_env.current()
    assert raised.value.code == "ENVIRONMENT_UNKNOWN"


def test_command_line_that_is_gone_is_said(told: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(module.VARIABLE, json.dumps({**told, "shipEnv": ["/nowhere/node", "x"]}))
    with pytest.raises(ship_env.ShipEnvError) as raised:
        ship_env.current()
    assert raised.value.code == "INTERNAL"
    assert "/nowhere/node" in raised.value.message


def test_python_that_is_not_the_environment_does_not_believe_the_variable(
    told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_is_home", lambda: True)
    with pytest.raises(ship_env.ShipEnvError) as raised:
        ship_env.current()
    assert raised.value.code == "ENVIRONMENT_UNKNOWN"
