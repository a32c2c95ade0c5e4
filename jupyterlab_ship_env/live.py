"""Gives new code to the Spark session of this process, by the program that a ship sends along."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from ._contract import LIVE_STATES
from .errors import ShipEnvError

if TYPE_CHECKING:
    from ._contract import LiveState
    from .events import Live


def update_session(live: Live) -> tuple[LiveState, str]:
    """Give new code to the running session; return the outcome and a message about it.

    :raises ShipEnvError: SESSION_UPDATE_FAILED
    """
    if not has_session():
        return "none", "This process has no Spark session."
    # A separate namespace: no name is left in the person's.
    namespace: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(compile(live.source, "<ship-env live update>", "exec"), namespace)  # noqa: S102 - our own bundle made it
        outcome = json.loads(eval(live.expression, namespace))  # noqa: S307
        state = LIVE_STATES[LIVE_STATES.index(outcome["state"])]
        message = outcome.get("message", "")
    except Exception as error:
        raise _session_error(f"{type(error).__name__}: {error}") from error
    if state == "failed":
        raise _session_error(message)
    return state, message


def has_session() -> bool:
    """Tell whether this process has a Spark session, of Spark itself or of Spark Connect."""
    # The check imports nothing: a process that never used pyspark has no session.
    context = getattr(sys.modules.get("pyspark"), "SparkContext", None)
    if getattr(context, "_active_spark_context", None) is not None:
        return True
    connect = getattr(sys.modules.get("pyspark.sql.connect.session"), "SparkSession", None)
    return getattr(connect, "_default_session", None) is not None


def _session_error(cause: str) -> ShipEnvError:
    return ShipEnvError(
        "SESSION_UPDATE_FAILED",
        "The environment shipped, but the running Spark session could not take the new code.",
        "Stop the session (spark.stop()) and build a new one.",
        [cause] if cause else [],
    )
