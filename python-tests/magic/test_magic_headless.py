"""The magics without a person: a notebook in a real kernel, and a script in IPython on a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.usefixtures("checkout_path", "stand_in")


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernelspec for this python, without configuration of this machine."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))


def execute(tmp_path: Path, *cells: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "notebook.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
    command = [sys.executable, "-m", "jupyter", "execute", "--inplace", "--kernel_name=python3", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("kernel")
def test_headless_notebook_keeps_a_static_page_of_the_ship(tmp_path: Path) -> None:
    done = execute(
        tmp_path, "%load_ext jupyterlab_ship_env", "%%ship_env --target file:///t\nawaited = builder\nlen(builder)"
    )
    assert done.returncode == 0, done.stderr
    cell = nbformat.read(tmp_path / "notebook.ipynb", as_version=4).cells[1]
    shown, value = cell.outputs
    assert value.data["text/plain"] == "5"
    page = shown.data["text/html"]
    assert "46 &lt;distributions&gt;" in page
    assert "six.py &lt;was&gt; edited." in page
    assert "<script" not in page
    assert "progressbar" not in page, "nothing moves in a finished output"
    assert "env-abc.pex (1.5 MB) is on the target." in shown.data["text/plain"]


@pytest.mark.usefixtures("kernel")
def test_failed_ship_stops_a_headless_run(tmp_path: Path) -> None:
    mark = tmp_path / "reached"
    done = execute(
        tmp_path,
        "%load_ext jupyterlab_ship_env",
        "%%ship_env --target denied\npass",
        f"open({str(mark)!r}, 'w').close()",
    )
    assert done.returncode != 0
    assert "TARGET_DENIED" in done.stderr
    assert not mark.exists()


@pytest.mark.usefixtures("kernel")
def test_papermill_runs_it_too(tmp_path: Path) -> None:
    path = tmp_path / "notebook.ipynb"
    cells = [new_code_cell("%load_ext jupyterlab_ship_env"), new_code_cell("%%ship_env -t mute\npass")]
    nbformat.write(
        new_notebook(
            cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "p", "language": "python"}}
        ),
        path,
    )
    command = [sys.executable, "-m", "papermill", "--log-output", str(path), str(tmp_path / "out.ipynb")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "ShipEnvError" in done.stderr
    assert json.loads((tmp_path / "out.ipynb").read_text())["cells"]


def test_terminal_shows_one_line_a_step(tmp_path: Path) -> None:
    code = "%load_ext jupyterlab_ship_env\n%ship_env\n"
    script = tmp_path / "script.ipy"
    script.write_text(code)
    command = [sys.executable, "-m", "IPython", "--no-banner", str(script)]
    environ = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("✓")] == ["snapshot", "upload"]
    assert "\x1b[2K" not in done.stdout
