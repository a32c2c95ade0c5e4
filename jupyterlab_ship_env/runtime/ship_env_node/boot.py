"""Run an artifact on a node: in an environment of the node root, else as an ordinary PEX.

Every part of an artifact is verified against its name before it runs, except the parts that do this: the header and
these modules. They are compared first, so that damage to them is found before they change anything on the node.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import zipfile
from typing import TYPE_CHECKING

from ship_env_node.artifact import Artifact
from ship_env_node.entries import DamagedError
from ship_env_node.link import environment_name, executable, is_whole, link_environment
from ship_env_node.marks import touch
from ship_env_node.ordinary import hold
from ship_env_node.places import NodeRoot
from ship_env_node.prune import flush, in_background, limit_in_bytes, prune, settle
from ship_env_node.safe import UnusableError, in_fresh_folder
from ship_env_node.unpack import unpack_missing
from ship_env_node.verify import verify, verify_head

if TYPE_CHECKING:
    from typing import NoReturn

# The folder, below the working directory, for what a container cannot share with the node.
CONTAINER_ROOT = ".ship-env-pex"
# The exit code of a shell for a program that it cannot run.
REFUSED = 126
# When this variable is set, nothing is run: what no process uses is removed from the node.
FLUSH = "SHIP_ENV_FLUSH"
# Variables that ask for something that only the PEX's own boot code does.
PEX_REQUESTS = (
    "PEX_EXTRA_SYS_PATH",
    "PEX_MODULE",
    "PEX_PATH",
    "PEX_PYTHON",
    "PEX_PYTHON_PATH",
    "PEX_SCRIPT",
    "PEX_TOOLS",
)


def main(pex: str, root: str, python: str, arguments: list[str]) -> None:
    """Replace this process by the environment's python.

    :param pex: path of the artifact
    :param root: the node root that the header chose; empty when no folder was safe
    :param python: the node's python, under the name that the header found
    """
    artifact = _open(pex)
    if os.environ.get(FLUSH):
        _flush()
    container = NodeRoot(os.path.join(os.getcwd(), CONTAINER_ROOT), is_in_container=True)
    roots = [*([NodeRoot(root)] if root not in {"", container.path} else []), container]
    safe = [each for each in roots if _is_safe(each)]
    if safe:
        _start(artifact, safe, python, arguments)
    _say(f"{pex} is unpacked into a new folder, which is removed when it ends")
    try:
        in_fresh_folder(lambda folder: _start(artifact, [NodeRoot(folder)], python, arguments))
    except (OSError, UnusableError) as error:
        _say(f"{pex} was not started: {error}")
        sys.exit(REFUSED)


def _open(pex: str) -> Artifact:
    """Open the artifact and verify its head; ends the process when the head is wrong."""
    try:
        artifact = Artifact(pex)
        verify_head(artifact)
    # An artifact that cannot be read cannot be verified.
    except (DamagedError, OSError) as error:
        _refuse(pex, error)
    return artifact


def _flush() -> NoReturn:
    """Remove what no process uses from the node root that is the first choice of executors; never from the second."""
    default = f"/tmp/ship-env-{os.geteuid()}"  # noqa: S108 - checked
    root = NodeRoot(os.environ.get("PEX_ROOT") or os.environ.get("SHIP_ENV_NODE_ROOT") or default)
    try:
        root.check()
        if not os.path.lexists(root.base):
            _say(f"there is nothing to remove: {root.base} does not exist")
            sys.exit(0)
        root.prepare()
        _say(flush(root))
    except (OSError, UnusableError) as error:
        _say(
            f"nothing was removed: {root.path} cannot be flushed: {error}. Set PEX_ROOT or SHIP_ENV_NODE_ROOT as the "
            "executors have it, run this as their user, or remove the folder by hand while no executor runs"
        )
        sys.exit(1)
    sys.exit(0)


def _is_safe(root: NodeRoot) -> bool:
    try:
        root.check()
    except UnusableError as error:
        _say(f"does not run from {root.path}: {error}")
        return False
    return True


def _start(artifact: Artifact, roots: list[NodeRoot], python: str, arguments: list[str]) -> None:
    """Replace this process by the environment's python, in the first usable node root of these."""
    root = roots[0]
    try:
        if _is_for_us(artifact) and not any(os.environ.get(name) for name in PEX_REQUESTS):
            root = _run_environment(artifact, roots, python, arguments)
        verify(artifact)
    except (DamagedError, OSError) as error:
        _refuse(artifact.path, error)
    _run_pex(artifact, _pex_root(root, artifact), arguments)


