"""An artifact's name covers its content: no other bytes run on a node or get into the shared cache."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from forged import (
    INDEX,
    Pair,
    compiled,
    edited,
    flipped,
    index_of,
    relabelled,
    rewritten,
    span_of,
    swapped_segment,
    with_index,
)
from node_artifacts import LAYOUT, Node

REFUSED = 126
SHOW = "import small; print(small.VALUE)"
# These variables ask for features that only the PEX's own boot code has.
ORDINARY = {"PEX_EXTRA_SYS_PATH": "/nowhere"}
FLUSH = {"SHIP_ENV_FLUSH": "1"}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(tmp_path_factory.mktemp("trust"))


@pytest.fixture
def node(pair: Pair) -> Iterator[Node]:
    """The node of the pair, with nothing unpacked."""
    yield pair.node
    for path in (pair.node.root, pair.node.container / ".ship-env-pex"):
        shutil.rmtree(path, ignore_errors=True)


def cache(node: Node) -> dict[str, bytes]:
    """All files that artifacts share on the node."""
    base = node.root / LAYOUT / "dist"
    return {str(path.relative_to(base)): path.read_bytes() for path in base.rglob("*") if path.is_file()}


def refused(run: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Check that a start was refused: it reported what is wrong and what to do, and ran nothing."""
    assert (run.returncode, run.stdout) == (REFUSED, "")
    for part in (*parts, "was not started", "Copy it from the target again"):
        assert part in run.stderr
    assert "ordinary PEX" not in run.stderr
    assert "Traceback" not in run.stderr


def test_the_rewriting_of_these_tests_gives_artifacts_that_run(pair: Pair, node: Node, tmp_path: Path) -> None:
    same = rewritten(pair.good, tmp_path / "same.pex", {})
    for variables in ({}, ORDINARY):
        run = node.run(same, "-c", SHOW, variables=variables)
        assert (run.returncode, run.stdout, run.stderr) == (0, "good\n", "")


HOSTILE = [swapped_segment, edited, compiled, relabelled]


@pytest.mark.parametrize("make", HOSTILE)
@pytest.mark.parametrize("variables", [{}, ORDINARY], ids=["environment", "ordinary PEX"])
def test_content_that_its_key_does_not_vouch_for_is_refused(
    pair: Pair, node: Node, tmp_path: Path, make: Callable[[Pair, Path], Path], variables: dict[str, str]
) -> None:
    hostile = make(pair, tmp_path / "hostile.pex")
    key = span_of(pair.good, "small")[2]
    refused(node.run(hostile, "-c", SHOW, variables=variables), f"should have the key {key}; its content has ")
    assert not any(key in name or "small" in name for name in cache(node))
    assert node.environments() == node.leftovers() == [] if (node.root / LAYOUT).exists() else True
    # Its leftovers do not change the artifact whose key it used.
    assert node.run(pair.good, "-c", SHOW).stdout == "good\n"


def test_what_is_in_the_cache_stays_as_it_is_whatever_comes_under_its_key(
    pair: Pair, node: Node, tmp_path: Path
) -> None:
    assert node.run(pair.good, "-c", SHOW).stdout == "good\n"
    before = cache(node)
    # A consistent index: the evil content with the key of the good one.
    index = index_of(pair.evil)
    key = span_of(pair.good, "small")[2]
    for row in index["segments"]:
        if row["wheel"].startswith("small"):
            row["key"] = key
    hostile = with_index(pair.evil, tmp_path / "hostile.pex", index)
    run = node.run(hostile, "-c", SHOW)
    # The cache holds the content of the key, so that content runs.
    assert (run.returncode, run.stdout) == (0, "good\n")
    assert cache(node) == before
    shutil.rmtree(node.root)
    refused(node.run(hostile, "-c", SHOW), f"should have the key {key}; its content has ")


