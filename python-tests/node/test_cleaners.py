"""Programs that clean /tmp by the age of single files: a folder that they changed never counts as complete."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from node_artifacts import LAYOUT, Node, install, wait_for

DAY = 24 * 60 * 60 * 10**9
# This variable is used instead of PEX_ROOT, which asks for a feature that only the PEX's own boot code has.
ORDINARY = {"PEX_EXTRA_SYS_PATH": "/nowhere"}
# Reads files that no start reads: a module, a data file of the distribution, and one of the environment.
USE = (
    "import sys, shared.late, pathlib; here = pathlib.Path(shared.late.__file__).parent\n"
    "print((here / 'table.csv').read_text(), *[path.read_text() for path in map(pathlib.Path, sys.argv[1:])])"
)
WAITING = (
    "import os, sys, time; print('up', flush=True)\n"
    "while not os.path.exists(sys.argv[1]): time.sleep(0.01)\n"
    "import shared.late; print('imported')\n"
)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    one = Node(tmp_path)
    shared = {"shared/__init__.py": "", "shared/late.py": "", "shared/table.csv": "1"}
    install(one.site, "shared", {**shared, "../../../share/map.txt": "2"})
    return one


def grow_old(node: Node, days: float) -> None:
    """Make all files some days older. A test cannot change ctime, so the cleaner here ignores it."""
    for path in node.root.rglob("*"):
        found = path.lstat()
        times = (found.st_atime_ns - int(days * DAY), found.st_mtime_ns - int(days * DAY))
        os.utime(path, ns=times, follow_symlinks=False)


def clean(node: Node) -> list[Path]:
    """Remove files that were neither read nor written for ten days, like systemd-tmpfiles."""
    taken = []
    for folder, folders, names in os.walk(node.root, topdown=False):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for path in [Path(folder) / name for name in [*names, *links]]:
            found = path.lstat()
            if max(found.st_atime_ns, found.st_mtime_ns) < time.time_ns() - 10 * DAY:
                path.unlink()
                taken.append(path)
    return taken


def read_some(node: Node) -> None:
    """Act like a program that reads some modules each day, with any way in which the file system notes reads."""
    for path in node.root.glob(f"{LAYOUT}/*/*/**/__init__.py"):
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))


@pytest.mark.parametrize("variables", [{}, ORDINARY], ids=["environment", "ordinary PEX"])
def test_what_a_cleaner_of_old_files_took_comes_back(node: Node, variables: dict[str, str]) -> None:
    pex = node.build()
    assert node.run(pex, "-c", "", variables=variables).stderr == ""
    if not variables:
        node.settled()
    # The distribution was used each day: by its own environment, and by another one that shares it.
    grow_old(node, 11)
    read_some(node)
    install(node.site, "another", {"another.py": ""})
    another = node.build("another.pex")
    for _ in range(2):
        assert node.run(another, "-c", "import shared", variables=variables).stderr == ""
        assert node.run(pex, "-c", "import shared", variables=variables).stderr == ""
    node.settled()
    taken = clean(node)
    assert {"late.py", "table.csv"} <= {path.name for path in taken}
    assert any(path.name in {"share", "map.txt"} for path in taken)
    files = [] if variables else [str(path / "share" / "map.txt") for path in node.environments()]
    for each in (pex, another):
        run = node.run(each, "-c", USE, *files, variables=variables)
        assert (run.stdout, run.stderr) == (" ".join(["1", *["2"] * len(files)]) + "\n", "")
    assert node.leftovers() == []


def test_nothing_is_older_than_the_witness(node: Node) -> None:
    # Cleaners use different times of a file.
    pex = node.build()
    for variables in ({}, ORDINARY) * 2:
        assert node.run(pex, "-c", "import shared.late", variables=variables).stderr == ""
        node.settled()
    entries = list((node.root / LAYOUT).glob("*/*/.ship-env"))
    assert {mark.parent.parent.name for mark in entries} == {"dist", "env", "pex"}
    for mark in entries:
        witness = (mark / "whole").lstat()
        files = [path for path in mark.parent.rglob("*") if path.is_symlink() or path.is_file()]
        for stamp in ("st_atime_ns", "st_mtime_ns", "st_ctime_ns"):
            age = getattr(witness, stamp)
            assert [path for path in files if getattr(path.lstat(), stamp) < age] == []


@pytest.mark.parametrize("variables", [{}, ORDINARY], ids=["environment", "ordinary PEX"])
def test_what_a_process_runs_stays_also_when_it_was_made_anew_meanwhile(node: Node, variables: dict[str, str]) -> None:
    pex = node.build()
    nothing = {**variables, "SHIP_ENV_NODE_CACHE_LIMIT": "0"}
    go_on = node.folder / "go on"
    running = node.start(pex, "-c", WAITING, str(go_on), **variables)
    assert running.stdout is not None
    assert running.stdout.readline() == "up\n"
    if not variables:
        node.settled()
    witnesses = list((node.root / LAYOUT).glob("*/*/.ship-env/whole"))
    assert len(witnesses) == (1 if variables else 2)
    for path in witnesses:
        path.unlink()
    # This start unpacks it again.
    assert node.run(pex, "-c", "", variables=variables).stderr == ""
    kind = node.root / LAYOUT / ("pex" if variables else "env")
    before = set(kind.iterdir())
    install(node.site, "unused", {"unused.py": ""})
    assert node.run(node.build("unused.pex"), "-c", "", variables=variables).stderr == ""
    (unused,) = set(kind.iterdir()) - before
    node.settled()
    grow_old(node, 1)
    install(node.site, "another", {"another.py": ""})
    assert node.run(node.build("another.pex"), "-c", "", variables=nothing).stderr == ""
    # It was used last, so it is removed after everything else that counts as unused.
    wait_for(lambda: not unused.exists())
    node.settled()
    go_on.touch()
    assert running.communicate() == ("imported\n", "")


@pytest.mark.parametrize("variables", [{}, ORDINARY], ids=["environment", "ordinary PEX"])
def test_a_folder_that_a_process_runs_from_is_locked_against_systemd(node: Node, variables: dict[str, str]) -> None:
    pex = node.build()
    go_on = node.folder / "go on"
    running = node.start(pex, "-c", WAITING, str(go_on), **variables)
    assert running.stdout is not None
    assert running.stdout.readline() == "up\n"
    node.settled()
    lock = ["flock", "--exclusive", "--nonblock", str(node.root / LAYOUT), "true"]
    assert subprocess.run(lock, check=False).returncode == 1
    go_on.touch()
    assert running.communicate() == ("imported\n", "")
    assert subprocess.run(lock, check=False).returncode == 0


def test_a_cleaner_that_holds_the_lock_holds_up_nothing(node: Node) -> None:
    pex = node.build()
    node.run(pex, "-c", "")
    node.settled()
    run = node.run("flock", "--exclusive", node.root / LAYOUT, pex, "-c", "import shared; print('ran')")
    assert (run.stdout, run.stderr) == ("ran\n", "")
