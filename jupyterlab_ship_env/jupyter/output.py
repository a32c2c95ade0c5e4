"""Reads the output of the sidecar: lines, some of them JSON objects."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

#: Bytes of the longest line that is read whole.
LINE_LIMIT = 1 << 20


async def lines_of(reader: asyncio.StreamReader) -> AsyncIterator[str]:
    """Yield the lines of a pipe until it closes; for a line longer than :data:`LINE_LIMIT` only the end."""
    while True:
        try:
            line = await reader.readline()
        except ValueError:
            # The line is longer than the limit: its beginning is dropped, the rest follows.
            continue
        if not line:
            return
        yield line.decode("utf-8", "replace").rstrip()


def event_in(line: str) -> dict[str, object]:
    """Return the JSON object in a line, empty when there is none."""
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
