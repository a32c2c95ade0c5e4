"""Code archives on executors and planners of each pyspark that differs in how its workers start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pyspark
import pytest
from node_artifacts import BASE_PYTHON, Node, install

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


DOORS = {
    "without a daemon": ["spark.python.use.daemon=false"],
    "with Spark's own daemon": [],
    "with our daemon": ["spark.python.daemon.module=ship_env_runtime"],
}


class Kernel(NamedTuple):
    """A kernel with a pyspark, and an artifact of it."""

    node: Node
    # Of the driver, which has pyspark by them.
    environ: dict[str, str]

    def run_doors(self, artifact: str, properties: list[str], work: Path, folder: Path) -> list[dict[str, list[str]]]:
        """Run the driver of the doors."""
        script = Path(__file__).parent / "doors_driver.py"
        done = subprocess.run(
            [self.node.venv / "bin" / "python", script, folder, artifact, *properties],
            capture_output=True,
            text=True,
            check=False,
            cwd=work,
            env=self.environ,
        )
        seen = [line for line in done.stdout.splitlines() if line.startswith("SEEN ")]
        assert seen, done.stderr[-6000:]
        answer: list[dict[str, list[str]]] = json.loads(seen[0].removeprefix("SEEN "))
        return answer


@pytest.fixture(scope="module", params=["3.5.9", "4.0.5", "4.1.4", pyspark.__version__])
def kernel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kernel:
    """A kernel with each pyspark."""
    node = Node(tmp_path_factory.mktemp("doors"))
    install(node.site, "tide", {"tide.py": "LEVEL = 4\n"})
    command = ["uv", "pip", "install", "--quiet", "--python", node.venv / "bin" / "python"]
    subprocess.run([*command, "numpy<2.4", "pandas<3", "pyarrow<23", "setuptools"], check=True)
    node.build()
    spark = Path(pyspark.__file__).parent
    if request.param != pyspark.__version__:
        packages = node.folder / "cluster"
        subprocess.run([*command, "--no-deps", "--target", packages, f"pyspark=={request.param}"], check=True)
        spark = packages / "pyspark"
    # Of links: a local cluster writes into its home.
    home = node.folder / "spark"
    home.mkdir()
    for name in ("bin", "jars", "python"):
        (home / name).symlink_to(spark / name)
    libraries = sorted((home / "python" / "lib").glob("*.zip"))
    environ = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(BASE_PYTHON).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(map(str, [*libraries, Path(__file__).parent])),
        "SPARK_HOME": str(home),
        "SHIP_ENV_NODE_ROOT": str(node.root),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    return Kernel(node, environ)


def expected(seen: dict[str, list[str]], version: str) -> dict[str, list[str]]:
    """Every door runs this version, in the artifact, when it plans and when it runs."""
    said = f"{version} by the artifact"
    return {door: [said] * (1 if door in {"rdd", "udf"} else 2) for door in seen}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_of_spark_runs_the_newest_code(kernel: Kernel, door: str, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    first, second = kernel.run_doors(str(kernel.node.folder / "env.pex"), DOORS[door], tmp_path, folder)
    assert [first, second] == [expected(first, "first"), expected(second, "second")]
    assert set(first) in ({"rdd", "udf"}, {"rdd", "udf", "udtf", "source"})


def test_sql_of_an_isolated_session_runs_the_shipped_code(kernel: Kernel, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    properties = ["spark.sql.artifact.isolation.enabled=true"]
    first, _ = kernel.run_doors(str(kernel.node.folder / "env.pex"), properties, tmp_path, folder)
    assert first == expected(first, "first")
    apps = sorted((Path(kernel.environ["SPARK_HOME"]) / "work").iterdir(), key=lambda app: app.stat().st_mtime)
    of_sessions = list((apps[-1] / "0").glob("????????-????-????-????-????????????"))
    assert bool(of_sessions) == ("source" in first), "Spark has isolated sessions since 4.0"


def test_a_copied_artifact_plans_where_the_drivers_folder_links_to_it(kernel: Kernel, tmp_path: Path) -> None:
    folder, work = tmp_path / "files", tmp_path / "notebook"
    folder.mkdir()
    work.mkdir()
    pex = kernel.node.folder / "env.pex"
    (work / pex.name).symlink_to(pex)
    first, second = kernel.run_doors(f"./{pex.name}", [], work, folder)
    assert [first, second] == [expected(first, "first"), expected(second, "second")]
