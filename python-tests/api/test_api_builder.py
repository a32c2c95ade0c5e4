"""The builder of an environment, with real pyspark and no session."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from jupyterlab_ship_env.api.builder import make_builder
from jupyterlab_ship_env.api.environment import Environment
from jupyterlab_ship_env.errors import ShipEnvError

CONF = {
    "spark.master": "spark://lake:7077",
    "spark.files": "file:///t/env-1.pex,file:///t/code.zip",
    "spark.pyspark.python": "./env-1.pex",
}


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", "python3")
    monkeypatch.delenv("PYSPARK_SUBMIT_ARGS", raising=False)


def options_of(conf: dict[str, str] = CONF) -> dict[str, str]:
    builder = Environment("env-1", "env-1.pex", ("code.zip",), conf).builder()
    options: dict[str, str] = builder._options  # type: ignore[attr-defined]
    return options


def test_builder_has_every_property_and_the_python() -> None:
    assert options_of() == CONF
    assert os.environ["PYSPARK_PYTHON"] == "./env-1.pex"


def test_builders_do_not_share_their_properties() -> None:
    first = Environment("env-1", "env-1.pex", (), CONF).builder()
    first.config("spark.app.name", "one")
    assert "spark.app.name" not in options_of()


@pytest.mark.parametrize(
    ("submitted", "kept"),
    [
        ("--files a.txt,b.txt pyspark-shell", "a.txt,b.txt"),
        ("--master yarn --files=a.txt pyspark-shell", "a.txt"),
        ("--conf spark.files=a.txt pyspark-shell", "a.txt"),
        ("-c 'spark.files=a b.txt' pyspark-shell", "a b.txt"),
        ("--conf spark.files=no.txt --files a.txt pyspark-shell", "a.txt"),
        ("--files no.txt --files a.txt pyspark-shell", "a.txt"),
        ("--name 'my --files job' pyspark-shell", ""),
        ("", ""),
    ],
)
def test_files_of_pyspark_submit_args_stay(submitted: str, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", submitted)
    assert options_of()["spark.files"] == ",".join(filter(None, [CONF["spark.files"], kept]))


def test_archives_stay_on_yarn_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--files f --archives data.zip#data pyspark-shell")
    options = options_of({**CONF, "spark.yarn.dist.archives": "hdfs:///t/env-1.tar.gz#env"})
    assert options["spark.yarn.dist.archives"] == "hdfs:///t/env-1.tar.gz#env,data.zip#data"


def test_unreadable_submit_args_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--files 'a")
    with pytest.raises(ShipEnvError) as raised:
        options_of()
    assert raised.value.code == "USAGE_INVALID"
    assert "PYSPARK_SUBMIT_ARGS" in raised.value.message


@pytest.mark.parametrize("cell", ["", "from pyspark.sql import SparkSession\nbuilder = SparkSession.builder"])
def test_python_without_pyspark_is_said(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyspark"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("sys.meta_path", [NoPyspark(), *sys.meta_path])
    with pytest.raises(ShipEnvError) as raised:
        make_builder(CONF, cell)
    assert raised.value.code == "KERNEL_NO_PYSPARK"
    assert os.environ["PYSPARK_PYTHON"] == "python3", "a builder that was not made changes nothing"


class NoPyspark:
    """A finder that finds no pyspark."""

    @staticmethod
    def find_spec(name: str, *_: Any) -> None:
        if name == "pyspark":
            raise ModuleNotFoundError("No module named 'pyspark'", name="pyspark")


def test_cell_that_makes_no_builder_is_said() -> None:
    with pytest.raises(ShipEnvError) as raised:
        make_builder(CONF, "1 / 0")
    assert raised.value.code == "KERNEL_FAILED"
    assert raised.value.causes == ("ZeroDivisionError: division by zero",)
