"""A flush removes files only from the node root that executors should use, or says why it cannot."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

import pytest
from node_artifacts import LAYOUT, Node, install

FLUSH = {"SHIP_ENV_FLUSH": "1"}
# When the node root is unusable, executors unpack below their working directory.
CONTAINER = ".ship-env-pex"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    one = Node(tmp_path)
    install(one.site, "small", {"small.py": ""})
    return one


def grow_old(node: Node) -> None:
    """Make the last use of everything a day older."""
    for path in node.folder.rglob(".ship-env/*"):
        if not path.is_dir() and path.name in {"used", "state"}:
            os.utime(path, (0, 0))


def files(*folders: Path) -> list[Path]:
    """All files."""
    return sorted(path for folder in folders for path in folder.rglob("*"))


@pytest.mark.parametrize("fault", ["", LAYOUT, f"{LAYOUT}/dist", f"{LAYOUT}/env", "others", "noexec"])
def test_what_cannot_be_flushed_is_said_and_nothing_is_removed(node: Node, tmp_path: Path, fault: str) -> None:
    pex = node.build()
    # Left by an executor that could use the node root, and by one that could not.
    for variables in ({}, {"SHIP_ENV_NODE_ROOT": str(node.container / CONTAINER)}):
        assert node.run(pex, "-c", "", variables=variables).stderr == ""
    node.settled()
    elsewhere = tmp_path / "elsewhere"
    command: list[str | Path] = [pex]
    if fault == "others":
        node.root.chmod(0o777)
    elif fault == "noexec":
        script = 'mount --bind "$1" "$1"; mount -o remount,bind,noexec "$1"; shift; exec "$@"'
        command = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]
        command += ["sh", "-ec", script, "sh", node.root, pex]
    else:
        (node.root / fault).rename(elsewhere)
        (node.root / fault).symlink_to(elsewhere)
    grow_old(node)
    before = files(node.root, node.container, elsewhere)
    run = node.run(*command, variables=FLUSH)
    assert (run.returncode, run.stdout) == (1, "")
    assert f"ship_env: nothing was removed: {node.root} cannot be flushed: " in run.stderr
    assert "Traceback" not in run.stderr
    assert files(node.root, node.container, elsewhere) == before


def test_a_flush_waits_for_another_process_that_makes_room(node: Node) -> None:
    pex = node.build()
    assert node.run(pex, "-c", "").stderr == ""
    node.settled()
    grow_old(node)
    with (node.root / LAYOUT / "lock" / "prune").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        flush = node.start(pex, **FLUSH)
        with pytest.raises(subprocess.TimeoutExpired):
            flush.wait(2)
    assert flush.communicate() == ("", f"ship_env: removed 0 MB from {node.root / LAYOUT}\n")
    assert flush.returncode == 0
    assert node.distributions() == []


def test_a_folder_in_which_nothing_was_unpacked_is_said(node: Node) -> None:
    run = node.run(node.build(), variables=FLUSH)
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr == f"ship_env: there is nothing to remove: {node.root / LAYOUT} does not exist\n"
