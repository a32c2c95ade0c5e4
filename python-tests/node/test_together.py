"""Executors that start on one node at the same time, are killed, or come from different releases."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from node_artifacts import LAYOUT, Node, install, wait_for

# Prints what it unpacks, each line in one write, so that lines of several processes do not mix.
TELL = """
import os
real = ship_env_node.unpack._unpack
def tell(artifact, segment, folder):
    os.write(2, f"unpacks {segment.wheel}\\n".encode())
    return real(artifact, segment, folder)
ship_env_node.unpack._unpack = tell
"""


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_of_executors_that_start_together_each_distribution_is_unpacked_by_one(node: Node) -> None:
    for number in range(12):
        install(node.site, f"part{number}", {f"part{number}.bin": os.urandom(1 << 20), f"part{number}.py": ""})
    pex = node.build()
    executors = [node.start(*node.boot(pex, TELL, "-c", "import part0, part11; print('ran')")) for _ in range(4)]
    ends = [executor.communicate() for executor in executors]
    assert [output for output, _ in ends] == ["ran\n"] * 4
    unpacked = re.findall(r"unpacks (\w+)-", "".join(log for _, log in ends))
    assert sorted(unpacked) == sorted(f"part{number}" for number in range(12))
    assert [log for _, log in ends if "cannot use" in log] == []
    assert node.leftovers() == []


def test_executors_that_start_together_share_the_work(node: Node, tmp_path: Path) -> None:
    # One more than the processes of one executor can unpack at once.
    for number in range((os.cpu_count() or 1) + 1):
        install(node.site, f"part{number}", {f"part{number}.py": ""})
    pex = node.build()
    begun = tmp_path / "begun"
    begun.mkdir()
    meet = f"""
import os, time
real = ship_env_node.unpack._unpack
def together(artifact, segment, folder):
    # One process group for each executor.
    open(os.path.join({str(begun)!r}, str(os.getpgrp())), "w").close()
    deadline = time.monotonic() + 60
    while len(os.listdir({str(begun)!r})) < 2:
        assert time.monotonic() < deadline, "the other executor unpacks nothing"
        time.sleep(0.01)
    return real(artifact, segment, folder)
ship_env_node.unpack._unpack = together
"""
    executors = [node.start(*node.boot(pex, meet, "-c", "import part0, part1; print('ran')")) for _ in range(2)]
    assert [executor.communicate() for executor in executors] == [("ran\n", "")] * 2


def test_who_is_not_the_first_to_make_the_node_root_uses_it_all_the_same(node: Node) -> None:
    install(node.site, "small", {"small.py": ""})
    pex = node.build()
    faster = """
import os
real = os.mkdir
def late(path, mode=0o777):
    if path == sys.argv[2] and not os.path.exists(path):
        real(path, mode)
    real(path, mode)
os.mkdir = late
"""
    run = node.run(*node.boot(pex, faster, "-c", "import small; print('ran')"))
    assert (run.stdout, run.stderr) == ("ran\n", "")
    assert len(node.distributions()) == 1


def test_who_is_killed_while_it_unpacks_leaves_nothing_that_lasts(node: Node) -> None:
    install(node.site, "large", {"large.bin": os.urandom(256 << 20), "large.py": ""})
    install(node.site, "small", {"small.py": ""})
    pex = node.build()
    executor = node.start(pex, "-c", "")
    temporary = node.root / LAYOUT / "tmp"
    wait_for(lambda: temporary.is_dir() and any((path / "large.bin").exists() for path in temporary.iterdir()))
    os.killpg(executor.pid, signal.SIGKILL)
    executor.communicate()
    assert len(node.leftovers()) > 0, "the test was too late"
    run = node.run(pex, "-c", "import large, small; print('ran')")
    assert (run.stdout, run.stderr) == ("ran\n", "")
    assert node.leftovers() == []


def test_who_waits_goes_on_with_what_the_killed_one_had_begun(node: Node) -> None:
    install(node.site, "large", {"large.bin": os.urandom(256 << 20), "large.py": ""})
    pex = node.build()
    first = node.start(pex, "-c", "")
    temporary = node.root / LAYOUT / "tmp"
    wait_for(lambda: temporary.is_dir() and any(temporary.iterdir()))
    first.send_signal(signal.SIGSTOP)
    second = node.start(pex, "-c", "import large; print('ran')")
    # The process has opened the artifact and waits for the lock.
    time.sleep(0.5)
    assert second.poll() is None
    os.killpg(first.pid, signal.SIGKILL)
    assert second.communicate() == ("ran\n", "")
    first.communicate()
    assert node.leftovers() == []


def test_a_stopped_executor_is_not_waited_for_for_ever(node: Node) -> None:
    install(node.site, "large", {"large.bin": os.urandom(256 << 20), "large.py": ""})
    pex = node.build()
    first = node.start(pex, "-c", "import large; print('ran')")
    temporary = node.root / LAYOUT / "tmp"
    wait_for(lambda: temporary.is_dir() and any(temporary.iterdir()))
    os.killpg(first.pid, signal.SIGSTOP)
    impatient = "ship_env_node.unpack.PATIENCE = ship_env_node.link.PATIENCE = 0.1"
    second = subprocess.run(
        node.boot(pex, impatient, "-c", "import large; print('ran')"),
        env=node.environ(), cwd=node.container, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert second.stdout == "ran\n"
    os.killpg(first.pid, signal.SIGCONT)
    assert first.communicate() == ("ran\n", "")


def test_a_later_artifact_unpacks_only_what_changed(node: Node) -> None:
    install(node.site, "one", {"one.py": ""})
    node.run(node.build("first.pex"), "-c", "")
    (one,) = node.distributions()
    before = one.stat()
    install(node.site, "two", {"two.py": ""})
    run = node.run(node.build("second.pex"), "-c", "import one, two; print('ran')")
    assert run.stdout == "ran\n"
    assert len(node.distributions()) == 2
    assert (one.stat().st_ino, one.stat().st_ctime_ns) == (before.st_ino, before.st_ctime_ns)


def test_releases_with_another_layout_share_the_node_root(node: Node) -> None:
    install(node.site, "one", {"one.py": ""})
    pex = node.build()
    other = 'ship_env_node.places.LAYOUT = "ship-env-4"'
    code = "import one, sys; print(sys.prefix)"
    prefixes = [node.run(*command).stdout for command in [[pex, "-c", code], node.boot(pex, other, "-c", code)] * 2]
    assert [re.findall("ship-env-[34]", prefix) for prefix in prefixes] == [["ship-env-3"], ["ship-env-4"]] * 2


def test_what_may_not_have_reached_the_disk_before_a_restart_comes_anew(node: Node) -> None:
    install(node.site, "one", {"one.py": "VALUE = 1"})
    pex = node.build()
    node.run(pex, "-c", "")
    (one,) = node.distributions()
    mark = one / ".ship-env" / "state"
    boot = node.environments()[0] / ".ship-env" / "boot"
    # The first start settles in the background.
    wait_for(lambda: boot.read_text() == "synced\n" and mark.read_text().startswith("synced\n"))
    # The state after a loss of power before that.
    another = "00000000-0000-0000-0000-000000000000"
    mark.write_text(mark.read_text().replace("synced", another))
    boot.write_text(f"{another}\n")
    (one / "one.py").write_text("")
    assert node.run(pex, "-c", "import one; print(one.VALUE)").stdout == "1\n"
    assert (one / "one.py").read_text() == "VALUE = 1"
