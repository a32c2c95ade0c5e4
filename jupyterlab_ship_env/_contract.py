"""Constants that Python and TypeScript share: plain values, no import.

Generated from server/src/contract by `npm run generate`. Change it there, not here.
"""

from __future__ import annotations

# Type checkers know this name; importing it from `typing` would take longer than all other imports.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, Optional, TypedDict

    ErrorCode = Literal[
        "USAGE_INVALID",
        "AUTH_REFUSED",
        "NOT_FOUND",
        "SHIP_CANCELLED",
        "SHIP_UNKNOWN",
        "PYTHON_NOT_FOUND",
        "PYTHON_FAILED",
        "PYTHON_NO_ENVIRONMENT",
        "PYTHON_UNSUPPORTED",
        "PYTHON_NOT_RELOCATABLE",
        "SNAPSHOT_UNREADABLE",
        "EDITABLE_MISSING",
        "EDITABLE_NOT_A_PROJECT",
        "LINK_OUTSIDE",
        "CODE_SECRET_FOUND",
        "CODE_UNREADABLE",
        "ARTIFACT_FILE_CHANGED",
        "ARTIFACT_NAME_RESERVED",
        "ARTIFACT_NOT_SHIPPED",
        "ENVIRONMENT_UNKNOWN",
        "FORMAT_UNKNOWN",
        "FORMAT_UNSUITED",
        "CACHE_UNUSABLE",
        "OPEN_FILES_EXHAUSTED",
        "DISK_FULL",
        "TARGET_URL_INVALID",
        "TARGET_UNKNOWN",
        "TARGET_REFUSED",
        "TARGET_NAME_NOT_FOUND",
        "TARGET_TIMEOUT",
        "TARGET_TLS",
        "TARGET_CREDENTIALS_MISSING",
        "TARGET_SIGNATURE",
        "TARGET_CLIENT_MISSING",
        "TARGET_DENIED",
        "TARGET_BUCKET_MISSING",
        "TARGET_CHECKSUM",
        "TARGET_CONFLICT",
        "TARGET_IN_USE",
        "TARGET_FAILED",
        "CONFIG_MASTER_UNSUPPORTED",
        "SPARK_DEFAULTS_UNREADABLE",
        "CONFIG_NODE_CACHE_INVALID",
        "PROBE_FAILED",
        "PROBE_NO_EXECUTOR",
        "CONFIG_DEPLOY_MODE_UNSUPPORTED",
        "SPARK_MISSING",
        "RELEASE_EXISTS",
        "RELEASE_UNKNOWN",
        "SETTINGS_INVALID",
        "NODE_MISSING",
        "SIDECAR_UNAVAILABLE",
        "KERNEL_MISSING",
        "KERNEL_NOT_PYTHON",
        "KERNEL_DIED",
        "KERNEL_FAILED",
        "KERNEL_NO_PYSPARK",
        "NOTEBOOK_READ_ONLY",
        "SESSION_UPDATE_FAILED",
        "INTERNAL",
    ]

    LiveState = Literal["none", "current", "updated", "restart", "failed"]

    class MagicOption(TypedDict):
        """An option of the magic, which passes it on to the command line."""

        flags: tuple[str, ...]
        """The last flag is the long one."""
        metavar: Optional[str]
        """Name of its value in the help; None: the option takes no value."""
        is_list: bool
        """Whether it takes one value or more."""
        help: Optional[str]
        """None: the help does not show the option."""


