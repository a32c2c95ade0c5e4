"""The output of ``ship-env ship --json`` as Python values; server/src/contract/ship.ts defines its shapes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional, Union

from .errors import ShipEnvError


@dataclass(frozen=True)
class Step:
    """A step started, made progress or ended."""

    name: str
    state: str
    """One of STEP_STATES of the contract."""
    done: Optional[float]
    """Units of work that are done, and below their total: bytes in steps that move bytes. None when unknown."""
    total: Optional[float]
    detail: str
    ms: Optional[float]


@dataclass(frozen=True)
class Live:
    """How a running session takes over new code."""

    source: str
    """Python source to run in the kernel."""
    expression: str
    """Expression for the outcome: the JSON text ``{"state": …, "message": …}``, with one of LIVE_STATES."""


@dataclass(frozen=True)
class Result:
    """The result of a successful ship."""

    artifact_name: str
    artifact_bytes: int
    code: tuple[tuple[str, int], ...]
    """Name and bytes of each code archive."""
    uploaded_bytes: int
    copied_bytes: int
    """Bytes that the target copied from objects that it held."""
    is_reused: bool
    findings: tuple[str, ...]
    """Each finding as a sentence."""
    seconds: float
    """Duration of the whole ship; steps overlap."""
    cell: str
    """Source that ends with ``builder``."""
    live: Optional[Live]
    is_dry_run: bool
    artifact_id: str = ""
    conf: Mapping[str, str] = field(default_factory=dict)
    """Spark properties, in the order of the cell."""
    command: tuple[str, ...] = ()
    """Words of the command that runs the environment without Spark."""


Event = Union[Step, Result, ShipEnvError]


def parse_event(line: str) -> Event:
    """Parse one line.

    :raises ShipEnvError: INTERNAL when the line is not an event of the contract
    """
    try:
        event = json.loads(line)
        return _PARSERS[event["type"]](event)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ShipEnvError(
            "INTERNAL",
            "The ship-env command line printed something other than its events.",
            "This is a bug in ship-env. Please report it.",
            [f"{type(error).__name__}: {error}", line[:200]],
        ) from error


def _step(event: dict[str, Any]) -> Step:
    return Step(
        name=event["name"],
        state=event["state"],
        done=event.get("done"),
        total=event.get("total"),
        detail=event.get("detail", ""),
        ms=event.get("ms"),
    )


def _result(event: dict[str, Any]) -> Result:
    live = event.get("live")
    return Result(
        artifact_name=event["artifact"]["name"],
        artifact_bytes=event["artifact"]["bytes"],
        code=tuple((archive["name"], archive["bytes"]) for archive in event["code"]),
        uploaded_bytes=event["uploadedBytes"],
        copied_bytes=event["copiedBytes"],
        is_reused=event["reused"],
        findings=tuple(finding["message"] for finding in event["findings"]),
        seconds=event["ms"] / 1000,
        cell=event["cell"],
        live=None if live is None else Live(live["source"], live["expression"]),
        is_dry_run=event.get("dryRun", False),
        artifact_id=event["artifact"]["id"],
        conf=event["conf"],
        command=tuple(event.get("command", ())),
    )


def _error(event: dict[str, Any]) -> ShipEnvError:
    return ShipEnvError(event["code"], event["message"], event["hint"], event["cause"])


_PARSERS: dict[str, Callable[[dict[str, Any]], Event]] = {"step": _step, "result": _result, "error": _error}
