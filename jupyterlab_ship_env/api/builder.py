"""Makes the ``SparkSession.builder`` of an environment."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

from jupyterlab_ship_env.errors import ShipEnvError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PYTHON = "spark.pyspark.python"
#: For each property that holds a list: the argument of spark-submit that adds to it.
_LISTS = {
    "spark.files": "--files",
    "spark.yarn.dist.files": "--files",
    "spark.archives": "--archives",
    "spark.yarn.dist.archives": "--archives",
}


def make_builder(conf: Mapping[str, str], cell: str = "") -> Any:
    """Return a builder with these properties, and keep the files that ``PYSPARK_SUBMIT_ARGS`` names.

    :param cell: source of the notebook cell that makes the builder; without it the properties do
    :raises ShipEnvError: KERNEL_NO_PYSPARK, KERNEL_FAILED, USAGE_INVALID
    """
    submitted = os.environ.get("PYSPARK_SUBMIT_ARGS", "")
    kept = {key: ",".join([conf[key], *more]) for key in _LISTS if key in conf and (more := _given(submitted, key))}
    builder = builder_of_cell(cell) if cell else _builder_of(conf)
    for key, value in kept.items():
        builder.config(key, value)
    return builder


def builder_of_cell(source: str) -> Any:
    """Run the cell's source, and return its ``builder``. The cell starts no session.

    :raises ShipEnvError: KERNEL_NO_PYSPARK, KERNEL_FAILED
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(compile(source, "<ship-env cell>", "exec"), namespace)  # noqa: S102 - our own bundle made it
        return namespace["builder"]
    except Exception as error:
        raise _failed(error) from error


def _builder_of(conf: Mapping[str, str]) -> Any:
    try:
        from pyspark.sql import SparkSession

        builder = SparkSession.builder
        for key, value in conf.items():
            builder = builder.config(key, value)
    except Exception as error:
        raise _failed(error) from error
    os.environ["PYSPARK_PYTHON"] = conf[_PYTHON]
    return builder


def _failed(error: Exception) -> ShipEnvError:
    cause = [f"{type(error).__name__}: {error}"]
    if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in {"pyspark", "py4j"}:
        return ShipEnvError(
            "KERNEL_NO_PYSPARK",
            "The environment shipped, but this python cannot import pyspark, which the session needs.",
            "Install the cluster's version of pyspark, or put SPARK_HOME/python on the PYTHONPATH.",
            cause,
        )
    return ShipEnvError(
        "KERNEL_FAILED",
        "The environment shipped, but this kernel could not make the builder of the session.",
        "",
        cause,
    )


def _given(submitted: str, key: str) -> list[str]:
    """Return the items of a list that ``PYSPARK_SUBMIT_ARGS`` sets. A later argument replaces an earlier one."""
    found = {name: value for name, value in _settings(submitted) if name in {key, _LISTS[key]}}
    # spark-submit prefers its own argument to the property.
    value = found.get(_LISTS[key]) or found.get(key) or ""
    return [item for item in value.split(",") if item]


def _settings(submitted: str) -> Iterator[tuple[str, str]]:
    """Yield the arguments of spark-submit and the properties, with their values."""
    try:
        words = iter(shlex.split(submitted))
    except ValueError as error:
        raise ShipEnvError(
            "USAGE_INVALID",
            f"PYSPARK_SUBMIT_ARGS should be words of a command line; they cannot be read: {error}.",
            "Correct or unset the variable.",
        ) from error
    for word in words:
        name, has_value, value = word.partition("=")
        if not name.startswith("-"):
            continue
        if not has_value:
            value = next(words, "") if name in {"--conf", "-c", "--files", "--archives"} else ""
        if name in {"--conf", "-c"}:
            name, _, value = value.partition("=")
        yield name, value
