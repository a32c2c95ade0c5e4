"""The runtime module on executors of each pyspark that differs in how its workers start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# The driver: three versions of the code, one after the other, and the process ids of the workers.
DRIVER = """
import json, sys
from pathlib import Path
from pyspark.sql import SparkSession
from shipped_code import RUNTIME, archive, point

folder = Path(sys.argv[1])

def ship(sequence, answer):
    listed = archive(folder, {"my_model.py": f"ANSWER = {answer!r}"}, ["my_model"])
    return [(folder / listed["file"]).as_uri(), point(folder, sequence, listed).as_uri()]

def look(_):
    import os, my_model
    return my_model.ANSWER, os.getpid()

spark = (
    SparkSession.builder.master("local-cluster[1,1,1024]")
    .config("spark.ui.enabled", "false")
    .config("spark.files", ",".join(ship(0, "shipped")))
    .config("spark.executorEnv.PYTHONPATH", str(RUNTIME))
    .config("spark.python.daemon.module", "ship_env_runtime")
    .getOrCreate()
)
context = spark.sparkContext
seen = [context.parallelize([0], 1).map(look).collect()[0]]
for sequence, answer in [(1, "edited"), (2, "shipped")]:
    for uri in ship(sequence, answer):
        context.addFile(uri)
    seen += [context.parallelize([0], 1).map(look).collect()[0]]
spark.stop()
print("SEEN", json.dumps(seen))
"""


@pytest.mark.parametrize("version", ["3.5.9", "4.0.5", "4.1.4"])
def test_executors_of_older_pyspark_run_the_newest_code(version: str, tmp_path: Path) -> None:
    venv, work = tmp_path / "venv", tmp_path / "work"
    work.mkdir()
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, venv], check=True)
    python = venv / "bin" / "python"
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, f"pyspark=={version}"], check=True)
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    done = subprocess.run(
        [python, script, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        cwd=work,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parent),
            "PYSPARK_PYTHON": str(python),
            "SPARK_LOCAL_IP": "127.0.0.1",
        },
    )
    seen = [line for line in done.stdout.splitlines() if line.startswith("SEEN ")]
    assert seen, done.stderr[-4000:]
    answers, workers = zip(*json.loads(seen[0].removeprefix("SEEN ")))
    assert answers == ("shipped", "edited", "shipped")
    assert len(set(workers)) == 1, "no worker was restarted"
