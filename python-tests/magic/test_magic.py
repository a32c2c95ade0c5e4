"""The magics in a real IPython shell: a cell, its options, its help, and failures of the command line."""

from __future__ import annotations

import sys

import pytest
from cells import Run, error_of
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from jupyterlab_ship_env import magic
from jupyterlab_ship_env._contract import MAGIC_OPTIONS

pytestmark = pytest.mark.usefixtures("checkout_path", "stand_in")


# The cell magic


@pytest.mark.parametrize("magic", ["%ship_env", "%%ship_env"])
def test_a_kernel_that_cannot_import_pyspark_ships_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch, magic: str
) -> None:
    shipped: list[object] = []
    # Python's mark for a module that must not be imported.
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setattr("jupyterlab_ship_env.magic.ship", lambda *arguments: shipped.append(arguments))
    error = error_of(run(f"{magic}\npass"))
    assert error.code == "KERNEL_NO_PYSPARK"
    assert sys.executable in error.message
    assert "%pip install pyspark==" in error.hint
    assert shipped == []


def test_what_may_ship_all_the_same_is_passed_on(shell: InteractiveShell, run: Run) -> None:
    run("%%ship_env --allow-secret .env 'my key.pem' --allow-link /data\nfound = list(builder)").raise_error()
    assert shell.user_ns["found"][3:] == ["--allow-secret", ".env", "my key.pem", "--allow-link", "/data"]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("--exclude numpy 'my package'", ["--exclude", "numpy", "my package"]),
        ("--include-spark", ["--include-spark"]),
        ("--shared --target file:///srv/envs", ["--target", "file:///srv/envs", "--shared"]),
        ("-m '' --format pex", ["--master", "", "--format", "pex"]),
    ],
)
def test_each_option_of_a_ship_is_an_option_of_the_magic(
    shell: InteractiveShell, run: Run, line: str, command: list[str]
) -> None:
    run(f"%%ship_env {line}\nfound = list(builder)").raise_error()
    assert shell.user_ns["found"][3:] == command


def test_each_option_of_the_magic_reaches_the_command_line(shell: InteractiveShell, run: Run) -> None:
    line: list[str] = []
    for option in MAGIC_OPTIONS:
        line += [option["flags"][-1], *(["x"] if option["metavar"] else [])]
    command = magic._command_line(magic._parsed(" ".join(line)))
    assert command == line


