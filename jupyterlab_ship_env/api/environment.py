"""An environment that was shipped: what a Spark session needs to run it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Optional

from jupyterlab_ship_env.errors import ShipEnvError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jupyterlab_ship_env._contract import LiveState


@dataclass(frozen=True)
class Environment:
    """A shipped environment, with the code of its editable packages."""

    artifact: str
    """Id of the artifact: ``env-`` and 20 hexadecimal digits."""
    artifact_name: str
    """File name of the artifact on the target: ``env-….pex``."""
    code: tuple[str, ...]
    """File names of the code archives on the target: one for each editable package."""
    conf: dict[str, str]
    """Spark properties, in the order of the notebook cell. They name no secret."""
    command: tuple[str, ...] = ()
    """Words of the command that runs the environment without Spark; a program and its arguments follow them.

    Empty when the environment was found in a Spark session.
    """
    findings: tuple[str, ...] = ()
    """What the person should know about the environment, each as a sentence. Only a ship looks for findings."""
    uploaded_bytes: int = 0
    """Bytes that the ship sent to the target; with ``dry_run``, the bytes that a ship would send."""
    is_dry_run: bool = False
    """Nothing was sent, so no session can be built."""
    cell: str = field(default="", repr=False)
    """Source of a notebook cell that ends with ``builder``. Empty when the environment was found in a Spark session."""
    again: Optional[Callable[[Any], Update]] = field(default=None, repr=False, compare=False)
    """Ships again, for :meth:`update`."""

    def builder(self) -> SparkSession.Builder:
        """Return a ``SparkSession.builder`` with all properties of the environment.

        Sets ``PYSPARK_PYTHON`` in ``os.environ``, which Spark prefers to its property. Files and archives of
        ``spark-defaults.conf`` and of ``PYSPARK_SUBMIT_ARGS`` stay: the environment's are added to them. A later
        ``builder.config("spark.files", …)`` of yours replaces them all: add ``conf["spark.files"]`` to it, or call
        ``sparkContext.addFile``. A session that runs already keeps its environment: stop it first.

        :raises ShipEnvError: KERNEL_NO_PYSPARK, KERNEL_FAILED; ARTIFACT_NOT_SHIPPED after a dry run; USAGE_INVALID
            for a driver on a node
        """
        if self.is_dry_run:
            raise ShipEnvError(
                "ARTIFACT_NOT_SHIPPED",
                f"A session was to run {self.artifact_name}, which a dry run did not send.",
                "Ship without dry_run.",
            )
        if self.conf.get("spark.submit.deployMode") == "cluster":
            raise ShipEnvError(
                "USAGE_INVALID",
                "A session was to be built here; the environment is configured for a driver on a node (deploy_mode).",
                "Leave out deploy_mode, or run the job with ship-env submit.",
            )
        from .builder import make_builder

        builder: SparkSession.Builder = make_builder(self.conf, self.cell)
        return builder

    def update(self, spark: Optional[SparkSession] = None) -> Update:
        """Ship again with the same options, and give new code to the running session.

        Code of editable packages reaches the session's next task. After a change of the environment itself nothing can
        reach it: the state of the outcome is ``restart``, and the outcome's environment builds the next session.

        :param spark: the session; by default the one that this process runs
        :raises ShipEnvError: what a ship raises; SESSION_UPDATE_FAILED; USAGE_INVALID when this environment was not
            shipped by this process
        :raises KeyboardInterrupt: the ship was cancelled, and left nothing on the target
        """
        if self.again is None:
            raise ShipEnvError(
                "USAGE_INVALID",
                "update ships an environment of this machine again; this one was named by its artifact, or is the one "
                "that this process runs.",
                "Update it where it was shipped: env = ship_env.ship(…), env.update(spark).",
            )
        return self.again(spark)


@dataclass(frozen=True)
class Update:
    """What a running session did with new code."""

    state: LiveState
    """``updated``: the next task runs the new code; ``current``: the session runs this code already; ``restart``: the
    session has another environment, or was not built for one; ``none``: there is no session to update."""
    message: str
    """The state in words."""
    environment: Environment
    """What the ship put on the target."""
