"""The magic's output has no character that controls a terminal or hides text."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from jupyterlab_ship_env.errors import ShipEnvError
from jupyterlab_ship_env.events import parse_event
from jupyterlab_ship_env.progress import _line, result_lines
from jupyterlab_ship_env.visible import visible, visible_lines

HIDDEN = [*range(0x20), *range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)]
HOSTILE = "har\x1b[2J\x9b\u202ebour\nFinding: none"


def test_each_hidden_character_is_written_out() -> None:
    for code in HIDDEN:
        assert visible(f"a{chr(code)}b") == f"a\\u{code:04x}b"


@pytest.mark.parametrize("text", ["", "plain", "Größe 3 µm, 数据, 🚢, é"])
def test_what_can_be_seen_stays(text: str) -> None:
    assert visible(text) == text


def test_further_lines_stay_part_of_their_message() -> None:
    assert visible_lines("one\r\ntwo\x1b") == "one\n    two\\u001b"


def test_typescript_hides_the_same() -> None:
    source = Path(__file__).parents[2] / "server/src/contract/visible.ts"
    pattern = re.search(r"^const HIDDEN = (/.+/)gu;$", source.read_text(), re.MULTILINE)
    assert pattern, "the characters that TypeScript hides"
    script = (
        f"const hidden = {pattern[1]}u; const found = [];"
        "for (let code = 0; code < 0x10000; code++) if (hidden.test(String.fromCharCode(code))) found.push(code);"
        "console.log(JSON.stringify(found))"
    )
    found = json.loads(subprocess.run(["node", "-e", script], check=True, capture_output=True, text=True).stdout)
    assert found == [code for code in range(0x10000) if visible(chr(code)) != chr(code)]


def test_steps_findings_and_errors_show_hostile_names_written_out() -> None:
    step = parse_event(json.dumps({"type": "step", "name": "build", "state": "done", "detail": HOSTILE, "ms": 1}))
    result = parse_event(
        json.dumps(
            {
                "type": "result",
                "artifact": {"id": "env-1", "name": "env-1.pex", "bytes": 1},
                "code": [{"name": HOSTILE, "bytes": 1}],
                "uploadedBytes": 0,
                "copiedBytes": 0,
                "reused": False,
                "findings": [{"message": HOSTILE}],
                "ms": 1,
                "conf": {},
                "cell": "",
            }
        )
    )
    error = ShipEnvError("SNAPSHOT_UNREADABLE", HOSTILE, HOSTILE, [HOSTILE])
    shown = [_line(step), *result_lines(result), *str(error).split("\n")]
    assert not [text for text in shown if any(chr(code) in text for code in HIDDEN)]
    # A line of its own would pass for one of ours.
    assert not [text for text in shown if text.startswith("Finding: none")]