#: Each error: the HTTP status of a route that fails with it, and a title.
ERRORS = {
    "USAGE_INVALID": (400, "The request or command line is not valid"),
    "AUTH_REFUSED": (401, "The caller did not prove who it is"),
    "NOT_FOUND": (404, "There is nothing under that address"),
    "SHIP_CANCELLED": (499, "The ship was cancelled"),
    "SHIP_UNKNOWN": (404, "No ship has this id"),
    "PYTHON_NOT_FOUND": (422, "The kernel python does not exist or does not start"),
    "PYTHON_FAILED": (422, "The kernel python started but did not do its work"),
    "PYTHON_NO_ENVIRONMENT": (422, "No virtual environment was named and none is active"),
    "PYTHON_UNSUPPORTED": (422, "This python cannot be shipped"),
    "PYTHON_NOT_RELOCATABLE": (422, "The interpreter itself cannot be shipped"),
    "SNAPSHOT_UNREADABLE": (422, "A file of the environment cannot be read"),
    "EDITABLE_MISSING": (422, "The folder of an editable package is gone"),
    "EDITABLE_NOT_A_PROJECT": (422, "An editable package does not lead to one project"),
    "LINK_OUTSIDE": (422, "A link leads out of the environment"),
    "CODE_SECRET_FOUND": (422, "A file that looks like a secret would be shipped"),
    "CODE_UNREADABLE": (422, "A file of an editable package cannot be read"),
    "ARTIFACT_FILE_CHANGED": (409, "A file changed while it was being read, or a code archive was damaged"),
    "ARTIFACT_NAME_RESERVED": (422, "A file of the environment has a name that nodes use themselves"),
    "ARTIFACT_NOT_SHIPPED": (404, "This environment is not on the target yet"),
    "ENVIRONMENT_UNKNOWN": (404, "This process does not know which shipped environment it runs"),
    "FORMAT_UNKNOWN": (400, "There is no artifact format of this name"),
    "FORMAT_UNSUITED": (422, "An artifact of this format cannot be used this way"),
    "CACHE_UNUSABLE": (500, "The local cache cannot be used"),
    "OPEN_FILES_EXHAUSTED": (503, "The system allows no more open files"),
    "DISK_FULL": (507, "A disk is full"),
    "TARGET_URL_INVALID": (400, "The target is not a URL that can be shipped to"),
    "TARGET_UNKNOWN": (404, "No target has this name"),
    "TARGET_REFUSED": (502, "The target refused the connection"),
    "TARGET_NAME_NOT_FOUND": (502, "The target's host name was not found"),
    "TARGET_TIMEOUT": (504, "The target did not answer in time"),
    "TARGET_TLS": (502, "No trusted TLS connection to the target"),
    "TARGET_CREDENTIALS_MISSING": (502, "No credentials for the target were found"),
    "TARGET_SIGNATURE": (502, "The target does not accept the credentials"),
    "TARGET_CLIENT_MISSING": (422, "The Hadoop client that reaches the target is missing"),
    "TARGET_DENIED": (502, "The target does not allow this"),
    "TARGET_BUCKET_MISSING": (502, "The bucket or directory of the target does not exist"),
    "TARGET_CHECKSUM": (502, "What the target holds is not what was sent"),
    "TARGET_CONFLICT": (409, "The target holds something else under this name"),
    "TARGET_IN_USE": (409, "Somebody else may use what was to be removed"),
    "TARGET_FAILED": (502, "The target failed"),
    "CONFIG_MASTER_UNSUPPORTED": (422, "There is no configuration for this Spark master"),
    "SPARK_DEFAULTS_UNREADABLE": (422, "The file spark-defaults.conf cannot be read"),
    "CONFIG_NODE_CACHE_INVALID": (422, "The node cache is not a folder of the nodes"),
    "PROBE_FAILED": (502, "The probe could not ask the cluster"),
    "PROBE_NO_EXECUTOR": (504, "The cluster gave the probe no executor"),
    "CONFIG_DEPLOY_MODE_UNSUPPORTED": (422, "This cluster does not run the driver in this deploy mode"),
    "SPARK_MISSING": (422, "No spark-submit was found"),
    "RELEASE_EXISTS": (409, "A release of this name names something else"),
    "RELEASE_UNKNOWN": (404, "The target has no release of this name"),
    "SETTINGS_INVALID": (422, "The settings cannot be used"),
    "NODE_MISSING": (500, "No usable Node.js was found"),
    "SIDECAR_UNAVAILABLE": (503, "The sidecar does not run"),
    "KERNEL_MISSING": (409, "The notebook has no kernel"),
    "KERNEL_NOT_PYTHON": (409, "The kernel is not a Python kernel"),
    "KERNEL_DIED": (409, "The kernel went away"),
    "KERNEL_FAILED": (409, "The kernel could not answer"),
    "KERNEL_NO_PYSPARK": (409, "The kernel cannot import pyspark"),
    "NOTEBOOK_READ_ONLY": (409, "The notebook is read-only"),
    "SESSION_UPDATE_FAILED": (409, "The running session could not be updated"),
    "INTERNAL": (500, "A bug in ship-env"),
}
#: The steps of a ship, in their order.
STEP_NAMES = ("snapshot", "plan", "build", "upload", "verify", "publish", "configure")
#: The states of a step.
STEP_STATES = ("waiting", "started", "progress", "done")
#: The outcomes of giving new code to a running session.
LIVE_STATES: tuple[LiveState, ...] = ("none", "current", "updated", "restart", "failed")
#: The options of %ship_env and %%ship_env, in the order of their help.
MAGIC_OPTIONS: tuple[MagicOption, ...] = (
    {
        "flags": ("-t", "--target"),
        "metavar": "TARGET",
        "is_list": False,
        "help": "A target of the settings, or a URL: s3://bucket/prefix, file:///directory or hdfs://cluster/folder (default: the settings decide).",
    },
    {
        "flags": ("--shared",),
        "metavar": None,
        "is_list": False,
        "help": "Every node of the cluster sees the directory of the target under the same path: Spark need not copy the artifact.",
    },
    {
        "flags": ("-m", "--master"),
        "metavar": "MASTER",
        "is_list": False,
        "help": "Spark master: 'local-cluster[2,1,1024]', spark://host:7077, yarn, k8s://https://host:6443, sc://host:15002, or auto: what this machine is configured for (default: the settings decide).",
    },
    {
        "flags": ("--node-cache",),
        "metavar": "FOLDER",
        "is_list": False,
        "help": "Kubernetes: the path of a folder of the nodes in which executors unpack (default: the settings decide).",
    },
    {
        "flags": ("-f", "--format"),
        "metavar": "FORMAT",
        "is_list": False,
        "help": "Artifact format: pex (default), one file that runs itself; archive, a .tar.gz that Spark unpacks.",
    },
    {
        "flags": ("--exclude",),
        "metavar": "NAME",
        "is_list": True,
        "help": "Distributions that stay home, besides pyspark and py4j.",
    },
    {
        "flags": ("--include-spark",),
        "metavar": None,
        "is_list": False,
        "help": "Ship pyspark and py4j too.",
    },
    {
        "flags": ("--include-interpreter",),
        "metavar": None,
        "is_list": False,
        "help": "Put the interpreter itself into the artifact, for nodes that have none; with --format archive.",
    },
    {
        "flags": ("--allow-secret",),
        "metavar": "FILE",
        "is_list": True,
        "help": "Files that look like secrets but may ship.",
    },
    {
        "flags": ("--allow-link",),
        "metavar": "PATH",
        "is_list": True,
        "help": "Where links out of the environment may lead: files, or folders with everything below.",
    },
    {
        "flags": ("--dry-run",),
        "metavar": None,
        "is_list": False,
        "help": "Only say what would be sent or removed, or print the command that would run.",
    },
)
#: Path of the ships below the root of the sidecar.
SHIPS_PATH = "ships"
#: The header that proves that this server sends a request.
TOKEN_HEADER = "X-Ship-Env-Token"
#: Most bytes in the body of a request.
BODY_LIMIT = 1048576
#: Seconds that a cancelled ship may take until its process has ended (server/src/ship/cancel-budget.ts).
CANCEL_BUDGET_S = 150
