"""``%ship_env`` and ``%%ship_env``: a ship from a cell, in a notebook, headless or in a terminal."""

from __future__ import annotations

import re
import sys
from argparse import SUPPRESS, Namespace
from difflib import get_close_matches
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from ._contract import MAGIC_OPTIONS
from .api.builder import builder_of_cell
from .errors import ShipEnvError
from .events import Live, Result
from .live import update_session
from .progress import error_lines, result_lines, view_for
from .ship_process import InterruptedTooLate, ship

if TYPE_CHECKING:
    from ._contract import MagicOption

_NOT_RUN = "The session and builder stay unchanged, and a cell under %%ship_env does not run."
_FIRST_LINE = re.compile(r"%%ship_env(?:[ \t]+(?P<line>[^\n]*))?\n?")


def _unquoted(value: str) -> str:
    """Remove the quotes that IPython leaves around an argument, as in ``--master "local-cluster[2,1,1024]"``."""
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if is_quoted else value


def _with_options(magic: Any) -> Any:
    """Give a magic the options that the contract declares for it, and --help."""
    # The help lists the option that is added last first.
    magic = argument("--help", "-h", action="store_true", help="Show this; ship nothing, do not run the cell.")(magic)
    for option in reversed(MAGIC_OPTIONS):
        magic = argument(*option["flags"], **_keywords(option))(magic)
    return magic_arguments()(magic)


def _keywords(option: MagicOption) -> dict[str, Any]:
    """Return the keyword arguments for argparse."""
    keywords: dict[str, Any] = {"help": option["help"] or SUPPRESS}
    if option["metavar"] is None:
        return {**keywords, "action": "store_true"}
    keywords.update(type=_unquoted, metavar=option["metavar"])
    return {**keywords, "nargs": "+"} if option["is_list"] else keywords


@magics_class
class ShipEnvMagics(Magics):
    """The two magics; they share their arguments."""

    shell: InteractiveShell

    @_with_options
    @line_cell_magic
    def ship_env(self, line: str, cell: str | None = None) -> None:
        """Ship this kernel's environment to the cluster.

        ``%ship_env`` ships what changed and gives new code to the running Spark session, if there is one.
        ``%%ship_env`` also sets ``builder``, a configured ``SparkSession.builder``, and then runs the cell, unless this
        is a dry run. A failure raises ShipEnvError, and the cell does not run.
        """
        arguments = _parsed(line)
        if arguments.help:
            text = ShipEnvMagics.ship_env.__doc__ or ""
            sys.stdout.write(text.removeprefix("::").strip() + "\n")
            return
        result = self._ship(arguments)
        if cell is None or result.is_dry_run:
            return
        self.shell.push({"builder": builder_of_cell(result.cell)})
        if cell.strip():
            # Reached only by callers of run_cell_magic and by a cell magic below ours; see rewrite_cell.
            self.shell.run_cell(cell).raise_error()

    def _ship(self, arguments: Namespace) -> Result:
        if not arguments.dry_run:
            _require_pyspark()
        view = view_for(self.shell)
        try:
            result = ship(_command_line(arguments), view.step)
            notes = [_NOT_RUN] if result.is_dry_run else _update_session(result.live)
        except ShipEnvError as error:
            view.end(error_lines(error))
            raise
        except InterruptedTooLate as interrupt:
            view.end(result_lines(interrupt.result))
            raise
        view.end([*result_lines(result), *notes])
        return result


def register(shell: InteractiveShell) -> None:
    """Add the magics to a shell, once."""
    if rewrite_cell in shell.input_transformers_cleanup:
        return
    shell.register_magics(ShipEnvMagics)
    # The clean-up transformers run before IPython's own cell_magic, which makes a string of the cell's body.
    shell.input_transformers_cleanup.append(rewrite_cell)


def unregister(shell: InteractiveShell) -> None:
    """Remove the magics."""
    if rewrite_cell in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(rewrite_cell)
        for kind in ("line", "cell"):
            shell.magics_manager.magics[kind].pop("ship_env", None)


def rewrite_cell(lines: list[str]) -> list[str]:
    """Make a cell under ``%%ship_env`` an ordinary cell whose first line ships.

    A cell magic gets its body as a string, and running that inside the magic loses top-level await, the value of the
    last line, and the plain traceback of an error. IPython runs the rewritten cell like every other cell, and stops
    when the first line raises. Line numbers stay the same.
    """
    match = _FIRST_LINE.fullmatch(lines[0]) if lines else None
    body = "".join(lines[1:]).lstrip()
    if match is None or not body or body.startswith("%%"):
        return lines
    line = (match["line"] or "").strip()
    if line.endswith("?"):
        return lines
    first = f"get_ipython().run_cell_magic('ship_env', {line!r}, '\\n')\n"
    return [first, *lines[1:]] if _runs_the_cell(line) else [first]


# Without this, IPython would also use the transformer to ask whether a cell is complete, and a terminal would run it
# too early.
rewrite_cell.has_side_effects = True  # type: ignore[attr-defined]


def _runs_the_cell(line: str) -> bool:
    try:
        arguments = parse_argstring(ShipEnvMagics.ship_env, line)
    except UsageError:
        # The first line will raise the error.
        return True
    return not (arguments.dry_run or arguments.help)


def _parsed(line: str) -> Namespace:
    """Parse the arguments; the error about an unknown one suggests a similar one."""
    try:
        arguments: Namespace = parse_argstring(ShipEnvMagics.ship_env, line)
    except UsageError as error:
        _, is_unknown, words = str(error).partition("unrecognized arguments: ")
        meant = _meant(words.split()[0]) if is_unknown else None
        question = f" Did you mean {meant}?" if meant else ""
        raise UsageError(f"{error}.{question} %ship_env --help shows the options.") from None
    return arguments


def _meant(word: str) -> str | None:
    if "://" in word:
        return f"--target {word}"
    options = [f"--{name.replace('_', '-')}" for name in vars(parse_argstring(ShipEnvMagics.ship_env, ""))]
    return next(iter(get_close_matches(word, options, n=1)), None)


def _command_line(arguments: Namespace) -> list[str]:
    """Return the arguments in the form of the command line, which knows what each option means."""
    command: list[str] = []
    for option in MAGIC_OPTIONS:
        flag = option["flags"][-1]
        value = getattr(arguments, flag.lstrip("-").replace("-", "_"))
        if value is True:
            command.append(flag)
        elif value is not None and value is not False:
            command += [flag, *(value if option["is_list"] else [value])]
    return command


def _update_session(live: Live | None) -> list[str]:
    """Give new code to the running session; return lines about it for the person."""
    if live is None:
        return []
    state, message = update_session(live)
    if state == "updated":
        return ["The next task of the running session runs the new code."]
    return [f"The running session stays as it is: {message}"] if state == "restart" else []


def _require_pyspark() -> None:
    """Refuse a kernel that cannot import pyspark, since the session's driver runs here. The check imports nothing."""
    if sys.modules.get("pyspark") is not None or find_spec("pyspark") is not None:
        return
    raise ShipEnvError(
        "KERNEL_NO_PYSPARK",
        f"The session needs pyspark; the kernel {sys.executable} cannot import it. Nothing was sent.",
        "Run %pip install pyspark==<the cluster's version>, then ship again. Where Spark is installed on this machine: "
        "%pip install findspark, and import findspark; findspark.init().",
    )
