"""How the runtime module unpacks code archives on a node: what comes out, who does it, and where nothing can."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from shipped_code import RUNTIME, answer, archive, point, unpacked

DATA = """
from pathlib import Path
ANSWER = (Path(__file__).parent / "data" / "labels.csv").read_text()
"""


def test_package_data_is_opened_by_its_path(runtime: ModuleType, tmp_path: Path) -> None:
    code = runtime.Code()
    # Back to the first one at the end: its folder is there already.
    for sequence, label in enumerate(["cat", "dog", "cat"]):
        files = {"my_model/__init__.py": DATA, "my_model/data/labels.csv": label}
        point(tmp_path, sequence, archive(tmp_path, files, ["my_model"]))
        code.refresh(str(tmp_path))
        assert answer() == label


def test_a_compiled_module_is_imported(runtime: ModuleType, tmp_path: Path) -> None:
    compiled = importlib.util.find_spec("markupsafe._speedups")
    assert compiled is not None
    assert compiled.origin is not None
    extension = Path(compiled.origin)
    files = {
        "my_model/__init__.py": "from . import _speedups as ANSWER",
        f"my_model/{extension.name}": extension.read_bytes(),
    }
    shipped = archive(tmp_path, files, ["my_model"])
    point(tmp_path, 1, shipped)
    runtime.Code().refresh(str(tmp_path))
    module = answer()
    assert isinstance(module, ModuleType)
    assert module.__file__ == str(unpacked(tmp_path, shipped) / "my_model" / extension.name)


def test_files_can_be_executed_as_before_and_have_the_umasks_permissions(runtime: ModuleType, tmp_path: Path) -> None:
    name = "code-1.zip"
    with zipfile.ZipFile(tmp_path / name, "w") as zip_file:
        for path, mode in [("tool.sh", 0o100755), ("my_model.py", 0o100644), ("wide.sh", 0o104777)]:
            entry = zipfile.ZipInfo(path)
            entry.external_attr = mode << 16
            zip_file.writestr(entry, "ANSWER = 1")
    shipped: dict[str, object] = {"file": name, "bytes": (tmp_path / name).stat().st_size, "modules": ["my_model"]}
    point(tmp_path, 1, shipped)
    before = os.umask(0o027)
    try:
        runtime.Code().refresh(str(tmp_path))
    finally:
        os.umask(before)
    folder = unpacked(tmp_path, shipped)
    modes = {path.name: oct(path.stat().st_mode & 0o7777) for path in [folder, *folder.iterdir()]}
    assert modes == {folder.name: "0o750", "tool.sh": "0o750", "wide.sh": "0o750", "my_model.py": "0o640"}


def test_an_archive_is_unpacked_once(runtime: ModuleType, tmp_path: Path) -> None:
    shipped = archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"])
    point(tmp_path, 1, shipped)
    runtime.Code().refresh(str(tmp_path))
    first = (unpacked(tmp_path, shipped) / "my_model.py").stat()
    runtime.Code().refresh(str(tmp_path))
    assert (unpacked(tmp_path, shipped) / "my_model.py").stat().st_ino == first.st_ino
    assert answer() == 1


@pytest.mark.parametrize(
    "entry", ["../evil.py", "/evil.py", "my_model/../../evil.py", "my_model//evil.py", "./evil.py", "../", "/"]
)
def test_an_entry_outside_of_the_folder_is_refused(runtime: ModuleType, tmp_path: Path, entry: str) -> None:
    files, spark = tmp_path / "files", runtime.Code()
    files.mkdir()
    point(files, 1, archive(files, {"my_model.py": "ANSWER = 1"}, ["my_model"]))
    spark.refresh(str(files))
    with zipfile.ZipFile(files / "code-2.zip", "w") as zip_file:
        zip_file.writestr("my_model.py", "ANSWER = 2")
        zip_file.writestr(entry, "")
    shipped = {"file": "code-2.zip", "bytes": (files / "code-2.zip").stat().st_size, "modules": ["my_model"]}
    point(files, 2, shipped)
    there = sorted(tmp_path.rglob("*"))
    with pytest.raises(runtime.CodeArchiveDamagedError, match=r"code-2\.zip is damaged: .* outside"):
        spark.refresh(str(files))
    assert sorted(tmp_path.rglob("*")) == there
    assert answer() == 1


def test_a_damaged_archive_is_named(runtime: ModuleType, tmp_path: Path) -> None:
    shipped = archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"])
    path = tmp_path / str(shipped["file"])
    path.write_bytes(path.read_bytes().replace(b"ANSWER = 1", b"ANSWER = 7"))
    point(tmp_path, 1, shipped)
    with pytest.raises(runtime.CodeArchiveDamagedError, match=str(shipped["file"])):
        runtime.Code().refresh(str(tmp_path))
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


# A worker of its own; before it renames what it unpacked, it says so and waits.
WORKER = """
import os, sys, ship_env_runtime
def rename(source, target, rename=os.rename):
    print("unpacked", flush=True)
    sys.stdin.readline()
    rename(source, target)
os.rename = rename
ship_env_runtime.Code().refresh(sys.argv[1])
import my_model
print(my_model.ANSWER, my_model.__file__)
"""


def worker_of(directory: Path, restrict: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    """Start a worker process on a directory of Spark's files."""
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(directory)],
        env={**os.environ, "PYTHONPATH": str(RUNTIME.parent), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=restrict,  # noqa: PLW1509 - pytest runs no threads here
    )


def test_of_workers_that_unpack_at_once_one_wins_and_all_run_what_it_unpacked(tmp_path: Path) -> None:
    shipped = archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"])
    point(tmp_path, 1, shipped)
    workers = [worker_of(tmp_path) for _ in range(3)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "unpacked\n"
    ends = [worker.communicate("go\n") for worker in workers]
    assert ends == [(f"1 {unpacked(tmp_path, shipped) / 'my_model.py'}\n", "")] * 3
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [unpacked(tmp_path, shipped)]


def may_not_write() -> None:
    """Let permissions hold for root as well: takes CAP_DAC_OVERRIDE away for good, where there are capabilities."""
    if os.getuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.prctl(24, 1) == 0, "PR_CAPBSET_DROP"


def may_write_4_kilobytes() -> None:
    """Stop every file at this size: writing on fails as it does on a full disk, with another number."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


@pytest.mark.parametrize("restrict", [may_not_write, may_write_4_kilobytes])
def test_where_nothing_can_be_written_the_archive_is_imported_as_it_is(
    tmp_path: Path, restrict: Callable[[], None]
) -> None:
    files = {"a.py": "", "my_model.py": "ANSWER = 1", "z.csv": "row\n" * 10_000}
    shipped = archive(tmp_path, files, ["my_model"])
    point(tmp_path, 1, shipped)
    there = sorted(tmp_path.iterdir())
    if restrict is may_not_write:
        tmp_path.chmod(0o555)
    worker = worker_of(tmp_path, restrict)
    output, log = worker.communicate()
    tmp_path.chmod(0o755)
    assert output == f"1 {tmp_path / str(shipped['file']) / 'my_model.py'}\n"
    assert len(log.splitlines()) == 1
    assert log.startswith(f"ship_env: cannot unpack {tmp_path / str(shipped['file'])}")
    assert sorted(tmp_path.iterdir()) == there
