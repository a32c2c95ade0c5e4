"""Files of artifacts on a node stay within a limit, and are never removed while a process uses them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from node_artifacts import LAYOUT, Node, install, wait_for

MEGABYTE = 1_000_000
# Room for two of the distributions below, in gigabytes.
LIMIT = {"SHIP_ENV_NODE_CACHE_LIMIT": "0.0025"}


class Fleet:
    """A node and artifacts for it: each has its own distribution of one megabyte, and one that all share."""

    def __init__(self, folder: Path) -> None:
        self.node = Node(folder)
        install(self.node.site, "shared", {"shared.py": ""})

    def build(self, name: str) -> Path:
        install(self.node.site, name, {f"{name}.py": "", f"{name}_later.py": "", f"{name}.bin": os.urandom(MEGABYTE)})
        pex = self.node.build(f"{name}.pex")
        for path in self.node.site.glob(f"{name}*"):
            subprocess.run(["rm", "-r", path], check=True)
        return pex

    def unpacked(self) -> set[str]:
        """Names of the distributions on the node."""
        return {
            path.stem for folder in self.node.distributions() for path in folder.glob("*.py") if "_" not in path.stem
        }

    def grow_old(self) -> None:
        """Make the last use of everything an hour older."""
        base = self.node.root / LAYOUT
        for path in [*base.glob("dist/*/.ship-env/state"), *base.glob("*/*/.ship-env/used")]:
            hour_ago = path.stat().st_mtime - 3600
            os.utime(path, (hour_ago, hour_ago))


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def test_what_was_used_least_recently_goes_first(fleet: Fleet) -> None:
    first, second, third = fleet.build("first"), fleet.build("second"), fleet.build("third")
    for pex in (first, second):
        assert fleet.node.run(pex, "-c", "", variables=LIMIT).stderr == ""
        fleet.node.settled()
    fleet.grow_old()
    # This start unpacks nothing, but uses the environment.
    fleet.node.run(first, "-c", "", variables=LIMIT)
    fleet.node.run(third, "-c", "", variables=LIMIT)
    wait_for(lambda: fleet.unpacked() == {"first", "third", "shared"})
    assert len(fleet.node.environments()) == 2
    wait_for(lambda: fleet.node.leftovers() == [])
    assert fleet.node.run(second, "-c", "import second; print('ran')", variables=LIMIT).stdout == "ran\n"


def test_nothing_goes_that_was_used_a_moment_ago(fleet: Fleet) -> None:
    for name in ("first", "second", "third"):
        fleet.node.run(fleet.build(name), "-c", "", variables=LIMIT)
        fleet.node.settled()
    time.sleep(0.5)
    assert fleet.unpacked() == {"first", "second", "third", "shared"}


def test_nothing_goes_while_there_is_room(fleet: Fleet) -> None:
    for name in ("first", "second", "third"):
        fleet.node.run(fleet.build(name), "-c", "")
        fleet.node.settled()
        fleet.grow_old()
    assert fleet.unpacked() == {"first", "second", "third", "shared"}


def test_what_a_process_runs_stays_until_it_is_killed(fleet: Fleet) -> None:
    nothing = {"SHIP_ENV_NODE_CACHE_LIMIT": "0"}
    # A child outlives the process that took the lock, as Spark's workers may outlive their daemon.
    code = (
        "import os, sys, time\n"
        "if os.fork(): os._exit(0)\n"
        "print(os.getpid(), flush=True)\n"
        "while not os.path.exists(sys.argv[1]): time.sleep(0.01)\n"
        "import first_later; print('imported', flush=True)\n"
        "time.sleep(600)\n"
    )
    go_on = fleet.node.folder / "go on"
    running = fleet.node.start(fleet.build("first"), "-c", code, str(go_on), **nothing)
    assert running.stdout is not None
    child = int(running.stdout.readline())
    try:
        fleet.node.settled()
        fleet.grow_old()
        fleet.node.run(fleet.build("second"), "-c", "", variables=nothing)
        fleet.node.settled()
        fleet.grow_old()
        fleet.node.run(fleet.build("third"), "-c", "", variables=nothing)
        wait_for(lambda: fleet.unpacked() == {"first", "third", "shared"})
        go_on.touch()
        assert running.stdout.readline() == "imported\n"
    finally:
        os.kill(child, signal.SIGKILL)
        running.communicate()
    fleet.node.settled()
    fleet.grow_old()
    fleet.node.run(fleet.build("fourth"), "-c", "", variables=nothing)
    wait_for(lambda: fleet.unpacked() == {"fourth", "shared"})


def test_what_killed_processes_left_goes(fleet: Fleet) -> None:
    pex = fleet.build("first")
    temporary = fleet.node.root / LAYOUT / "tmp"
    fleet.node.root.mkdir(mode=0o700)
    for folder in (temporary.parent, temporary):
        folder.mkdir(mode=0o700)
    (temporary / "some-key.0123456789abcdef").mkdir()
    fleet.node.run(pex, "-c", "")
    wait_for(lambda: fleet.node.leftovers() == [])


def test_a_limit_that_is_no_number_is_named_and_passed_over(fleet: Fleet) -> None:
    run = fleet.node.run(fleet.build("first"), "-c", "print('ran')", variables={"SHIP_ENV_NODE_CACHE_LIMIT": "20 GB"})
    assert run.stdout == "ran\n"
    assert run.stderr == "ship_env: SHIP_ENV_NODE_CACHE_LIMIT must be a number of gigabytes; it is '20 GB'\n"


# Runs until a file exists, then imports another module.
WAITING = (
    "import os, sys, time, first; print(first.__file__, flush=True)\n"
    "while not os.path.exists(sys.argv[1]): time.sleep(0.01)\n"
    "import first_later; print('imported')\n"
)
# Then the ordinary boot code of a PEX runs.
ORDINARY = {"PEX_EXTRA_SYS_PATH": "/nowhere"}


def ordinary(fleet: Fleet) -> list[str]:
    """Folders of ordinary PEXes in the node root."""
    return [path.name for path in (fleet.node.root / LAYOUT / "pex").iterdir()]


def test_what_an_ordinary_pex_unpacks_counts_and_goes_when_no_process_uses_it(fleet: Fleet) -> None:
    nothing = {**ORDINARY, "SHIP_ENV_NODE_CACHE_LIMIT": "0"}
    first, second = fleet.build("first"), fleet.build("second")
    go_on = fleet.node.folder / "go on"
    running = fleet.node.start(first, "-c", WAITING, str(go_on), **nothing)
    assert running.stdout is not None
    place = running.stdout.readline()
    assert place.startswith(str(fleet.node.root / LAYOUT / "pex"))
    fleet.grow_old()
    fleet.node.run(second, "-c", "", variables=nothing)
    fleet.grow_old()
    fleet.node.run(second, "-c", "", variables=nothing)
    assert len(ordinary(fleet)) == 2, "a process runs the first"
    go_on.touch()
    assert running.communicate() == ("imported\n", "")
    fleet.grow_old()
    fleet.node.run(second, "-c", "", variables=nothing)
    wait_for(lambda: len(ordinary(fleet)) == 1)


def test_a_flush_removes_all_but_what_is_in_use_or_was_a_moment_ago(fleet: Fleet) -> None:
    first, second = fleet.build("first"), fleet.build("second")
    go_on = fleet.node.folder / "go on"
    running = fleet.node.start(first, "-c", WAITING, str(go_on))
    assert running.stdout is not None
    assert running.stdout.readline().endswith("first.py\n")
    fleet.node.run(second, "-c", "")
    fleet.node.run(second, "-c", "", variables=ORDINARY)
    fleet.node.settled()
    flush = {"SHIP_ENV_FLUSH": "1"}
    fresh = fleet.node.run(second, "-c", "print('not run')", variables=flush)
    assert (fresh.returncode, fresh.stdout) == (0, "")
    assert "removed 0 MB" in fresh.stderr
    assert fleet.unpacked() == {"first", "second", "shared"}
    fleet.grow_old()
    assert "; 1 MB stay, which are in use" in fleet.node.run(second, variables=flush).stderr
    assert fleet.unpacked() == {"first", "shared"}
    assert ordinary(fleet) == []
    go_on.touch()
    assert running.communicate() == ("imported\n", "")
    fleet.grow_old()
    assert fleet.node.run(first, variables=flush).stderr.endswith(f"from {fleet.node.root / LAYOUT}\n")
    assert (fleet.node.distributions(), fleet.node.environments(), fleet.node.leftovers()) == ([], [], [])
    assert fleet.node.run(first, "-c", "import first; print('again')").stdout == "again\n"
