"""The keyword arguments of the Python API are the options of the command line."""

from __future__ import annotations

import inspect
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import jupyterlab_ship_env as ship_env
from jupyterlab_ship_env._contract import LIVE_STATES
from jupyterlab_ship_env.api._options import ARGUMENTS, CONFIG, SHIP
from jupyterlab_ship_env.api.options import words_of


def test_arguments_become_words_of_the_command_line() -> None:
    words = words_of("ship", {"target": "lake", "exclude": ["a", "-b"], "allow_secret": ("x y",), "dry_run": True})
    assert words == ["--target=lake", "--exclude=a", "--exclude=-b", "--allow-secret=x y", "--dry-run"]
    assert words_of("ship", {"python": Path("/v/bin/python")}) == ["--python=/v/bin/python"]


def test_what_is_left_out_is_left_to_the_settings() -> None:
    assert words_of("ship", {"target": None, "shared": False, "exclude": ()}) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"tagret": "x"}, "ship_env.ship() got an unexpected keyword argument 'tagret'. Did you mean target?"),
        ({"exclude": "numpy"}, "takes a list of texts for exclude, not 'numpy'"),
        ({"exclude": [1]}, "takes a list of texts for exclude, not [1]"),
        ({"target": ["a"]}, "takes a text for target, not ['a']"),
        ({"shared": "no"}, "takes True or False for shared, not 'no'"),
    ],
)
def test_wrong_argument_is_a_type_error_before_anything_runs(options: Any, told: str) -> None:
    with pytest.raises(TypeError) as raised:
        ship_env.ship(**options)
    assert told in str(raised.value)


@pytest.mark.parametrize(("function", "names"), [(ship_env.ship, SHIP), (ship_env.config, CONFIG)])
def test_help_shows_every_argument(function: Any, names: tuple[str, ...]) -> None:
    shown = inspect.signature(function).parameters
    assert set(names) <= set(shown)
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in shown.values())
    for name in names:
        assert f":param {name}: {ARGUMENTS[name]['help']}" in (inspect.getdoc(function) or "")
    assert ":options:" not in (inspect.getdoc(function) or "")


def test_type_checkers_know_every_argument(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import jupyterlab_ship_env as ship_env\n"
        "env = ship_env.ship(target='lake', exclude=['a'], dry_run=True, on_step=ship_env.print_step)\n"
        "reveal_type(env)\n"
        "reveal_type(env.conf)\n"
        "reveal_type(env.update().state)\n"
        "reveal_type(ship_env.current(master='yarn'))\n"
        "ship_env.ship(tagret='lake')\n"
        "ship_env.config(exclude=1, shared='no')\n"
    )
    command = ["mypy", "--strict", "--no-incremental", "--output", "json", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    told = [
        (row["line"], row["message" if row["severity"] == "note" else "code"])
        for row in map(json.loads, done.stdout.splitlines())
    ]
    assert told == [
        (3, 'Revealed type is "jupyterlab_ship_env.api.environment.Environment"'),
        (4, 'Revealed type is "dict[str, str]"'),
        (
            5,
            f'Revealed type is "{" | ".join(f"Literal[{state!r}]" for state in LIVE_STATES)}"',
        ),
        (6, 'Revealed type is "jupyterlab_ship_env.api.environment.Environment"'),
        (7, "call-arg"),
        (8, "arg-type"),
        (8, "arg-type"),
    ], done.stdout + done.stderr


def test_names_are_loaded_when_they_are_used() -> None:
    script = (
        "import sys, jupyterlab_ship_env as ship_env\n"
        "before = {name for name in sys.modules if name.startswith('jupyterlab_ship_env.')}\n"
        "assert set(ship_env.__all__) <= set(dir(ship_env))\n"
        "assert ship_env.ship.__name__ == 'ship' and callable(ship_env.current)\n"
        "print(sorted(before))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(["python", "-c", script], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() in {"['jupyterlab_ship_env._version']", "[]"}


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'shp'"):
        _ = ship_env.shp  # type: ignore[attr-defined]
