"""The runtime module that travels in every artifact: which code a worker process runs, from one task to the next."""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import importlib.util
import json
import os
import resource
import site
import subprocess
import sys
import zipfile
import zipimport
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pyspark
import pytest

RUNTIME = Path(__file__).parents[1] / "jupyterlab_ship_env" / "runtime" / "ship_env_runtime.py"


@pytest.fixture
def runtime() -> Iterator[ModuleType]:
    """The module, freshly loaded; sys.path and sys.modules are as before afterwards."""
    path, modules, importers = list(sys.path), dict(sys.modules), dict(sys.path_importer_cache)
    spec = importlib.util.spec_from_file_location("ship_env_runtime", RUNTIME)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = path
    sys.modules.clear()
    sys.modules.update(modules)
    sys.path_importer_cache.clear()
    sys.path_importer_cache.update(importers)


def archive(directory: Path, files: Mapping[str, str | bytes], modules: list[str]) -> dict[str, object]:
    """Write a code archive named by its content; what a pointer file says of it."""
    digest = hashlib.sha256(repr(files).encode()).hexdigest()[:8]
    name = f"code-{digest}.zip"
    with zipfile.ZipFile(directory / name, "w") as zip_file:
        # zipimport finds a namespace package only by the entry of its directory.
        for folder in sorted({f"{parent}/" for path in files for parent in Path(path).parents} - {"./"}):
            zip_file.writestr(folder, "")
        for path, content in files.items():
            zip_file.writestr(path, content)
    return {"file": name, "bytes": (directory / name).stat().st_size, "modules": modules}


def point(directory: Path, sequence: int, *archives: dict[str, object]) -> Path:
    """Write a pointer file."""
    content = json.dumps({"schema": 1, "archives": archives}).encode()
    path = directory / f"ship-env-code-{sequence:020d}-{hashlib.sha256(content).hexdigest()[:16]}.json"
    path.write_bytes(content)
    return path


def unpacked(directory: Path, shipped: dict[str, object]) -> Path:
    """Where an archive is unpacked."""
    return directory / f".ship-env-code-{Path(str(shipped['file'])).stem}"


def answer(name: str = "my_model") -> object:
    """What a function pickled by reference would find."""
    return importlib.import_module(name).ANSWER


