"""A node that several users share: files that another user planted never run.

Root runs these tests, since they change the user.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from node_artifacts import BOOT, LAYOUT, RUNTIME, Node, install

# A user id that nobody on this machine has.
OURS, OTHER = 61_234, 61_235
CODE = "import harbor, sys; print(harbor.VERSION, sys.prefix)"


class SharedNode:
    """Folders of a node that two users share; all below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        node = Node(folder / "kernel of root")
        install(node.site, "harbor", {"harbor.py": "VERSION = 'ours'\n"})
        self.path = os.pathsep.join([str(Path(node.python).parent), "/usr/bin", "/bin"])
        # The python that the header finds; the python of these tests may be in a folder that other users cannot read.
        find = ["/bin/sh", "-c", f"command -v {Path(node.python).name}"]
        found = subprocess.run(find, env={"PATH": self.path}, user=OURS, capture_output=True, text=True, check=True)
        self.python = found.stdout.rstrip("\n")
        self.pex = folder / "env.pex"
        shutil.copy(node.build(), self.pex)
        self.id = self.pex.read_bytes()[-24:].decode()
        shutil.rmtree(node.folder)
        # The same mode as /tmp.
        self.sticky = self.make("sticky", 0, 0o1777)
        self.container = self.make("container", OURS, 0o700)
        self.temporary = self.make("temporary", OURS, 0o700)
        self.good = self.make("good", OURS, 0o700)

    def make(self, name: str, owner: int, mode: int) -> Path:
        """Make a folder that belongs to a user."""
        path = self.folder / name
        path.mkdir(parents=True)
        os.chown(path, owner, owner)
        path.chmod(mode)
        return path

    def plant(self, root: Path, owner: int, mode: int = 0o700) -> Path:
        """Put an environment of this artifact into a folder that belongs to a user; it prints "planted"."""
        environment = root / LAYOUT / "env" / f"{self.id}.0"
        marks = environment / ".ship-env"
        for path in (root / LAYOUT / "dist", marks / "dist", environment / "bin"):
            path.mkdir(parents=True)
        (marks / "whole").touch()
        (marks / "python").write_text(f"{self.python}\n")
        (marks / "boot").write_text("synced\n")
        (marks / "used").write_text("\n")
        program = environment / "bin" / "python"
        program.write_text("#!/bin/sh\necho planted\n")
        program.chmod(0o755)
        subprocess.run(["chown", "-R", f"{owner}:{owner}", root], check=True)
        root.chmod(mode)
        return root

    def run(self, *command: str | Path, cwd: Path | None = None, **variables: str | Path) -> tuple[str, str]:
        """Run the artifact as our user. Returns the folder of the environment, and the messages."""
        run = subprocess.run(
            [str(part) for part in command or (self.pex, "-c", CODE)],
            env={
                "PATH": self.path,
                "TMPDIR": str(self.temporary),
                **{name: str(value) for name, value in variables.items()},
            },
            cwd=cwd or self.container,
            user=OURS,
            group=OURS,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
        version, _, prefix = run.stdout.rstrip("\n").partition(" ")
        assert version == "ours", run.stdout + run.stderr
        return prefix, run.stderr


@pytest.fixture(scope="module")
def artifact() -> Iterator[SharedNode]:
    """One artifact for all tests, not below pytest's own folder, which other users cannot read."""
    folder = Path(tempfile.mkdtemp(prefix="ship-env-users-"))
    folder.chmod(0o755)
    yield SharedNode(folder)
    shutil.rmtree(folder)


@pytest.fixture
def node(artifact: SharedNode) -> Iterator[SharedNode]:
    """Restore the folders."""
    yield artifact
    for folder in (artifact.sticky, artifact.container, artifact.temporary, artifact.good):
        for path in folder.iterdir():
            path.unlink() if path.is_symlink() else shutil.rmtree(path)


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o777])
@pytest.mark.parametrize("variable", ["PEX_ROOT", "SHIP_ENV_NODE_ROOT"])
def test_what_another_user_planted_in_a_folder_of_ones_choice_does_not_run(
    node: SharedNode, variable: str, mode: int
) -> None:
    planted = node.plant(node.sticky / "root", OTHER, mode)
    prefix, said = node.run(**{"SHIP_ENV_NODE_ROOT": node.good / "root", variable: planted})
    assert prefix.startswith(str(node.container if variable == "SHIP_ENV_NODE_ROOT" else node.good))
    assert f"does not run from {planted}" in said


def test_what_another_user_planted_in_the_default_folder_does_not_run(node: SharedNode) -> None:
    planted = node.plant(Path(f"/tmp/ship-env-{OURS}"), OTHER)
    try:
        prefix, said = node.run()
    finally:
        shutil.rmtree(planted)
    assert prefix.startswith(str(node.container))
    assert f"does not run from {planted}" in said


def test_what_another_user_planted_in_the_working_directory_does_not_run(node: SharedNode) -> None:
    planted = node.plant(node.sticky / ".ship-env-pex", OTHER)
    bad = node.plant(node.sticky / "root", OTHER)
    prefix, said = node.run(cwd=node.sticky, SHIP_ENV_NODE_ROOT=bad)
    assert prefix.startswith(f"{node.temporary}/ship-env-")
    assert f"does not run from {planted}" in said
    assert list(node.temporary.iterdir()) == [], "the new folder goes with the process"


