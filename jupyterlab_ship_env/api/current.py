"""The environment that this process runs, for a job that starts another session.

Two things know it: ``ship-env run`` tells its program in an environment variable, and the properties of a Spark
session name it.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional
from urllib.parse import unquote

from jupyterlab_ship_env.errors import ShipEnvError

from .environment import Environment

if TYPE_CHECKING:
    from collections.abc import Mapping

# What Python shares with server/src/contract/current.ts.
# generated: current
VARIABLE = "SHIP_ENV_CURRENT"
LISTS = (
    "spark.files",
    "spark.archives",
    "spark.yarn.dist.files",
    "spark.yarn.dist.archives",
)
PROPERTY = re.compile(
    r"spark\.files|"
    r"spark\.archives|"
    r"spark\.yarn\.dist\.files|"
    r"spark\.yarn\.dist\.archives|"
    r"spark\.master|"
    r"spark\.files\.useFetchCache|"
    r"spark\.pyspark\.python|"
    r"spark\.python\.daemon\.module|"
    r"spark\.sql\.execution\.pythonUDF\.arrow\.enabled|"
    r"spark\.sql\.execution\.pythonUDTF\.arrow\.enabled|"
    r"spark\.kubernetes\.executor\.useDriverPodIP|"
    r"spark\.kubernetes\.executor\.volumes\.hostPath\.shipenv\.mount\.path|"
    r"spark\.kubernetes\.executor\.volumes\.hostPath\.shipenv\.options\.path|"
    r"spark\.executorEnv\.SHIP_ENV_NODE_ROOT|"
    r"spark\.hadoop\.fs\.s3a\.bucket\..+\.(?:endpoint|endpoint\.region|path\.style\.access|connection\.ssl\.enabled|aws\.credentials\.provider|auth\.profile\.name)"
)
POINTER = re.compile(r"ship-env-code-([0-9]{20})-([0-9a-f]{32})\.json")
# end of generated: current

_ARTIFACT = re.compile(r"(env-[0-9a-f]{20})\.[a-z.]+")


def current(*, master: Optional[str] = None) -> Environment:
    """Return the shipped environment that this process runs, to start another session with it.

    It works without the virtual environment that was shipped, in:

    - a program of ``ship-env run``,
    - a driver that spark-submit started with the properties of an environment, on a node (cluster mode) or here,
    - a process with a running session that an environment's builder made.

    :param master: the Spark master of the new session. In a program of ``ship-env run`` the settings decide by default;
        in a driver it is the driver's master
    :raises ShipEnvError: ENVIRONMENT_UNKNOWN; in a program of ``ship-env run`` also what ``config`` raises
    """
    told = os.environ.get(VARIABLE)
    # A program of `ship-env run` may start a python with the whole package, which does not run the environment.
    if told and not _is_home():
        return _told(told, master)
    environment = _of_properties(_session_properties())
    if master is not None and master != environment.conf.get("spark.master"):
        raise ShipEnvError(
            "USAGE_INVALID",
            f"A session with the master {master} was wanted; the properties of this driver are for "
            f"{environment.conf.get('spark.master', 'another one')}.",
            "Leave master out.",
        )
    return environment


def _is_home() -> bool:
    return Path(__file__).with_name("ship.py").exists()


def _told(text: str, master: Optional[str]) -> Environment:
    """Return the environment that ``ship-env run`` named; its command line knows the properties for each cluster."""
    from .command import config_of

    try:
        told = json.loads(text)
        command = [*told["shipEnv"], "config", *told["options"]]
    except (ValueError, LookupError, TypeError) as error:
        raise ShipEnvError(
            "ENVIRONMENT_UNKNOWN",
            f"{VARIABLE} should tell which environment this process runs; it cannot be read.",
            "Only ship-env run sets this variable. Unset it, or start the program with ship-env run.",
            [f"{type(error).__name__}: {error}"],
        ) from error
    return config_of([*command, *([] if master is None else [f"--master={master}"])], os.environ)


def _session_properties() -> dict[str, str]:
    """Return the properties of the running session, else those that spark-submit gave to this driver."""
    pyspark: Any = sys.modules.get("pyspark")
    context = None if pyspark is None else pyspark.SparkContext._active_spark_context  # noqa: SLF001 - no public one
    if context is not None and context._jsc is not None:  # noqa: SLF001
        return dict(context.getConf().getAll())
    # spark-submit runs the Python driver beside its JVM, which has the properties.
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        return {}
    from pyspark import SparkConf, SparkContext

    SparkContext._ensure_initialized()  # noqa: SLF001
    return dict(SparkConf().getAll())


def _of_properties(found: Mapping[str, str]) -> Environment:
    conf = {key: value for key, value in found.items() if PROPERTY.fullmatch(key)}
    listed = [uri for key in conf if key in LISTS for uri in conf[key].split(",") if uri]
    python = conf.get("spark.pyspark.python", "")
    # An archive is listed as file#alias.
    names = [_name(python), *(_name(uri) for uri in listed)]
    artifact = next((match for name in names if (match := _ARTIFACT.fullmatch(name))), None)
    if artifact is None:
        raise ShipEnvError(
            "ENVIRONMENT_UNKNOWN",
            f"This process ({sys.executable}) should run a shipped environment, or have a Spark session that does; "
            "nothing here names one.",
            "Start the program with ship-env run, or with spark-submit and the properties of ship-env config. For an "
            "environment of this machine call ship_env.ship(…), or ship_env.config(…) when it was shipped before.",
        )
    pointers = [uri for uri in listed if POINTER.fullmatch(_name(uri))]
    beside = {uri.rpartition("/")[0] for uri in pointers}
    code = [_name(uri) for uri in listed if uri.rpartition("/")[0] in beside and uri.endswith(".zip")]
    return Environment(artifact=artifact[1], artifact_name=artifact[0], code=tuple(code), conf=conf)


def _name(uri: str) -> str:
    return unquote(uri.partition("#")[0].rpartition("/")[2])
