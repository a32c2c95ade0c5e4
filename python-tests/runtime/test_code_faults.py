"""Code archives and pointer files that are missing, half there, or of another form."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from shipped_code import answer, archive, point, write_pointer


def test_a_missing_archive_is_named(ship_env_code: ModuleType, tmp_path: Path) -> None:
    shipped = archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"])
    point(tmp_path, 1, shipped)
    (tmp_path / str(shipped["file"])).unlink()
    with pytest.raises(ship_env_code.CodeArchiveMissingError, match=rf"ship_env: .*{shipped['file']}.* is missing"):
        ship_env_code.Code().refresh(str(tmp_path))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (
            {"schema": 1, "archives": [{"file": "a.zip", "bytes": 1, "modules": []}]},
            "it has schema 1, .* reads schema 2",
        ),
        ({"schema": 2, "archives": [{"file": "a.zip", "bytes": 1, "modules": []}]}, "KeyError: 'sha256'"),
        ({"schema": 2, "archives": [{"file": "../a", "bytes": 1, "sha256": "", "modules": []}]}, "not the name of a"),
        ([], "TypeError"),
    ],
)
def test_a_pointer_of_another_form_is_told_as_such_and_the_code_stays(
    ship_env_code: ModuleType, tmp_path: Path, content: object, found: str
) -> None:
    code = ship_env_code.Code()
    point(tmp_path, 1, archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"]))
    code.refresh(str(tmp_path))
    write_pointer(tmp_path, 2, content)
    for _ in range(2):
        with pytest.raises(ship_env_code.CodePointerUnknownError, match=f"another release .*: .*{found}.* Ship with"):
            code.refresh(str(tmp_path))
    assert answer() == 1


@pytest.mark.parametrize("damage", ["archive missing", "archive half there", "pointer half there"])
def test_files_that_another_task_fetches_just_now_are_passed_over(
    ship_env_code: ModuleType, tmp_path: Path, damage: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code = ship_env_code.Code()
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
    # A fresh worker uses the complete pointer, and a worker that has it keeps it.
    assert ship_env_code.Code().refresh(str(tmp_path))
    assert victim.name in capfd.readouterr().err
    assert not code.refresh(str(tmp_path))
    assert answer() == 1
    victim.write_bytes(whole)
    assert code.refresh(str(tmp_path))
    assert answer() == 2