def test_cell_ships_then_runs_with_builder(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    before = set(shell.user_ns)
    result = run("%%ship_env -t s3://b/p --master 'local-cluster[2,1,1024]'\nfound = list(builder)\nlen(found)")
    result.raise_error()
    assert shell.user_ns["found"] == [
        *["--python", sys.executable, "--json"],
        *["--target", "s3://b/p", "--master", "local-cluster[2,1,1024]"],
    ]
    assert result.result == 7
    ours = {name for name in set(shell.user_ns) - before if not name.startswith("_")}
    assert ours == {"builder", "found"}
    out = capsys.readouterr().out
    assert "snapshot" in out
    assert "env-abc.pex (1.5 MB) is on the target." in out
    assert "Finding: six.py <was> edited." in out


def test_failed_ship_does_not_run_the_cell(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    error = error_of(run("%%ship_env --target denied\nreached = True"))
    assert (error.code, error.hint, error.causes) == ("TARGET_DENIED", "Ask for it.", ("403",))
    assert "reached" not in shell.user_ns
    assert "builder" not in shell.user_ns
    shown = capsys.readouterr().out
    assert "TARGET_DENIED: No write access." in shown
    assert "Ask for it." in shown
    assert "File " not in shown, "no traceback through our own code"


def test_error_of_the_cell_is_the_cells(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    result = run("%%ship_env\nx = 1\n1 / 0")
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    shown = capsys.readouterr().out
    assert shown.count("ZeroDivisionError") <= 2, "shown once: head and last line"
    assert "ship_process.py" not in shown


def test_top_level_await_and_other_magics_work_below(shell: InteractiveShell, run: Run) -> None:
    run("%%ship_env\nimport asyncio\nawait asyncio.sleep(0)\n%env SHIP_ENV_X=1\nwaited = True").raise_error()
    assert shell.user_ns["waited"] is True
    run("%%ship_env\n%%capture caught\nprint(len(builder))").raise_error()
    assert shell.user_ns["caught"].stdout == "3\n"
    run("%%capture outer\n%%ship_env\nprint('inside')").raise_error()
    assert "inside\n" in shell.user_ns["outer"].stdout


def test_dry_run_neither_sets_builder_nor_runs_the_cell(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("%%ship_env --dry-run\nreached = True").raise_error()
    assert not {"reached", "builder"} & set(shell.user_ns)
    said = capsys.readouterr().out
    assert "Dry run, nothing was written." in said
    assert "does not run" in said


def test_arguments_come_from_variables_too(shell: InteractiveShell, run: Run) -> None:
    run("where = 'file:///w'\n").raise_error()
    run("%%ship_env -t {where}\npass").raise_error()
    assert shell.user_ns["builder"][-1] == "file:///w"


def test_wrong_argument_stops_before_the_cell(shell: InteractiveShell, run: Run) -> None:
    result = run("%%ship_env --tarrget x\nreached = True")
    assert result.error_in_exec is not None
    assert "reached" not in shell.user_ns


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--targt local", "Did you mean --target?"),
        ("--dryrun", "Did you mean --dry-run?"),
        ("s3://bucket/envs", "Did you mean --target s3://bucket/envs?"),
        ("--output x.pex", "unrecognized arguments: --output x.pex"),
        ("--exclude", "expected at least one argument"),
        ("--target", "expected one argument"),
    ],
)
def test_wrong_argument_says_what_was_meant_and_where_the_options_stand(
    run: Run, capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    result = run(f"%ship_env {line}")
    assert isinstance(result.error_in_exec, UsageError)
    error = capsys.readouterr().err
    assert told in error
    assert "%ship_env --help" in error
    assert ("Did you mean" in error) == ("Did you mean" in told)


@pytest.mark.parametrize("source", ["%ship_env -h", "%ship_env --help", "%%ship_env --help\nran = True"])
def test_help_is_printed_and_nothing_ships_or_runs(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    run(source).raise_error()
    output = capsys.readouterr().out
    assert "--target TARGET" in output
    assert "::" not in output.splitlines()
    assert "snapshot" not in output
    assert "ran" not in shell.user_ns


def test_unfinished_cell_waits_in_a_terminal(shell: InteractiveShell) -> None:
    assert shell.check_complete("%%ship_env\nx = 1")[0] == "incomplete"


def test_help_names_the_arguments(shell: InteractiveShell) -> None:
    help_text = shell.object_inspect_text("%%ship_env")
    for argument in ("--target", "--master", "--dry-run"):
        assert argument in help_text


def test_unload_takes_everything_away(shell: InteractiveShell, run: Run) -> None:
    shell.extension_manager.unload_extension("jupyterlab_ship_env")
    assert shell.find_line_magic("ship_env") is None
    assert shell.find_cell_magic("ship_env") is None
    assert run("%%ship_env\nx = 1").error_in_exec is not None


def test_what_can_be_chosen_is_offered(shell: InteractiveShell) -> None:
    help_text = shell.find_line_magic("ship_env").__doc__ or ""
    assert "--master" in help_text
    assert "--format" in help_text


# What the command line may do wrong


def test_silent_death_of_the_command_line_is_a_bug_with_its_log(run: Run) -> None:
    error = error_of(run("%ship_env --target mute"))
    assert error.code == "INTERNAL"
    assert "7" in error.message
    assert error.causes == ("out of luck",)


def test_foreign_output_is_a_bug(run: Run) -> None:
    error = error_of(run("%ship_env --target garbage"))
    assert error.code == "INTERNAL"
    assert "Hello!" in error.causes[-1]


def test_no_node_says_how_to_get_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIP_ENV_NODE", "/nowhere/node")
    error = error_of(run("%ship_env"))
    assert error.code == "NODE_MISSING"
    assert "SHIP_ENV_NODE" in error.hint
