"""How the runtime module unpacks code archives on a node: the result, the process that does it, and failures."""

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
from shipped_code import RUNTIME, answer, archive, listed, point, unpacked

DATA = """
from pathlib import Path
ANSWER = (Path(__file__).parent / "data" / "labels.csv").read_text()
"""


def test_package_data_is_opened_by_its_path(ship_env_code: ModuleType, tmp_path: Path) -> None:
    code = ship_env_code.Code()
    # The last one is the first again: its folder exists already.
    for sequence, label in enumerate(["cat", "dog", "cat"]):
        files = {"my_model/__init__.py": DATA, "my_model/data/labels.csv": label}
        point(tmp_path, sequence, archive(tmp_path, files, ["my_model"]))
        code.refresh(str(tmp_path))
        assert answer() == label


def test_a_compiled_module_is_imported(ship_env_code: ModuleType, tmp_path: Path) -> None:
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
    ship_env_code.Code().refresh(str(tmp_path))
    module = answer()
    assert isinstance(module, ModuleType)
    assert module.__file__ == str(unpacked(tmp_path, shipped) / "my_model" / extension.name)


def test_files_can_be_executed_as_before_and_have_the_umasks_permissions(
    ship_env_code: ModuleType, tmp_path: Path
) -> None:
    name = "code-1.zip"
    with zipfile.ZipFile(tmp_path / name, "w") as zip_file:
        for path, mode in [("tool.sh", 0o100755), ("my_model.py", 0o100644), ("wide.sh", 0o104777)]:
            entry = zipfile.ZipInfo(path)
            entry.external_attr = mode << 16
            zip_file.writestr(entry, "ANSWER = 1")
    shipped = listed(tmp_path / name, ["my_model"])
    point(tmp_path, 1, shipped)
    before = os.umask(0o027)
    try:
        ship_env_code.Code().refresh(str(tmp_path))
    finally:
        os.umask(before)
    folder = unpacked(tmp_path, shipped)
    modes = {path.name: oct(path.stat().st_mode & 0o7777) for path in [folder, *folder.iterdir()]}
    assert modes == {folder.name: "0o750", "tool.sh": "0o750", "wide.sh": "0o750", "my_model.py": "0o640"}


def test_an_archive_is_unpacked_once(ship_env_code: ModuleType, tmp_path: Path) -> None:
    shipped = archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"])
    point(tmp_path, 1, shipped)
    ship_env_code.Code().refresh(str(tmp_path))
    first = (unpacked(tmp_path, shipped) / "my_model.py").stat()
    ship_env_code.Code().refresh(str(tmp_path))
    assert (unpacked(tmp_path, shipped) / "my_model.py").stat().st_ino == first.st_ino
    assert answer() == 1


@pytest.mark.parametrize(
    "entry", ["../evil.py", "/evil.py", "my_model/../../evil.py", "my_model//evil.py", "./evil.py", "../", "/"]
)
def test_an_entry_outside_of_the_folder_is_refused(ship_env_code: ModuleType, tmp_path: Path, entry: str) -> None:
    files, spark = tmp_path / "files", ship_env_code.Code()
    files.mkdir()
    point(files, 1, archive(files, {"my_model.py": "ANSWER = 1"}, ["my_model"]))
    spark.refresh(str(files))
    with zipfile.ZipFile(files / "code-2.zip", "w") as zip_file:
        zip_file.writestr("my_model.py", "ANSWER = 2")
        zip_file.writestr(entry, "")
    shipped = listed(files / "code-2.zip", ["my_model"])
    point(files, 2, shipped)
    there = sorted(tmp_path.rglob("*"))
    with pytest.raises(ship_env_code.CodeArchiveDamagedError, match=r"code-2\.zip is damaged: .* outside"):
        spark.refresh(str(files))
    assert sorted(tmp_path.rglob("*")) == there
    assert answer() == 1


def write_zip(path: Path, source: str) -> None:
    with zipfile.ZipFile(path, "w") as zip_file:
        zip_file.writestr(zipfile.ZipInfo("my_model.py"), source)


def test_an_archive_of_the_same_size_that_was_not_shipped_is_refused_and_leaves_nothing(
    ship_env_code: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "code-1.zip"
    write_zip(path, "ANSWER = 1")
    shipped = listed(path, ["my_model"])
    # A zip like any other; size and every CRC are right.
    write_zip(path, "ANSWER = 7")
    assert path.stat().st_size == shipped["bytes"]
    point(tmp_path, 1, shipped)
    found = str(listed(path, [])["sha256"])
    with pytest.raises(ship_env_code.CodeArchiveDamagedError) as refusal:
        ship_env_code.Code().refresh(str(tmp_path))
    message = str(refusal.value)
    assert all(part in message for part in (str(path), str(shipped["sha256"]), found, "ship again"))
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
    assert not [entry for entry in sys.path if entry.startswith(str(tmp_path))]


def test_what_another_archive_of_the_same_name_left_unpacked_is_not_taken(
    ship_env_code: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "code-1.zip"
    for sequence, source in enumerate(["ANSWER = 'stale'", "ANSWER = 'newer'"]):
        write_zip(path, source)
        point(tmp_path, sequence, listed(path, ["my_model"]))
        ship_env_code.Code().refresh(str(tmp_path))
        sys.modules.pop("my_model", None)
    assert answer() == "newer"


def test_an_archive_is_read_for_its_digest_once_for_all_processes_of_an_executor(
    ship_env_code: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    verify = ship_env_code._verify
    monkeypatch.setattr(ship_env_code, "_verify", lambda archive: (read.append(archive.path), verify(archive)))
    shipped = archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"])
    point(tmp_path, 1, shipped)
    for _ in range(3):
        ship_env_code.Code().refresh(str(tmp_path))
    assert read == [tmp_path / str(shipped["file"])]


def test_a_damaged_archive_is_named(ship_env_code: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / str(archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"])["file"])
    path.write_bytes(path.read_bytes().replace(b"ANSWER = 1", b"ANSWER = 7"))
    # Damaged before it was shipped: the digest holds, and the CRC-32 of the entry does not.
    shipped = listed(path, ["my_model"])
    point(tmp_path, 1, shipped)
    with pytest.raises(ship_env_code.CodeArchiveDamagedError, match=str(shipped["file"])):
        ship_env_code.Code().refresh(str(tmp_path))
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


# A worker of its own; before it renames what it unpacked, it says so and waits.
WORKER = """
import os, sys, ship_env_code
def rename(source, target, rename=os.rename):
    print("unpacked", flush=True)
    sys.stdin.readline()
    rename(source, target)
os.rename = rename
ship_env_code.Code().refresh(sys.argv[1])
import my_model
print(my_model.ANSWER, my_model.__file__)
"""


def worker_of(directory: Path, restrict: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    """Start a worker process on a directory of Spark's files."""
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(directory)],
        env={**os.environ, "PYTHONPATH": str(RUNTIME), "PYTHONDONTWRITEBYTECODE": "1"},
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
