"""Ship an environment from a script, a test or a scheduler, and find one that was shipped before."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Callable, Optional

from jupyterlab_ship_env.errors import ShipEnvError
from jupyterlab_ship_env.live import update_session
from jupyterlab_ship_env.node import bundle_environment, find_bundle, find_node
from jupyterlab_ship_env.ship_process import InterruptedTooLate
from jupyterlab_ship_env.ship_process import ship as run_ship

from ._options import CONFIG, SHIP
from .command import config_of
from .environment import Environment, Update
from .options import with_options, words_of

if TYPE_CHECKING:
    # Type checkers know this module; no program needs it.
    from typing_extensions import Unpack

    from jupyterlab_ship_env.events import Live, Result, Step

    from ._options import ConfigOptions, ShipOptions

_Options = dict[str, Any]


@with_options(SHIP)
def ship(*, on_step: Optional[Callable[[Step], None]] = None, **options: Unpack[ShipOptions]) -> Environment:
    """Ship an environment of this machine, with the code of its editable packages, to a target.

    The keyword arguments are the options of ``ship-env ship``. What they leave out, the settings of JupyterLab decide.
    Ctrl+C, or any KeyboardInterrupt, cancels the ship; a ship that is cancelled or fails leaves nothing on the target.

    :options:
    :param on_step: called with each event of a step, such as ``ship_env.print_step``; by default nothing is printed
    :returns: what a Spark session needs
    :raises ShipEnvError: with a code, a message and a hint (docs/troubleshooting.md)
    :raises KeyboardInterrupt: the ship was cancelled
    """
    return _ship(dict(options), on_step)[0]


@with_options(CONFIG)
def config(**options: Unpack[ConfigOptions]) -> Environment:
    """Return an environment that was shipped before. Sends nothing.

    By default it is the environment of a python of this machine, which must be as it was when it was shipped. With
    ``artifact`` or ``release``, it is any environment on the target, and nothing of it needs to be on this machine.

    The keyword arguments are the options of ``ship-env config``.

    :options:
    :raises ShipEnvError: ARTIFACT_NOT_SHIPPED when the target lacks it; as ``ship``
    """
    words = words_of("config", options)
    is_named = options.get("artifact") is not None or options.get("release") is not None
    python = [] if is_named or options.get("python") is not None else [f"--python={sys.executable}"]
    command = [find_node().path, find_bundle(), "config", *python, *words]
    environment = config_of(command, bundle_environment(os.environ))
    return environment if is_named else _with_again(environment, dict(options), None)


def _ship(options: _Options, on_step: Optional[Callable[[Step], None]]) -> tuple[Environment, Optional[Live]]:
    python = os.fspath(options.get("python") or sys.executable)
    others = {name: value for name, value in options.items() if name != "python"}
    try:
        result = run_ship(words_of("ship", others), on_step or _say_nothing, python)
    except InterruptedTooLate as interrupt:
        raise KeyboardInterrupt("The interrupt came too late: the environment was shipped.") from interrupt
    except ShipEnvError as error:
        if error.code != "SHIP_CANCELLED":
            raise
        raise KeyboardInterrupt("The ship was cancelled.") from error
    return _with_again(_environment(result), options, on_step), result.live


def _environment(result: Result) -> Environment:
    return Environment(
        artifact=result.artifact_id,
        artifact_name=result.artifact_name,
        code=tuple(name for name, _ in result.code),
        conf=dict(result.conf),
        command=result.command,
        findings=result.findings,
        uploaded_bytes=result.uploaded_bytes,
        is_dry_run=result.is_dry_run,
        cell=result.cell,
    )


def _with_again(environment: Environment, options: _Options, on_step: Optional[Callable[[Step], None]]) -> Environment:
    from dataclasses import replace

    def again(spark: Any) -> Update:
        _require_running(spark)
        shipped, live = _ship({**options, "dry_run": False, "release": None}, on_step)
        if live is None:
            return Update("none", "This cluster has no sessions that new code can reach.", shipped)
        state, message = update_session(live)
        return Update(state, message, shipped)

    return replace(environment, again=again)


def _require_running(spark: Any) -> None:
    """Refuse a session that was stopped, before anything is sent: the update looks for the session that runs."""
    # A session of Spark Connect has no context here; the live update says what it can do.
    if spark is None or "connect" in type(spark).__module__.split("."):
        return
    context = spark.sparkContext
    # There is no public function for either.
    if context._jsc is None or type(context)._active_spark_context is not context:  # noqa: SLF001
        raise ShipEnvError(
            "SESSION_UPDATE_FAILED",
            "New code was to be given to this Spark session, which was stopped.",
            "Build a new session: env.builder().getOrCreate().",
        )


def _say_nothing(_: Step) -> None:
    return
