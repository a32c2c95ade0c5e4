"""Turns keyword arguments into a command line, and shows the arguments to a person."""

from __future__ import annotations

import inspect
import os
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from ._options import ARGUMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._options import Argument

Function = TypeVar("Function", bound=Callable[..., Any])
_TYPES = {"flag": "bool", "text": "str", "list": "Sequence[str]"}


def words_of(function: str, options: Mapping[str, object]) -> list[str]:
    """Return the words of the command line for these keyword arguments. None and False leave an option out.

    :param function: the name of the function that was called, for a message
    :raises TypeError: an argument of another name or type
    """
    words: list[str] = []
    for name, value in options.items():
        if name not in ARGUMENTS:
            raise TypeError(_unknown(function, name))
        if value is not None and value is not False:
            words += _words(function, name, value)
    return words


def with_options(names: Sequence[str]) -> Callable[[Function], Function]:
    """Give a function that takes ``**options`` these arguments in its signature and docstring, for help and editors."""

    def described(function: Function) -> Function:
        signature = inspect.signature(function)
        own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        more = [_parameter(name, ARGUMENTS[name]) for name in names]
        function.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
        lines = [f"    :param {name}: {ARGUMENTS[name]['help']}\n" for name in names]
        function.__doc__ = (function.__doc__ or "").replace("    :options:\n", "".join(lines))
        return function

    return described


def _parameter(name: str, argument: Argument) -> inspect.Parameter:
    default = {"flag": False, "text": None, "list": ()}[argument["kind"]]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=_TYPES[argument["kind"]])


def _words(function: str, name: str, value: Any) -> list[str]:
    """Return the words of one option. The form with "=" lets a value begin with a dash."""
    flag, kind = ARGUMENTS[name]["flag"], ARGUMENTS[name]["kind"]
    if kind == "flag":
        if value is not True:
            raise _wrong_type(function, name, "True or False", value)
        return [flag]
    # A text is a sequence of texts, too.
    is_list = isinstance(value, (list, tuple, set, frozenset))
    values: list[Any] = list(value) if is_list else [value]
    if is_list != (kind == "list") or not all(isinstance(each, (str, os.PathLike)) for each in values):
        raise _wrong_type(function, name, "a text" if kind == "text" else "a list of texts", value)
    return [f"{flag}={os.fspath(each)}" for each in values]


def _wrong_type(function: str, name: str, wanted: str, value: object) -> TypeError:
    return TypeError(f"ship_env.{function}() takes {wanted} for {name}, not {value!r}")


def _unknown(function: str, name: str) -> str:
    from difflib import get_close_matches

    meant = get_close_matches(name, ARGUMENTS, n=1)
    question = f". Did you mean {meant[0]}?" if meant else ""
    return f"ship_env.{function}() got an unexpected keyword argument {name!r}{question}"