def test_a_working_directory_that_another_user_can_write_to_is_not_used(node: SharedNode) -> None:
    bad = node.plant(node.sticky / "root", OTHER)
    shared = node.make("good/shared", OURS, 0o777)
    node.plant(shared / ".ship-env-pex", OURS)
    prefix, _ = node.run(cwd=shared, SHIP_ENV_NODE_ROOT=bad)
    assert prefix.startswith(f"{node.temporary}/ship-env-")


def test_a_working_directory_below_folders_of_the_cluster_is_used(node: SharedNode) -> None:
    bad = node.plant(node.sticky / "root", OTHER)
    account = node.make("sticky/account", OTHER, 0o755)
    container = node.make("sticky/account/container", OURS, 0o700)
    prefix, _ = node.run(cwd=container, SHIP_ENV_NODE_ROOT=bad)
    assert prefix.startswith(str(account / "container" / ".ship-env-pex"))


@pytest.mark.parametrize("gone", ["", "dist"])
def test_what_another_user_can_put_into_a_folder_of_ours_does_not_run(node: SharedNode, gone: str) -> None:
    planted = node.plant(node.good / "root", OURS)
    (planted / LAYOUT).chmod(0o777)
    if gone:
        (planted / LAYOUT / gone).rmdir()
    prefix, said = node.run(SHIP_ENV_NODE_ROOT=planted)
    assert prefix.startswith(str(node.container))
    assert f"does not run from {planted}" in said


def test_links_of_another_user_lead_nowhere(node: SharedNode) -> None:
    node.plant(node.sticky / "theirs", OTHER)
    node.plant(node.sticky / "theirs" / "root", OTHER)
    (node.sticky / "link").symlink_to(node.sticky / "theirs")
    os.chown(node.sticky / "link", OTHER, OTHER, follow_symlinks=False)
    for root in (node.sticky / "link", node.sticky / "link" / "root"):
        prefix, said = node.run(SHIP_ENV_NODE_ROOT=root)
        assert prefix.startswith(str(node.container))
        assert f"does not run from {root}" in said


def test_a_link_above_is_followed_once_and_then_no_more(node: SharedNode) -> None:
    node.make("good/inner", OURS, 0o700)
    (node.sticky / "link").symlink_to(node.good / "inner")
    prefix, said = node.run(SHIP_ENV_NODE_ROOT=node.sticky / "link" / "root")
    assert said == ""
    assert prefix.startswith(str(node.good / "inner" / "root"))


def grant(path: Path, user: int) -> None:
    """Give a user all rights to a folder, by an access list (setfacl -m u:<user>:rwx)."""
    nobody = 0xFFFFFFFF
    owner, group, mask, others = 1, 4, 16, 32
    entries = [(owner, 7, nobody), (2, 7, user), (group, 5, nobody), (mask, 7, nobody), (others, 5, nobody)]
    os.setxattr(
        path, "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *each) for each in entries)
    )


@pytest.mark.parametrize("how", ["mode", "access list", "owner", "sticky, of another user"])
@pytest.mark.parametrize("through", ["header", "python"])
def test_a_folder_above_that_another_user_can_change_is_as_bad(node: SharedNode, how: str, through: str) -> None:
    is_theirs = how in {"owner", "sticky, of another user"}
    modes = {"mode": 0o775, "sticky, of another user": 0o1777}
    parent = node.make("sticky/parent", OTHER if is_theirs else OURS, modes.get(how, 0o755))
    if how == "access list":
        grant(parent, OTHER)
        mode = subprocess.run(["ls", "-ld", parent], capture_output=True, text=True, check=True).stdout.split()[0]
        assert mode == "drwxrwxr-x+"
    # The folder is ours and closed, but the other user can replace it.
    root = node.make("sticky/parent/root", OURS, 0o700)
    script = BOOT.format(runtime=str(RUNTIME), lines="")
    boot = [node.python, "-c", script, node.pex, root, node.python, "-c", CODE]
    prefix, said = node.run(*(boot if through == "python" else ()), SHIP_ENV_NODE_ROOT=root)
    assert prefix.startswith(str(node.container))
    assert f"does not run from {root}" in said


def test_the_new_folder_goes_also_when_the_process_is_stopped_and_its_status_is_kept(node: SharedNode) -> None:
    bad = node.plant(node.sticky / "root", OTHER)
    node.plant(node.sticky / ".ship-env-pex", OTHER)
    command = [str(node.pex), "-c", "import sys; print('up', flush=True); sys.exit(len(sys.stdin.read()))"]
    for stop in ("end", "signal"):
        with subprocess.Popen(
            command,
            env={
                "PATH": node.path,
                "TMPDIR": str(node.temporary),
                "SHIP_ENV_NODE_ROOT": str(bad),
            },
            cwd=node.sticky,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            user=OURS,
            group=OURS,
            extra_groups=[],
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
            if stop == "signal":
                process.terminate()
            else:
                process.communicate(b"seven b")
            assert process.wait() == (-15 if stop == "signal" else 7)
        assert list(node.temporary.iterdir()) == []