@pytest.mark.parametrize("variables", [{}, ORDINARY], ids=["environment", "ordinary PEX"])
def test_the_index_of_another_artifact_is_refused(
    pair: Pair, node: Node, tmp_path: Path, variables: dict[str, str]
) -> None:
    with zipfile.ZipFile(pair.evil) as archive:
        hostile = rewritten(pair.good, tmp_path / "hostile.pex", {INDEX: archive.read(INDEX)})
    good, evil = index_of(pair.good)["id"], index_of(pair.evil)["id"]
    refused(node.run(hostile, "-c", SHOW, variables=variables), f"says that it is {good}; its index belongs to {evil}")
    assert not (node.root / LAYOUT).exists() or cache(node) == {}


@pytest.mark.parametrize("is_there", [False, True], ids=["new", "environment is there"])
def test_a_file_of_one_name_with_the_content_of_another_is_refused(
    pair: Pair, node: Node, tmp_path: Path, *, is_there: bool
) -> None:
    good, evil = index_of(pair.good)["id"], index_of(pair.evil)["id"]
    if is_there:
        assert node.run(pair.good, "-c", SHOW).stdout == "good\n"
        assert node.run(pair.evil, "-c", SHOW).stdout == "evil\n"
    mixed_up = tmp_path / f"{good}.pex"
    shutil.copy(pair.evil, mixed_up)
    refused(node.run(mixed_up, "-c", SHOW), str(mixed_up), evil)
    # Also by the bootstrap in the artifact, which an older header would run.
    refused(node.run(*node.boot(mixed_up, "", "-c", SHOW)), str(mixed_up), evil)
    right = tmp_path / f"{evil}.pex"
    shutil.copy(pair.evil, right)
    assert node.run(right, "-c", SHOW).stdout == "evil\n"


def test_a_copy_under_a_name_of_the_person_runs(pair: Pair, node: Node, tmp_path: Path) -> None:
    for name in ("my.pex", "env-production-of-2026-11.pex", "env-0123456789abcdef.pex", "env-0123456789abcdefghij.pex"):
        shutil.copy(pair.good, tmp_path / name)
        assert node.run(tmp_path / name, "-c", SHOW).stdout == "good\n"


@pytest.mark.parametrize("name", ["ship_env_runtime.py", "PEX-INFO", "__main__.py", "__pex__/__init__.py"])
def test_an_entry_of_the_artifact_itself_that_was_changed_is_refused(
    pair: Pair, node: Node, tmp_path: Path, name: str
) -> None:
    with zipfile.ZipFile(pair.good) as archive:
        content = archive.read(name)
    hostile = rewritten(pair.good, tmp_path / "hostile.pex", {name: content + b"\n"})
    refused(node.run(hostile, "-c", SHOW, variables=ORDINARY), f"the entry {name} of {hostile} should have the sha256")
    if name == "ship_env_runtime.py":
        refused(node.run(hostile, "-c", SHOW), f"the entry {name} of {hostile} should have the sha256")
        assert node.environments() == []


def test_boot_code_of_the_head_that_was_changed_is_refused_before_it_runs(
    pair: Pair, node: Node, tmp_path: Path
) -> None:
    with zipfile.ZipFile(pair.good) as archive:
        name = next(name for name in archive.namelist() if name.startswith(".bootstrap/") and name.endswith("/pex.py"))
        hostile = rewritten(pair.good, tmp_path / "hostile.pex", {name: archive.read(name) + b"\n"})
    refused(node.run(hostile, "-c", SHOW, variables=ORDINARY), "bytes of", "should have the sha256")


