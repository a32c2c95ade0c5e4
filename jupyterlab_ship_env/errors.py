"""The error class of the Python part; docs/troubleshooting.md explains the codes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ._contract import ErrorCode


class ShipEnvError(Exception):
    """An error for the person, with a stable code.

    :param code: a code of docs/troubleshooting.md, such as ``NODE_MISSING``
    :param message: what was expected and what was found
    :param hint: what to do next; empty when there is nothing to do
    :param causes: messages of the causes, outermost first
    """

    def __init__(self, code: ErrorCode, message: str, hint: str = "", causes: Sequence[str] = ()) -> None:
        super().__init__(code, message, hint, tuple(causes))
        self.code = code
        self.message = message
        self.hint = hint
        self.causes = tuple(causes)

    def __str__(self) -> str:
        """Return code, message, causes and hint as one paragraph."""
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Return the lines that a person reads."""
        # Imported here, since it loads regular expressions and most command lines end without an error.
        from .visible import visible_lines

        lines = [f"{self.code}: {visible_lines(self.message)}"]
        lines += [f"  because: {visible_lines(cause)}" for cause in self.causes]
        if self.hint:
            lines.append(visible_lines(self.hint))
        return lines

    def to_object(self) -> dict[str, Any]:
        """Return the error object of the contract, which routes and ``--json`` send."""
        return {
            "type": "error",
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "cause": list(self.causes),
        }

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows instead of a traceback through our code."""
        return [f"ShipEnvError: {self}"]
