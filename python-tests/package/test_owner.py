"""The process that a file belongs to, and whether that process has ended."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jupyterlab_ship_env.jupyter.owner import is_dead, owner_name

MACHINE, PID, START = owner_name().split("-")


def test_own_process_lives() -> None:
    assert int(PID) == os.getpid()
    assert not is_dead(owner_name())


def test_ended_process_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert is_dead(f"{MACHINE}-{process.pid}-{START}")


def test_process_that_got_the_id_later_is_another_one() -> None:
    assert is_dead(f"{MACHINE}-{PID}-{int(START) - 1}")


@pytest.mark.parametrize("name", [f"000000000000-{PID}-1", "abcdefgh", "", f"{MACHINE}-{PID}"])
def test_what_is_not_known_is_not_dead(name: str) -> None:
    assert not is_dead(name)