# The flipped bit is in a comment of the header, in the docstring of one of our modules, or in boot code of the pex tool
# that an environment does not need: the head still runs with each of them.
@pytest.mark.parametrize("near", [b"# A PEX of ", b'"""Run an artifact on ', b".bootstrap/pex/tools/"])
@pytest.mark.parametrize("variables", [{}, ORDINARY, FLUSH], ids=["environment", "ordinary PEX", "flush"])
def test_a_head_that_is_damaged_is_refused_before_anything_is_unpacked(
    pair: Pair, node: Node, tmp_path: Path, near: bytes, variables: dict[str, str]
) -> None:
    hostile = flipped(pair.good, tmp_path / "hostile.pex", near)
    length = index_of(pair.good)["head"]["length"]
    refused(node.run(hostile, "-c", SHOW, variables=variables), f"the first {length} bytes of {hostile} should have")
    assert not (node.root / LAYOUT).exists()
    assert not (node.container / ".ship-env-pex").exists()


def test_a_head_that_is_damaged_while_it_unpacks_is_refused_before_the_ordinary_boot(
    pair: Pair, node: Node, tmp_path: Path
) -> None:
    near = b".bootstrap/pex/tools/"
    pex = Path(shutil.copy(pair.good, tmp_path / "copy.pex"))
    damaged = flipped(pair.good, tmp_path / "damaged.pex", near)
    meanwhile = f"""
def fail(*_):
    Path({str(damaged)!r}).rename({str(pex)!r})
    raise RuntimeError("a surprise")
ship_env_node.boot.unpack_missing = fail
"""
    run = node.run(*node.boot(pex, meanwhile, "-c", SHOW))
    assert (run.returncode, run.stdout) == (REFUSED, "")
    assert f"bytes of {pex} should have the sha256" in run.stderr


def test_a_directory_that_points_elsewhere_is_refused_before_the_ordinary_boot(
    pair: Pair, node: Node, tmp_path: Path
) -> None:
    data = bytearray(pair.good.read_bytes())
    # The record of the entry, whose first 46 bytes are before its name; the CRC is its fourth field.
    record = data.rindex(b"small.py") - len(".deps/small-1.0-py3-none-any.whl/") - 46
    assert data[record : record + 4] == b"PK\1\2"
    data[record + 16] ^= 1
    hostile = tmp_path / "hostile.pex"
    hostile.write_bytes(data)
    hostile.chmod(0o755)
    refused(node.run(hostile, "-c", SHOW, variables=ORDINARY), f"the directory of {hostile} has")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"key": "../../../evil"}, "'../../../evil' was not expected"),
        ({"wheel": "../evil.whl"}, "'../evil.whl' was not expected"),
        ({"key": None}, "a text was expected, not None"),
        ({"offset": -1}, "a number of bytes was expected, not -1"),
        ({"executables": 3}, "TypeError"),
    ],
)
def test_an_index_that_names_what_it_must_not_is_refused(
    pair: Pair, node: Node, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    index = index_of(pair.good)
    index["segments"][0].update(change)
    hostile = rewritten(pair.good, tmp_path / "hostile.pex", {INDEX: json.dumps(index).encode()})
    refused(node.run(hostile, "-c", SHOW), "its index cannot be read", reason)


def test_another_python_than_the_environments_runs_nothing_unverified(pair: Pair, node: Node, tmp_path: Path) -> None:
    # SHIP_ENV_PYTHON may name such a python; then the pex tool's boot code decides.
    code = "sys.version_info = (3, 99, *sys.version_info[2:])"
    hostile = swapped_segment(pair, tmp_path / "hostile.pex")
    refused(node.run(*node.boot(hostile, code, "-c", SHOW)), "should have the key")
    assert not (node.root / LAYOUT).exists()


def test_the_key_and_the_id_are_those_that_the_driver_computed(pair: Pair) -> None:
    assert re.fullmatch(r"env-[0-9a-f]{20}", index_of(pair.good)["id"])
    assert index_of(pair.good)["id"] != index_of(pair.evil)["id"]
    assert span_of(pair.good, "large")[2] == span_of(pair.evil, "large")[2]
    assert span_of(pair.good, "small")[2] != span_of(pair.evil, "small")[2]
