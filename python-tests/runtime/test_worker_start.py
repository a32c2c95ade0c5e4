"""The runtime module in every artifact: what a worker process does before its first task."""

from __future__ import annotations

import os
import site
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from shipped_code import RUNTIME


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
        env={**os.environ, "PYTHONPATH": str(RUNTIME)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "[] 1\n"
    assert run.stderr == ""


def test_preloading_prints_nothing_where_spark_reads_the_port_and_goes_on_after_a_failure(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text("import os; print('python'); os.system('echo program')")
    (tmp_path / "broken.py").write_text("raise OSError('no such library')")
    script = (
        "import sys, ship_env_runtime; ship_env_runtime.preload(' broken,missing, loud ,,json.tool');"
        "print(sorted({'broken', 'missing', 'loud', 'json.tool'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(RUNTIME), str(tmp_path)])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "['json.tool', 'loud']\n"
    lines = run.stderr.splitlines()
    assert {"program", "python"} <= set(lines)
    assert len([line for line in lines if "SHIP_ENV_PRELOAD names broken" in line and "no such library" in line]) == 1
    assert len([line for line in lines if "SHIP_ENV_PRELOAD names missing" in line]) == 1