def _run_environment(artifact: Artifact, roots: list[NodeRoot], python: str, arguments: list[str]) -> NodeRoot:
    """Replace this process by the environment's python. When that fails, returns the root for an ordinary PEX.

    Raises DamagedError.
    """
    root = roots[0]
    try:
        # An existing environment in any root comes first: an unusable first root is not tried again at each start.
        for find in (_find, _prepare):
            for root in roots:
                program = find(root, artifact, python)
                if program is not None:
                    os.execv(program, [program, *arguments])
    except DamagedError:
        raise
    # Any other error: an artifact that starts slowly is better than one that does not start.
    except Exception as error:  # noqa: BLE001
        _say(f"{artifact.path} is started as an ordinary PEX: {type(error).__name__}: {error}")
    return root


def _is_for_us(artifact: Artifact) -> bool:
    """Return whether the environment is for this python; SHIP_ENV_PYTHON may name another version."""
    return artifact.python["minor"] == ".".join(map(str, sys.version_info[:2]))


def _refuse(pex: str, error: Exception) -> NoReturn:
    """End with a message: the artifact's bytes do not match its name."""
    _say(
        f"{error}. {pex} was not started. Copy it from the target again; if that does not help, remove it there and "
        "ship again"
    )
    sys.exit(REFUSED)


def _pex_root(root: NodeRoot, artifact: Artifact) -> str:
    """Return the PEX_ROOT for an ordinary PEX: a folder that counts towards the node root's limit."""
    try:
        folder = hold(root, artifact.id)
        limit = limit_in_bytes()
        in_background(lambda: prune(root, limit))
    except (OSError, UnusableError) as error:
        # When the folder cannot be written, the boot code of PEX chooses a folder itself.
        _say(
            f"{artifact.path} runs as an ordinary PEX outside the cache, since {root.base} is unusable: {error}. What "
            f"it unpacks into {root.path} counts towards no limit and is not flushed: remove it by hand"
        )
        return root.path
    return folder


def _find(root: NodeRoot, artifact: Artifact, python: str) -> str | None:
    """Return the python of an environment that exists already."""
    name = environment_name(artifact.id, python)
    if not os.path.isdir(root.environment(name)):
        return None
    try:
        root.prepare()
    except (OSError, UnusableError):
        return None
    return executable(root, name) if is_whole(root, name, python) else None


def _prepare(root: NodeRoot, artifact: Artifact, python: str) -> str | None:
    """Make the environment below a node root. Returns its python; None, with a message, when this root is unusable."""
    name = environment_name(artifact.id, python)
    try:
        root.prepare()
        if not is_whole(root, name, python):
            # Keeps the distributions from being removed as unused meanwhile.
            for segment in artifact.segments:
                if root.is_whole(segment.key):
                    touch(root.distribution(segment.key))
            unpack_missing(root, artifact)
            link_environment(root, artifact, name, python)
            limit = limit_in_bytes()
            in_background(lambda: settle(root, name, limit))
    except (OSError, UnusableError) as error:
        _say(f"cannot use {root.path} for {os.path.basename(artifact.path)}: {error}")
        return None
    return executable(root, name)


def _run_pex(artifact: Artifact, root: str, arguments: list[str]) -> None:
    """Replace this process by an ordinary PEX."""
    os.environ["PEX_ROOT"] = root
    if sys.version_info < (3, 13) and artifact.is_zip64:
        _run_zip64(artifact.path, root, arguments)
    os.execv(sys.executable, [sys.executable, artifact.path, *arguments])


def _run_zip64(pex: str, root: str, arguments: list[str]) -> None:
    """Do what ``python env.pex`` does on its first run, with the pex tool's own code but with zipfile.

    Before 3.13 Python's own zipimport does not read archives with zip64 records.
    """
    pex = os.path.abspath(pex)
    with tempfile.TemporaryDirectory() as work:
        with zipfile.ZipFile(pex) as archive:
            archive.extractall(work, [name for name in archive.namelist() if name.startswith(".bootstrap/")])
            info = json.loads(archive.read("PEX-INFO"))
        sys.path.insert(0, os.path.join(work, ".bootstrap"))
        from pex.layout import ensure_installed

        home = ensure_installed(pex=pex, pex_root=root, pex_hash=info["pex_hash"])
    os.environ["__PEX_EXE__"] = pex
    os.execv(sys.executable, [sys.executable, home, *arguments])


def _say(message: str) -> None:
    sys.stderr.write(f"ship_env: {message}\n")
