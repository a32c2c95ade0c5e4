"""A cell with a magic: how the tests run it, and the error that it ends with."""

from __future__ import annotations

from collections.abc import Callable

from IPython.core.interactiveshell import ExecutionResult

from jupyterlab_ship_env.errors import ShipEnvError

Run = Callable[[str], ExecutionResult]


def error_of(result: ExecutionResult) -> ShipEnvError:
    error = result.error_in_exec
    assert isinstance(error, ShipEnvError)
    return error
