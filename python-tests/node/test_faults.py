"""Faults on a node: an artifact starts all the same where it can, and reports what it did."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from node_artifacts import LAYOUT, Node, install

CODE = "import small, sys; print(sys.prefix)"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    one = Node(tmp_path)
    install(one.site, "small", {"small.py": ""})
    install(one.site, "large", {"large.bin": os.urandom(4 << 20)})
    return one


def in_namespace(node: Node, pex: Path, prepare: str, code: str = CODE) -> subprocess.CompletedProcess[str]:
    """Run an artifact in its own mount namespace, after shell commands that get the node root as $1."""
    node.root.mkdir(mode=0o700, exist_ok=True)
    unshare = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]
    script = f'{prepare}\nroot=$1; shift; exec "$@"'
    return node.run(*unshare, "sh", "-ec", script, "sh", node.root, pex, "-c", code)


def own(node: Node) -> str:
    """The folder that a container uses when the node root is unusable."""
    return str(node.container / ".ship-env-pex")


def test_a_full_disk(node: Node) -> None:
    pex = node.build()
    run = in_namespace(node, pex, 'mount -t tmpfs -o size=2m,mode=700 none "$1"')
    assert run.stdout.startswith(own(node))
    assert run.stderr.splitlines() == [
        f"ship_env: cannot use {node.root} for {pex.name}: [Errno 28] No space left on device"
    ]
    # The next start does not fill the disk again.
    again = in_namespace(node, pex, 'mount -t tmpfs -o size=2m,mode=700 none "$1"')
    assert (again.stdout, again.stderr) == (run.stdout, "")


def test_a_full_disk_leaves_nothing_on_it(node: Node) -> None:
    pex = node.build()
    left = f'import os; print(os.listdir("{node.root}/{LAYOUT}/tmp"), *os.listdir("{node.root}/{LAYOUT}/env"))'
    assert in_namespace(node, pex, 'mount -t tmpfs -o size=2m,mode=700 none "$1"', left).stdout == "[]\n"


def test_a_node_root_from_which_nothing_runs(node: Node) -> None:
    run = in_namespace(node, node.build(), 'mount -t tmpfs -o noexec,mode=700 none "$1"')
    assert run.stdout.startswith(own(node))
    assert "is mounted noexec" in run.stderr


def test_a_node_root_that_may_only_be_read(node: Node) -> None:
    run = in_namespace(node, node.build(), 'mount -t tmpfs -o ro,mode=700 none "$1"')
    assert run.stdout.startswith(own(node))
    assert len(run.stderr.splitlines()) == 1


def test_where_nothing_can_be_written_it_is_an_ordinary_pex(node: Node, tmp_path: Path) -> None:
    pex = node.build()
    read_only = (
        f'mount -t tmpfs -o ro,mode=700 none "$1"; mount -t tmpfs -o ro none "{node.container}"; cd "{node.container}"'
    )
    # Then the pex tool's own boot code uses a temporary folder.
    run = in_namespace(node, pex, read_only, "import small; print(small.__name__)")
    assert run.stdout == "small\n"
    assert f"does not run from {node.root}" in run.stderr
    assert f"cannot use {own(node)}" in run.stderr


def test_whatever_else_fails_it_is_an_ordinary_pex_and_says_why(node: Node) -> None:
    pex = node.build()
    surprise = """
def fail(*_):
    raise RuntimeError("a surprise")
ship_env_node.boot.unpack_missing = fail
"""
    run = node.run(*node.boot(pex, surprise, "-c", f"import small, sys; print('{LAYOUT}/env' in sys.executable)"))
    assert (run.returncode, run.stdout) == (0, "False\n")
    assert run.stderr == f"ship_env: {pex} is started as an ordinary PEX: RuntimeError: a surprise\n"


@pytest.mark.parametrize("part", ["", LAYOUT, f"{LAYOUT}/dist", f"{LAYOUT}/env", f"{LAYOUT}/tmp", f"{LAYOUT}/lock"])
def test_a_link_in_place_of_a_folder_is_not_followed(node: Node, tmp_path: Path, part: str) -> None:
    pex = node.build()
    node.run(pex, "-c", "")
    node.settled()
    if part.endswith(("tmp", "lock")):
        # An existing environment is used without a check of these.
        shutil.rmtree(node.root / LAYOUT / "env")
    place, planted = node.root / part, tmp_path / "planted"
    place.rename(planted)
    place.symlink_to(planted)
    there = sorted(planted.rglob("*"))
    run = node.run(pex, "-c", CODE)
    assert run.stdout.startswith(own(node))
    assert len(run.stderr.splitlines()) == 1
    assert sorted(planted.rglob("*")) == there


@pytest.mark.parametrize("part", [LAYOUT, f"{LAYOUT}/env"])
def test_a_folder_that_others_can_write_to_is_not_used(node: Node, part: str) -> None:
    (node.root / part).mkdir(parents=True)
    node.root.chmod(0o700)
    (node.root / LAYOUT).chmod(0o700)
    (node.root / part).chmod(0o775)
    run = node.run(node.build(), "-c", CODE)
    assert run.stdout.startswith(own(node))
    assert "that no other user can write to" in run.stderr


def test_links_in_place_of_what_was_unpacked_are_replaced(node: Node, tmp_path: Path) -> None:
    pex = node.build()
    node.run(pex, "-c", "")
    (environment,) = node.environments()
    for place in (environment, *node.distributions()):
        place.rename(tmp_path / place.name)
        place.symlink_to(tmp_path / place.name)
    run = node.run(pex, "-c", CODE)
    assert (run.stdout, run.stderr) == (f"{environment}\n", "")
    assert not any(path.is_symlink() for path in [*node.environments(), *node.distributions()])
    assert (tmp_path / environment.name / "pyvenv.cfg").exists()


def test_a_folder_of_someone_else_is_not_used(node: Node) -> None:
    pex = node.build()
    variables = {}
    if os.getuid() == 0:
        node.run(pex, "-c", "")
        shutil.rmtree(node.root / LAYOUT / "env")
        os.chown(node.root / LAYOUT / "dist", 12_345, 12_345)
    else:
        variables["SHIP_ENV_NODE_ROOT"] = "/root"
    run = node.run(pex, "-c", CODE, variables=variables)
    assert run.stdout.startswith(own(node))
    assert len(run.stderr.splitlines()) == 1


def corrupt(pex: Path, name: bytes) -> None:
    """Change a byte of an entry's content."""
    data = bytearray(pex.read_bytes())
    header = data.index(name) - 30
    length, extra = struct.unpack_from("<HH", data, header + 26)
    data[header + 30 + length + extra + 2] ^= 0xFF
    pex.write_bytes(data)


def test_a_damaged_entry_is_named_and_nothing_of_it_stays(node: Node) -> None:
    pex = node.build()
    corrupt(pex, b"/large.bin")
    run = node.run(pex, "-c", CODE)
    assert run.returncode != 0
    assert "ship_env: the entry .deps/large-1.0-py3-none-any.whl/large.bin of" in run.stderr
    assert "CRC-32" in run.stderr
    assert not any((folder / "large.bin").exists() for folder in node.distributions())
    assert node.leftovers() == node.environments() == []


def test_an_artifact_that_was_cut_short_says_so(node: Node) -> None:
    pex = node.build()
    with pex.open("r+b") as file:
        file.truncate(pex.stat().st_size - 1000)
    run = node.run(pex, "-c", CODE)
    assert run.returncode != 0
    assert f"ship_env: {pex} is damaged: it does not end with the name of an artifact" in run.stderr