def test_the_highest_sequence_wins_also_when_it_goes_back(
    runtime: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As Spark does in each task.
    monkeypatch.syspath_prepend(str(tmp_path))
    one = archive(
        tmp_path, {"my_model/__init__.py": "from .inner import ANSWER", "my_model/inner.py": "ANSWER = 1"}, ["my_model"]
    )
    two = archive(
        tmp_path, {"my_model/__init__.py": "from .inner import ANSWER", "my_model/inner.py": "ANSWER = 2"}, ["my_model"]
    )
    code = runtime.Code()
    seen = []
    # Not in the order of the alphabet: 9 < 10, though "10…" < "9…" without the zeros.
    for sequence, shipped in [(0, one), (9, two), (10, one), (11, two)]:
        content = point(tmp_path, sequence, shipped)
        assert code.refresh(str(tmp_path))
        assert content.exists()
        seen.append(answer())
    assert seen == [1, 2, 1, 2]
    assert not code.refresh(str(tmp_path)), "nothing changed"
    assert [entry for entry in sys.path if entry.startswith(f"{tmp_path}/")] == [str(unpacked(tmp_path, two))]
    dynload = str(Path(os.__file__).parent / "lib-dynload")
    assert sys.path.index(str(unpacked(tmp_path, two))) == sys.path.index(dynload) + 1


@pytest.mark.parametrize("imported_from", ["folder", "zip"])
def test_nothing_of_old_archives_stays_in_memory(
    runtime: ModuleType, tmp_path: Path, imported_from: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code = runtime.Code()
    for sequence in range(3):
        shipped = archive(tmp_path, {"acme/right.py": f"ANSWER = {sequence}"}, ["acme.right"])
        if imported_from == "zip":
            unpacked(tmp_path, shipped).write_text("in the way")
        point(tmp_path, sequence, shipped)
        code.refresh(str(tmp_path))
        assert answer("acme.right") == sequence
    kept = [*sys.path, *sys.path_importer_cache, *zipimport._zip_directory_cache]
    assert {Path(path).parts[len(tmp_path.parts)] for path in kept if path.startswith(str(tmp_path))} == {
        unpacked(tmp_path, shipped).name if imported_from == "folder" else shipped["file"]
    }
    assert len(capfd.readouterr().err.splitlines()) == (0 if imported_from == "folder" else 3)


def test_sequences_are_numbers(runtime: ModuleType, tmp_path: Path) -> None:
    for sequence, value in [(9, "old"), (10, "new")]:
        shipped = archive(tmp_path, {"my_model.py": f"ANSWER = {value!r}"}, ["my_model"])
        path = point(tmp_path, sequence, shipped)
        path.rename(path.with_name(path.name.replace(f"{sequence:020d}", str(sequence))))
    runtime.Code().refresh(str(tmp_path))
    assert answer() == "new"


def test_code_wins_over_what_the_executor_has_installed(
    runtime: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "my_model.py").write_text("ANSWER = 'released'")
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    assert answer() == "released"
    point(tmp_path, 1, archive(tmp_path, {"my_model.py": "ANSWER = 'edited'"}, ["my_model"]))
    runtime.Code().refresh(str(tmp_path))
    assert answer() == "edited"


def test_the_artifact_and_the_standard_library_win_over_code_as_on_the_driver(
    runtime: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "artifact"
    site.mkdir()
    (site / "my_model.py").write_text("ANSWER = 'installed'")
    monkeypatch.syspath_prepend(str(site))
    before = {name: importlib.import_module(name) for name in ("queue", "my_model")}
    files = {
        "queue.py": "ANSWER = 1",
        "statistics.py": "ANSWER = 1",
        "my_model.py": "ANSWER = 1",
        "own.py": "ANSWER = 1",
    }
    monkeypatch.delitem(sys.modules, "statistics", raising=False)
    point(tmp_path, 1, archive(tmp_path, files, ["queue", "statistics", "my_model", "own"]))
    runtime.Code().refresh(str(tmp_path))
    assert {name: sys.modules.get(name) for name in before} == before, "no second copy of what was imported"
    assert hasattr(importlib.import_module("statistics"), "mean")
    assert (answer(), answer("own")) == ("installed", 1)


def test_code_that_the_new_pointer_no_longer_lists_is_gone(runtime: ModuleType, tmp_path: Path) -> None:
    code = runtime.Code()
    kept = archive(tmp_path, {"kept.py": "import dropped; ANSWER = 1"}, ["kept"])
    dropped = archive(tmp_path, {"dropped.py": "ANSWER = 1"}, ["dropped"])
    point(tmp_path, 1, kept, dropped)
    code.refresh(str(tmp_path))
    assert (answer("kept"), answer("dropped")) == (1, 1)
    point(tmp_path, 2, kept)
    code.refresh(str(tmp_path))
    for name in ("dropped", "kept"):
        with pytest.raises(ModuleNotFoundError, match="dropped"):
            importlib.import_module(name)


def test_an_unchanged_archive_sees_what_another_one_defines_anew(runtime: ModuleType, tmp_path: Path) -> None:
    code = runtime.Code()
    user = archive(tmp_path, {"user.py": "from base import ANSWER"}, ["user"])
    for sequence in (1, 2):
        base = archive(tmp_path, {"base.py": f"ANSWER = {sequence}"}, ["base"])
        point(tmp_path, sequence, base, user)
        code.refresh(str(tmp_path))
        assert answer("user") == sequence


def test_a_namespace_package_spreads_over_archives_and_the_artifact(
    runtime: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site" / "acme"
    site.mkdir(parents=True)
    (site / "released.py").write_text("ANSWER = 'released'")
    monkeypatch.syspath_prepend(str(site.parent))
    code = runtime.Code()
    left = archive(tmp_path, {"acme/left.py": "ANSWER = 'left'"}, ["acme.left"])
    for sequence in (1, 2):
        right = archive(tmp_path, {"acme/right/__init__.py": f"ANSWER = {sequence}"}, ["acme.right"])
        point(tmp_path, sequence, left, right)
        code.refresh(str(tmp_path))
        from acme import left as by_attribute  # type: ignore[import-not-found]  # noqa: F401
        from acme import right

        assert sequence == right.ANSWER, "the parent package does not keep the old module"
        assert (answer("acme.left"), answer("acme.released")) == ("left", "released")


def test_a_submodules_name_that_its_parent_uses_for_something_else_stays(
    runtime: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site" / "acme"
    site.mkdir(parents=True)
    (site / "__init__.py").write_text("import acme.model\nmodel = 'a name of its own'")
    (site / "model.py").write_text("")
    monkeypatch.setattr(sys, "path", [*sys.path, str(site.parent)])
    parent = importlib.import_module("acme")
    point(tmp_path, 1, archive(tmp_path, {"acme/model.py": ""}, ["acme.model"]))
    runtime.Code().refresh(str(tmp_path))
    assert parent.model == "a name of its own"
    assert "acme.model" not in sys.modules


def test_without_a_pointer_nothing_holds(runtime: ModuleType, tmp_path: Path) -> None:
    code = runtime.Code()
    assert not code.refresh(str(tmp_path))
    pointer = point(tmp_path, 1, archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"]))
    code.refresh(str(tmp_path))
    assert answer() == 1
    pointer.unlink()
    assert code.refresh(str(tmp_path))
    with pytest.raises(ModuleNotFoundError):
        answer()


def test_a_missing_archive_is_named(runtime: ModuleType, tmp_path: Path) -> None:
    shipped = archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"])
    point(tmp_path, 1, shipped)
    (tmp_path / str(shipped["file"])).unlink()
    with pytest.raises(runtime.CodeArchiveMissingError, match=rf"ship_env: .*{shipped['file']}.* is missing"):
        runtime.Code().refresh(str(tmp_path))


@pytest.mark.parametrize("damage", ["archive missing", "archive half there", "pointer half there"])
def test_files_that_another_task_fetches_just_now_are_passed_over(
    runtime: ModuleType, tmp_path: Path, damage: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code = runtime.Code()
    point(tmp_path, 1, archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"]))
    code.refresh(str(tmp_path))
    shipped = archive(tmp_path, {"my_model.py": "ANSWER = 2"}, ["my_model"])
    pointer, zip_file = point(tmp_path, 2, shipped), tmp_path / str(shipped["file"])
    victim = pointer if damage.startswith("pointer") else zip_file
    whole = victim.read_bytes()
    if damage.endswith("half there"):
        victim.write_bytes(whole[: len(whole) // 2])
    else:
        victim.unlink()
    # A fresh worker takes the complete one, one that has it keeps it.
    assert runtime.Code().refresh(str(tmp_path))
    assert victim.name in capfd.readouterr().err
    assert not code.refresh(str(tmp_path))
    assert answer() == 1
    victim.write_bytes(whole)
    assert code.refresh(str(tmp_path))
    assert answer() == 2


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


def test_the_directory_is_where_the_daemon_started(
    runtime: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = runtime.Code()
    point(tmp_path, 1, archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"]))
    monkeypatch.chdir("/")
    assert code.refresh(".")
    assert answer() == 1


@pytest.fixture
def spark_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker knows once Spark's own setup_spark_files ran."""
    monkeypatch.setattr(pyspark.SparkFiles, "_is_running_on_worker", True)
    monkeypatch.setattr(pyspark.SparkFiles, "_root_directory", str(tmp_path))


@pytest.mark.usefixtures("spark_files")
def test_both_call_forms_of_pyspark_4_are_wrapped(runtime: ModuleType, tmp_path: Path) -> None:
    calls: list[tuple[object, ...]] = []
    worker_util = SimpleNamespace(setup_spark_files=lambda *arguments: calls.append(arguments))
    runtime.hook_util(worker_util, runtime.Code())
    point(tmp_path, 1, archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"]))
    worker_util.setup_spark_files("stream")
    assert answer() == 1
    point(tmp_path, 2, archive(tmp_path, {"my_model.py": "ANSWER = 2"}, ["my_model"]))
    worker_util.setup_spark_files(str(tmp_path), [])
    assert answer() == 2
    assert calls == [("stream",), (str(tmp_path), [])]


@pytest.mark.usefixtures("spark_files")
def test_the_worker_of_pyspark_3_is_wrapped_after_the_fork(
    runtime: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = ModuleType("pyspark.worker")
    worker.read_command = lambda serializer, file: (serializer, file, answer())  # type: ignore[attr-defined]
    daemon = SimpleNamespace(worker=lambda *_: worker.read_command("serializer", "file"))
    runtime.hook_daemon(daemon, runtime.Code())
    monkeypatch.setitem(sys.modules, "pyspark.worker", worker)
    monkeypatch.setattr(pyspark, "worker", worker, raising=False)
    for sequence in (1, 2):
        shipped = archive(tmp_path, {"my_model.py": f"ANSWER = {sequence}"}, ["my_model"])
        point(tmp_path, sequence, shipped)
        assert daemon.worker("socket", "authenticated") == ("serializer", "file", sequence)
        assert not hasattr(worker.read_command.__wrapped__, "__wrapped__"), "wrapped once"


def test_the_clusters_modules_win_over_those_of_the_nodes_python(
    runtime: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed, cluster, artifact = site.getsitepackages()[0], str(tmp_path / "a"), str(tmp_path / "b")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([artifact, cluster, "elsewhere"]))
    monkeypatch.setattr(sys, "path", [artifact, "stdlib", installed, "plugins", cluster])
    runtime.prefer_pythonpath()
    assert sys.path == [artifact, "stdlib", cluster, installed, "plugins"]


def test_it_imports_nothing_that_starts_threads(tmp_path: Path) -> None:
    script = (
        "import sys, threading, ship_env_runtime; import pyspark.daemon, pyspark.worker_util;"
        "print(sorted({'pandas', 'pyarrow', 'numpy', 'pyspark.worker'} & set(sys.modules)), threading.active_count())"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(RUNTIME.parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "[] 1\n"
    assert run.stderr == ""
