"""The magics and real Spark: a headless notebook ships, computes on executors, and updates their running code."""

# needs: bundle
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jupyterlab_ship_env.node import find_node

ROOT = Path(__file__).parents[2]

SETUP = """
import sys, os
sys.executable = {python!r}
sys.path.insert(0, {source!r})
os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
%load_ext jupyterlab_ship_env
"""

FIRST_SHIP = """
%%ship_env --target {target} --master 'local-cluster[1,1,1024]'
settings = {{"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false"}}
for name, value in settings.items():
    builder.config(name, value)
spark = builder.getOrCreate()

def answer(_):
    import ship_env_example
    return ship_env_example.ANSWER, ship_env_example.__file__

def ask():
    return spark.sparkContext.parallelize([0], 1).map(answer).first()

# local-cluster keeps its executors' directories beside Spark's jars.
import pathlib, pyspark
work = pathlib.Path(pyspark.__file__).parent / "work" / spark.sparkContext.applicationId
pathlib.Path("executors.txt").write_text(str(work))

value, path = ask()
assert value == 1, value
assert not path.startswith({source!r}), path
"""

SECOND_SHIP = """
import pathlib
pathlib.Path({module!r}).write_text("ANSWER = 2\\n")
%ship_env --target {target} --master 'local-cluster[1,1,1024]'
"""

CHECK = """
assert ask()[0] == 2
spark.stop()
print("the executors run the new code")
"""


@pytest.fixture
def kernel_python(tmp_path: Path) -> Path:
    """A virtual environment with one editable package and nothing else."""
    project = tmp_path / "project"
    package = project / "src" / "ship_env_example"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("ANSWER = 1\n")
    (project / "pyproject.toml").write_text(
        textwrap.dedent(
            """
            [build-system]
            requires = ["hatchling"]
            build-backend = "hatchling.build"
            [project]
            name = "ship-env-example"
            version = "1.0"
            [tool.hatch.build.targets.wheel]
            packages = ["src/ship_env_example"]
            [tool.hatch.build]
            dev-mode-dirs = ["src"]
            """
        )
    )
    venv = tmp_path / "kernel"
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, venv], check=True)
    # hatchling comes from the environment that runs the tests: nothing is downloaded.
    wheels = tmp_path / "wheels"
    build = "import sys; from hatchling.build import build_editable; build_editable(sys.argv[1])"
    wheels.mkdir()
    subprocess.run([sys.executable, "-c", build, wheels], cwd=project, check=True)
    (wheel,) = wheels.glob("*.whl")
    install = ["uv", "pip", "install", "--quiet", "--offline", "--python", venv / "bin" / "python", wheel]
    subprocess.run(install, check=True)
    return venv / "bin" / "python"


def test_headless_notebook_runs_new_code_in_its_running_session(kernel_python: Path, tmp_path: Path) -> None:
    if not (ROOT / "jupyterlab_ship_env" / "sidecar" / "ship-env.mjs").is_file():
        pytest.fail("The Node bundle is not built. Run: npm run build")
    source = tmp_path / "project" / "src"
    target = tmp_path / "target"
    target.mkdir()
    names = {
        "python": str(kernel_python),
        "source": str(source),
        "target": target.as_uri(),
        "module": str(source / "ship_env_example" / "__init__.py"),
    }
    cells = [new_code_cell(text.format(**names).strip()) for text in (SETUP, FIRST_SHIP, SECOND_SHIP, CHECK)]
    notebook = tmp_path / "notebook.ipynb"
    nbformat.write(new_notebook(cells=cells), notebook)
    environ = {
        **os.environ,
        "HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "PYTHONPATH": str(ROOT),
        "SHIP_ENV_NODE": find_node().path,
    }
    command = [sys.executable, "-m", "jupyter", "execute", "--inplace", "--kernel_name=python3", str(notebook)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, cwd=tmp_path)
    finally:
        if (tmp_path / "executors.txt").is_file():
            shutil.rmtree((tmp_path / "executors.txt").read_text())
    assert done.returncode == 0, done.stderr
    shipped, updated, last = (nbformat.read(notebook, as_version=4).cells[i].outputs for i in (1, 2, 3))
    assert "ship_env_example-" in shipped[0].data["text/plain"]
    assert "The next task of the running session runs the new code." in updated[0].data["text/plain"]
    assert last[0].text == "the executors run the new code\n"
