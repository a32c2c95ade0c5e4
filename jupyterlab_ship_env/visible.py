"""Makes every character of a text visible, for a terminal or a page; server/src/contract/visible.ts does the same."""

from __future__ import annotations

import re

#: C0 and C1 controls and DEL, which a terminal obeys; characters that change the direction of text (UAX #9); line and
#: paragraph separators; halves of surrogate pairs.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """Return the text with JSON escapes for invisible characters. One line stays one line."""
    return _HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def visible_lines(text: str) -> str:
    """Return a text of several lines in the same way. Later lines are indented, to show that they belong to it."""
    return "\n    ".join(visible(line) for line in text.replace("\r\n", "\n").split("\n"))
