"""Runs ``ship-env config --json``, and makes an environment from its answer."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Optional

from jupyterlab_ship_env.errors import ShipEnvError

from .environment import Environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def config_of(command: Sequence[str], environ: Mapping[str, str]) -> Environment:
    """Return the environment that ``ship-env config --json`` describes. Writes nothing to the target.

    :param command: the words of the whole command line, without ``--json``
    :param environ: environment variables of the command line
    :raises ShipEnvError: the error of the command line; INTERNAL when it cannot be started or answers something else
    """
    try:
        done = subprocess.run(
            [*command, "--json"],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise _bug(f"The ship-env command line {command[0]} cannot be started.", [str(error)]) from error
    answer = _last_object(done.stdout)
    if answer is not None and answer.get("type") == "error":
        raise ShipEnvError(answer["code"], answer["message"], answer["hint"], answer["cause"])
    if answer is None or answer.get("type") != "result":
        log = done.stderr.splitlines()[-10:]
        raise _bug(f"The ship-env command line ended without a result, exit status {done.returncode}.", log)
    return Environment(
        artifact=answer["artifact"]["id"],
        artifact_name=answer["artifact"]["name"],
        code=tuple(answer["code"]),
        conf=answer["conf"],
        command=tuple(answer["command"]),
        cell=answer["cell"],
    )


def _last_object(text: str) -> Optional[dict[str, Any]]:
    lines = text.splitlines()
    try:
        answer = json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _bug(message: str, causes: Sequence[str]) -> ShipEnvError:
    return ShipEnvError("INTERNAL", message, "This is a bug in ship-env. Please report it.", causes)
