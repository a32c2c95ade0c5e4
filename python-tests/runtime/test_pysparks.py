"""Code archives on executors and planners of each pyspark whose workers start in another way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyspark
import pytest
from node_artifacts import BASE_PYTHON, Node, install

DOORS = {
    "without a daemon": ["spark.python.use.daemon=false"],
    "with Spark's own daemon": [],
    "with our daemon": ["spark.python.daemon.module=ship_env_runtime"],
}

# The oldest and the newest version differ most. `npm run test:spark` also tests those between, which takes twice as
# long.
BETWEEN = ["4.0.5", "4.1.4"] if os.environ.get("SHIP_ENV_DOORS") == "all" else []


class Seen(NamedTuple):
    """The answer of each door, by version of the code, and the process ids of the workers that ran the RDDs."""

    first: dict[str, list[str]]
    second: dict[str, list[str]]
    # The answer for the first version again, which only an RDD ran.
    back: dict[str, list[str]]
    workers: list[int]


class Kernel(NamedTuple):
    """A kernel with a pyspark, and an artifact of it."""

    node: Node
    # Environment variables of the driver, which finds pyspark by them.
    environ: dict[str, str]

    def run_doors(self, artifact: str, properties: list[str], work: Path) -> Seen:
        """Run the driver of the doors in a folder."""
        folder = work / "files"
        folder.mkdir()
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
        looks = json.loads(seen[0].removeprefix("SEEN "))
        workers = [look.pop("worker") for look in looks]
        return Seen(*looks, workers)


@pytest.fixture(scope="module", params=["3.5.9", *BETWEEN, pyspark.__version__])
def kernel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel with each pyspark. Its gigabyte is removed before the next one is installed."""
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
    # A folder of links, since a local cluster writes into its home.
    home = node.folder / "spark"
    home.mkdir()
    for name in ("bin", "jars", "python"):
        (home / name).symlink_to(spark / name)
    libraries = sorted((home / "python" / "lib").glob("*.zip"))
    environ = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(BASE_PYTHON).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(map(str, [*libraries, Path(__file__).parents[1]])),
        "SPARK_HOME": str(home),
        "SHIP_ENV_NODE_ROOT": str(node.root),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    yield Kernel(node, environ)
    shutil.rmtree(node.folder)


def expected(seen: dict[str, list[str]], version: str) -> dict[str, list[str]]:
    """Expect that every door runs this version, in the artifact, when it plans and when it runs."""
    said = f"{version} by the artifact"
    return {door: [said] * (1 if door in {"rdd", "udf"} else 2) for door in seen}


def expect_both_versions(seen: Seen) -> None:
    """Expect the first version of the code from every door, then the second one in the same session."""
    assert [seen.first, seen.second] == [expected(seen.first, "first"), expected(seen.second, "second")]


@pytest.mark.parametrize("door", DOORS)
def test_every_door_of_spark_runs_the_newest_code(kernel: Kernel, door: str, tmp_path: Path) -> None:
    seen = kernel.run_doors(str(kernel.node.folder / "env.pex"), DOORS[door], tmp_path)
    expect_both_versions(seen)
    assert seen.back == expected(seen.back, "first")
    assert set(seen.first) in ({"rdd", "udf"}, {"rdd", "udf", "udtf", "source"})
    assert door == "without a daemon" or len(set(seen.workers)) == 1, "no worker was restarted"


def test_sql_of_an_isolated_session_runs_the_shipped_code(kernel: Kernel, tmp_path: Path) -> None:
    properties = ["spark.sql.artifact.isolation.enabled=true"]
    first = kernel.run_doors(str(kernel.node.folder / "env.pex"), properties, tmp_path).first
    assert first == expected(first, "first")
    apps = sorted((Path(kernel.environ["SPARK_HOME"]) / "work").iterdir(), key=lambda app: app.stat().st_mtime)
    of_sessions = list((apps[-1] / "0").glob("????????-????-????-????-????????????"))
    assert bool(of_sessions) == ("source" in first), "Spark has isolated sessions since 4.0"


def test_a_copied_artifact_plans_where_the_drivers_folder_links_to_it(kernel: Kernel, tmp_path: Path) -> None:
    pex = kernel.node.folder / "env.pex"
    (tmp_path / pex.name).symlink_to(pex)
    expect_both_versions(kernel.run_doors(f"./{pex.name}", [], tmp_path))
