"""The one error of the Python half; docs/troubleshooting.md explains the codes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ._contract import ErrorCode


class ShipEnvError(Exception):
    """Something that the person should read, with a stable code.

    :param code: a code of docs/troubleshooting.md, such as ``NODE_MISSING``
    :param message: what was wanted and what was found
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
        """One paragraph: code, message, causes, hint."""
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Return what a person reads, a line each."""
        # Here: most starts of the command line end without an error, and this loads regular expressions.
        from .visible import visible_lines

        lines = [f"{self.code}: {visible_lines(self.message)}"]
        lines += [f"  because: {visible_lines(cause)}" for cause in self.causes]
        if self.hint:
            lines.append(visible_lines(self.hint))
        return lines

    def to_object(self) -> dict[str, Any]:
        """Return the error object of the contract, as routes and ``--json`` carry it."""
        return {
            "type": "error",
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "cause": list(self.causes),
        }

    def _render_traceback_(self) -> list[str]:
        """Tell IPython what to show in place of a traceback through our own code."""
        return [f"ShipEnvError: {self}"]
