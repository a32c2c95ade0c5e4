"""What the magic tells after a ship: of the running session, and of a ship that sent nothing."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest
from cells import Run, error_of
from IPython.core.interactiveshell import InteractiveShell

from jupyterlab_ship_env.events import Result
from jupyterlab_ship_env.live import has_session
from jupyterlab_ship_env.progress import result_lines

pytestmark = pytest.mark.usefixtures("checkout_path", "stand_in")


@pytest.fixture
def spark(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A fake pyspark whose context answers with its ``state``; the demo and the browser tests use real Spark."""
    context = SimpleNamespace(state="updated")
    module = ModuleType("pyspark")
    module.SparkContext = SimpleNamespace(_active_spark_context=context)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyspark", module)
    return context


def test_running_session_gets_the_new_code(
    shell: InteractiveShell, run: Run, spark: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    before = set(shell.user_ns)
    run("%ship_env --target live").raise_error()
    assert "The next task of the running session runs the new code" in capsys.readouterr().out
    assert {name for name in set(shell.user_ns) - before if not name.startswith("_")} == set()


@pytest.mark.parametrize(("session", "is_there"), [("a session", True), (None, False)])
def test_session_of_spark_connect_is_a_session(
    monkeypatch: pytest.MonkeyPatch,
    session: object,
    is_there: bool,  # noqa: FBT001
) -> None:
    # A client without the JVM has no SparkContext.
    monkeypatch.setitem(sys.modules, "pyspark", ModuleType("pyspark"))
    connect = ModuleType("pyspark.sql.connect.session")
    connect.SparkSession = SimpleNamespace(_default_session=session)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyspark.sql.connect.session", connect)
    assert has_session() is is_there


def test_session_that_must_be_restarted_is_said(
    run: Run, spark: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    spark.state = "restart"
    run("%ship_env --target live").raise_error()
    assert "The running session stays as it is: why" in capsys.readouterr().out


@pytest.mark.parametrize("state", ["failed", 1])
def test_update_that_fails_raises(run: Run, spark: SimpleNamespace, state: object) -> None:
    spark.state = state
    assert error_of(run("%ship_env --target live")).code == "SESSION_UPDATE_FAILED"


def test_no_session_runs_nothing(run: Run, spark: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["pyspark"].SparkContext, "_active_spark_context", None)
    spark.state = "failed"
    run("%ship_env --target live").raise_error()


def test_ship_that_sent_nothing_says_so() -> None:
    result = Result("env-1.pex", 1, (), 0, 0, True, (), 0.5, "", None, False)  # noqa: FBT003
    assert result_lines(result)[-1] == "Nothing to upload, 0.5 s."
