"""Which code a worker process runs, from one task to the next."""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import zipimport
from pathlib import Path
from types import ModuleType

import pytest
from shipped_code import answer, archive, folder_on_path, point, unpacked


def test_the_highest_sequence_wins_also_when_it_goes_back(
    ship_env_code: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Spark does this in each task.
    monkeypatch.syspath_prepend(str(tmp_path))
    one = archive(
        tmp_path, {"my_model/__init__.py": "from .inner import ANSWER", "my_model/inner.py": "ANSWER = 1"}, ["my_model"]
    )
    two = archive(
        tmp_path, {"my_model/__init__.py": "from .inner import ANSWER", "my_model/inner.py": "ANSWER = 2"}, ["my_model"]
    )
    code = ship_env_code.Code()
    seen = []
    # The order is numeric, not alphabetic: 9 < 10, although "10…" < "9…" without the zeros.
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


@pytest.mark.parametrize("session", ["0840e739-ed40-461c-953d-eadd9e5a430c", "default"])
def test_above_the_folder_of_an_isolated_session_lies_that_of_the_executor(
    ship_env_code: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session: str
) -> None:
    monkeypatch.setenv("SPARK_JOB_ARTIFACT_UUID", session)
    one, two, three = (archive(tmp_path, {"my_model.py": f"ANSWER = {n}"}, ["my_model"]) for n in range(3))
    folder = tmp_path / session
    folder.mkdir()
    code = ship_env_code.Code()
    point(tmp_path, 1, one)
    if session == "default":
        assert not code.refresh(str(folder)), "what Spark says of a session that is not isolated names no folder"
        return
    assert code.refresh(str(folder))
    assert answer() == 0
    (tmp_path / str(two["file"])).rename(folder / str(two["file"]))
    point(folder, 2, two)
    assert code.refresh(str(folder))
    assert answer() == 1, "what the session has of its own is newer"
    point(tmp_path, 3, three)
    assert code.refresh(str(folder))
    assert answer() == 2


@pytest.mark.parametrize("imported_from", ["folder", "zip"])
def test_nothing_of_old_archives_stays_in_memory(
    ship_env_code: ModuleType, tmp_path: Path, imported_from: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code = ship_env_code.Code()
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


def test_the_highest_sequence_holds_of_names_that_a_ship_writes(ship_env_code: ModuleType, tmp_path: Path) -> None:
    for sequence, value in [(9, "old"), (10, "new")]:
        point(tmp_path, sequence, archive(tmp_path, {"my_model.py": f"ANSWER = {value!r}"}, ["my_model"]))
    # One digit of a hash would prove little.
    for length in (1, 31, 33):
        path = point(tmp_path, 11, archive(tmp_path, {"my_model.py": f"ANSWER = {length}"}, ["my_model"]))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.rename(path.with_name(path.name.replace(digest[:32], digest[:length])))
    ship_env_code.Code().refresh(str(tmp_path))
    assert answer() == "new"


def test_code_wins_over_what_the_executor_has_installed(
    ship_env_code: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = folder_on_path(tmp_path / "site", {"my_model.py": "ANSWER = 'released'"})
    monkeypatch.setattr(sys, "path", [*sys.path, installed])
    assert answer() == "released"
    point(tmp_path, 1, archive(tmp_path, {"my_model.py": "ANSWER = 'edited'"}, ["my_model"]))
    ship_env_code.Code().refresh(str(tmp_path))
    assert answer() == "edited"


def test_the_artifact_and_the_standard_library_win_over_code_as_on_the_driver(
    ship_env_code: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(folder_on_path(tmp_path / "artifact", {"my_model.py": "ANSWER = 'installed'"}))
    before = {name: importlib.import_module(name) for name in ("queue", "my_model")}
    files = {
        "queue.py": "ANSWER = 1",
        "statistics.py": "ANSWER = 1",
        "my_model.py": "ANSWER = 1",
        "own.py": "ANSWER = 1",
    }
    monkeypatch.delitem(sys.modules, "statistics", raising=False)
    point(tmp_path, 1, archive(tmp_path, files, ["queue", "statistics", "my_model", "own"]))
    ship_env_code.Code().refresh(str(tmp_path))
    assert {name: sys.modules.get(name) for name in before} == before, "no second copy of what was imported"
    assert hasattr(importlib.import_module("statistics"), "mean")
    assert (answer(), answer("own")) == ("installed", 1)


def test_code_that_the_new_pointer_no_longer_lists_is_gone(ship_env_code: ModuleType, tmp_path: Path) -> None:
    code = ship_env_code.Code()
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


def test_an_unchanged_archive_sees_what_another_one_defines_anew(ship_env_code: ModuleType, tmp_path: Path) -> None:
    code = ship_env_code.Code()
    user = archive(tmp_path, {"user.py": "from base import ANSWER"}, ["user"])
    for sequence in (1, 2):
        base = archive(tmp_path, {"base.py": f"ANSWER = {sequence}"}, ["base"])
        point(tmp_path, sequence, base, user)
        code.refresh(str(tmp_path))
        assert answer("user") == sequence


def test_a_namespace_package_spreads_over_archives_and_the_artifact(
    ship_env_code: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site" / "acme"
    site.mkdir(parents=True)
    (site / "released.py").write_text("ANSWER = 'released'")
    monkeypatch.syspath_prepend(str(site.parent))
    code = ship_env_code.Code()
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
    ship_env_code: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"acme/__init__.py": "import acme.model\nmodel = 'a name of its own'", "acme/model.py": ""}
    monkeypatch.setattr(sys, "path", [*sys.path, folder_on_path(tmp_path / "site", files)])
    parent = importlib.import_module("acme")
    point(tmp_path, 1, archive(tmp_path, {"acme/model.py": ""}, ["acme.model"]))
    ship_env_code.Code().refresh(str(tmp_path))
    assert parent.model == "a name of its own"
    assert "acme.model" not in sys.modules


def test_without_a_pointer_nothing_holds(ship_env_code: ModuleType, tmp_path: Path) -> None:
    code = ship_env_code.Code()
    assert not code.refresh(str(tmp_path))
    pointer = point(tmp_path, 1, archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"]))
    code.refresh(str(tmp_path))
    assert answer() == 1
    pointer.unlink()
    assert code.refresh(str(tmp_path))
    with pytest.raises(ModuleNotFoundError):
        answer()


def test_the_directory_is_where_the_daemon_started(
    ship_env_code: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = ship_env_code.Code()
    point(tmp_path, 1, archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"]))
    monkeypatch.chdir("/")
    assert code.refresh(".")
    assert answer() == 1
