"""The keyword arguments of the Python API: the options of the command line.

Generated from server/src/contract/options.ts by `npm run generate`. Change it there, not here.
"""

from __future__ import annotations

# Type checkers know this name; importing it from `typing` would take longer than all other imports.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal, TypedDict

    class Argument(TypedDict):
        """A keyword argument that is an option of the command line."""

        flag: str
        kind: Literal["flag", "text", "list"]
        help: str

    class ShipOptions(TypedDict, total=False):
        """Keyword arguments of ``ship_env.ship``."""

        python: str
        """The python whose environment ships, or the folder of its environment (default: the one that runs this)."""
        target: str
        """A target of the settings, or a URL: s3://bucket/prefix, file:///directory or hdfs://cluster/folder (default: the settings decide)."""
        shared: bool
        """Every node of the cluster sees the directory of the target under the same path: Spark need not copy the artifact."""
        master: str
        """Spark master: 'local-cluster[2,1,1024]', spark://host:7077, yarn, k8s://https://host:6443, sc://host:15002, or auto: what this machine is configured for (default: the settings decide)."""
        node_cache: str
        """Kubernetes: the path of a folder of the nodes in which executors unpack (default: the settings decide)."""
        deploy_mode: Literal["client", "cluster"]
        """Where the driver of Spark runs, on this machine (the default) or on a node, in the shipped environment."""
        format: str
        """Artifact format: pex (default), one file that runs itself; archive, a .tar.gz that Spark unpacks."""
        exclude: Sequence[str]
        """Distributions that stay home, besides pyspark and py4j."""
        include_spark: bool
        """Ship pyspark and py4j too."""
        include_interpreter: bool
        """Put the interpreter itself into the artifact, for nodes that have none; with --format archive."""
        allow_secret: Sequence[str]
        """Files that look like secrets but may ship."""
        allow_link: Sequence[str]
        """Where links out of the environment may lead: files, or folders with everything below."""
        dry_run: bool
        """Only say what would be sent or removed, or print the command that would run."""
        release: str
        """A name on the target for what ships; config, run and submit use what was shipped under this name."""

    class ConfigOptions(TypedDict, total=False):
        """Keyword arguments of ``ship_env.config``."""

        python: str
        """The python whose environment ships, or the folder of its environment (default: the one that runs this)."""
        target: str
        """A target of the settings, or a URL: s3://bucket/prefix, file:///directory or hdfs://cluster/folder (default: the settings decide)."""
        shared: bool
        """Every node of the cluster sees the directory of the target under the same path: Spark need not copy the artifact."""
        master: str
        """Spark master: 'local-cluster[2,1,1024]', spark://host:7077, yarn, k8s://https://host:6443, sc://host:15002, or auto: what this machine is configured for (default: the settings decide)."""
        node_cache: str
        """Kubernetes: the path of a folder of the nodes in which executors unpack (default: the settings decide)."""
        deploy_mode: Literal["client", "cluster"]
        """Where the driver of Spark runs, on this machine (the default) or on a node, in the shipped environment."""
        format: str
        """Artifact format: pex (default), one file that runs itself; archive, a .tar.gz that Spark unpacks."""
        exclude: Sequence[str]
        """Distributions that stay home, besides pyspark and py4j."""
        include_spark: bool
        """Ship pyspark and py4j too."""
        include_interpreter: bool
        """Put the interpreter itself into the artifact, for nodes that have none; with --format archive."""
        allow_secret: Sequence[str]
        """Files that look like secrets but may ship."""
        allow_link: Sequence[str]
        """Where links out of the environment may lead: files, or folders with everything below."""
        artifact: str
        """The id of a shipped artifact, instead of an environment of this machine."""
        code: str
        """The pointer file on the target that names the code archives; only with --artifact."""
        release: str
        """A name on the target for what ships; config, run and submit use what was shipped under this name."""


#: Each keyword argument, with its option of the command line.
ARGUMENTS: dict[str, Argument] = {
    "python": {
        "flag": "--python",
        "kind": "text",
        "help": "The python whose environment ships, or the folder of its environment (default: the one that runs this).",
    },
    "target": {
        "flag": "--target",
        "kind": "text",
        "help": "A target of the settings, or a URL: s3://bucket/prefix, file:///directory or hdfs://cluster/folder (default: the settings decide).",
    },
    "shared": {
        "flag": "--shared",
        "kind": "flag",
        "help": "Every node of the cluster sees the directory of the target under the same path: Spark need not copy the artifact.",
    },
    "master": {
        "flag": "--master",
        "kind": "text",
        "help": "Spark master: 'local-cluster[2,1,1024]', spark://host:7077, yarn, k8s://https://host:6443, sc://host:15002, or auto: what this machine is configured for (default: the settings decide).",
    },
    "node_cache": {
        "flag": "--node-cache",
        "kind": "text",
        "help": "Kubernetes: the path of a folder of the nodes in which executors unpack (default: the settings decide).",
    },
    "deploy_mode": {
        "flag": "--deploy-mode",
        "kind": "text",
        "help": "Where the driver of Spark runs, on this machine (the default) or on a node, in the shipped environment.",
    },
    "format": {
        "flag": "--format",
        "kind": "text",
        "help": "Artifact format: pex (default), one file that runs itself; archive, a .tar.gz that Spark unpacks.",
    },
    "exclude": {
        "flag": "--exclude",
        "kind": "list",
        "help": "Distributions that stay home, besides pyspark and py4j.",
    },
    "include_spark": {
        "flag": "--include-spark",
        "kind": "flag",
        "help": "Ship pyspark and py4j too.",
    },
    "include_interpreter": {
        "flag": "--include-interpreter",
        "kind": "flag",
        "help": "Put the interpreter itself into the artifact, for nodes that have none; with --format archive.",
    },
    "allow_secret": {
        "flag": "--allow-secret",
        "kind": "list",
        "help": "Files that look like secrets but may ship.",
    },
    "allow_link": {
        "flag": "--allow-link",
        "kind": "list",
        "help": "Where links out of the environment may lead: files, or folders with everything below.",
    },
    "dry_run": {
        "flag": "--dry-run",
        "kind": "flag",
        "help": "Only say what would be sent or removed, or print the command that would run.",
    },
    "release": {
        "flag": "--release",
        "kind": "text",
        "help": "A name on the target for what ships; config, run and submit use what was shipped under this name.",
    },
    "artifact": {
        "flag": "--artifact",
        "kind": "text",
        "help": "The id of a shipped artifact, instead of an environment of this machine.",
    },
    "code": {
        "flag": "--code",
        "kind": "text",
        "help": "The pointer file on the target that names the code archives; only with --artifact.",
    },
}
SHIP = (
    "python",
    "target",
    "shared",
    "master",
    "node_cache",
    "deploy_mode",
    "format",
    "exclude",
    "include_spark",
    "include_interpreter",
    "allow_secret",
    "allow_link",
    "dry_run",
    "release",
)
CONFIG = (
    "python",
    "target",
    "shared",
    "master",
    "node_cache",
    "deploy_mode",
    "format",
    "exclude",
    "include_spark",
    "include_interpreter",
    "allow_secret",
    "allow_link",
    "artifact",
    "code",
    "release",
)
