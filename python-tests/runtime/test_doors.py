"""Each module that Spark starts as a worker runs the newest code, started by the artifact itself."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest
from node_artifacts import Node, install, wait_for
from shipped_code import archive, point, unpacked

# Planner workers of the driver, which Spark starts without a daemon, by the first version that has them.
PLANNERS = {
    "pyspark.sql.streaming.python_streaming_source_runner": "4.0.5",
    "pyspark.sql.worker.analyze_udtf": "4.0.5",
    "pyspark.sql.worker.commit_data_source_write": "4.0.5",
    "pyspark.sql.worker.create_data_source": "4.0.5",
    "pyspark.sql.worker.data_source_pushdown_filters": "4.1.4",
    "pyspark.sql.worker.lookup_data_sources": "4.0.5",
    "pyspark.sql.worker.plan_data_source_read": "4.0.5",
    "pyspark.sql.worker.python_streaming_sink_runner": "4.0.5",
    "pyspark.sql.worker.write_into_data_source": "4.0.5",
}
VERSIONS = ["4.0.5", "4.1.4", pyspark.__version__]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """A node with the environment of an artifact that has the imports of pyspark's workers."""
    node = Node(tmp_path_factory.mktemp("doors"))
    install(node.site, "tide", {"tide.py": "LEVEL = 4\n"})
    command = ["uv", "pip", "install", "--quiet", "--python", node.venv / "bin" / "python", "numpy", "pandas<3"]
    subprocess.run([*command, "pyarrow"], check=True)
    node.build()
    return node


@pytest.fixture(scope="module", params=VERSIONS)
def cluster_pyspark(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The cluster's pyspark: its version, and the PYTHONPATH that Spark gives its workers."""
    version = request.param
    folder = Path(pyspark.__file__).parent
    if version != pyspark.__version__:
        packages = tmp_path_factory.mktemp("pyspark")
        command = ["uv", "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", packages]
        subprocess.run([*command, f"pyspark=={version}"], check=True)
        folder = packages / "pyspark"
    return version, os.pathsep.join(map(str, sorted((folder / "python" / "lib").glob("*.zip"))))


def utf8(text: str) -> bytes:
    """Encode a string in the way in which Spark's JVM sends it to a worker."""
    return struct.pack("!i", len(text.encode())) + text.encode()


@pytest.mark.parametrize("module", PLANNERS)
def test_planner_workers_find_the_code_archives(
    node: Node, cluster_pyspark: tuple[str, str], module: str, tmp_path: Path
) -> None:
    version, pythonpath = cluster_pyspark
    if version < PLANNERS[module]:
        assert module not in worker_modules(node, pythonpath), "the table above says where it begins"
        return
    shipped = archive(tmp_path, {"my_model.py": "ANSWER = 1"}, ["my_model"])
    point(tmp_path, 1, shipped)
    with socket.create_server(("127.0.0.1", 0)) as server:
        worker = node.start(
            node.folder / "env.pex",
            "-m",
            module,
            PYTHONPATH=pythonpath,
            PYTHON_WORKER_FACTORY_PORT=str(server.getsockname()[1]),
            PYTHON_WORKER_FACTORY_SECRET="secret",
        )
        with server.accept()[0] as jvm:
            # The first messages of the JVM's PythonPlannerRunner: the secret, then the folder of Spark's files.
            jvm.sendall(
                utf8("ok")
                + utf8(f"{sys.version_info[0]}.{sys.version_info[1]}")
                + utf8(str(tmp_path))
                + struct.pack("!i", 0)
            )
            wait_for(lambda: unpacked(tmp_path, shipped).is_dir() or worker.poll() is not None)
            jvm.shutdown(socket.SHUT_WR)
            log = worker.communicate()[1]
    assert unpacked(tmp_path, shipped).is_dir(), log


def worker_modules(node: Node, pythonpath: str) -> list[str]:
    """The modules of pyspark that can be started as planner workers."""
    script = """
import json, pkgutil, pyspark.sql.streaming, pyspark.sql.worker
print(json.dumps([found.name for package in (pyspark.sql.streaming, pyspark.sql.worker)
                  for found in pkgutil.iter_modules(package.__path__, package.__name__ + ".")]))
"""
    found: list[str] = json.loads(
        node.run(node.folder / "env.pex", "-c", script, variables={"PYTHONPATH": pythonpath}).stdout
    )
    return found


def test_every_planner_worker_of_this_pyspark_is_in_the_table(node: Node) -> None:
    libraries = (Path(pyspark.__file__).parent / "python" / "lib").glob("*.zip")
    found = worker_modules(node, os.pathsep.join(map(str, libraries)))
    started = {name for name in found if ".worker." in name or name.endswith("_source_runner")}
    assert started - {"pyspark.sql.worker.utils"} == set(PLANNERS)


def test_the_start_costs_nothing_where_pyspark_is_not_imported(node: Node) -> None:
    script = "import json, sys; print(json.dumps([name for name in sys.modules if name.startswith('ship_env')]))"
    assert json.loads(node.run(node.folder / "env.pex", "-c", script).stdout) == ["ship_env_start", "ship_env_finder"]


def test_the_class_is_the_one_that_everybody_sees(node: Node) -> None:
    libraries = (Path(pyspark.__file__).parent / "python" / "lib").glob("*.zip")
    script = """
import pickle, pyspark, pyspark.core.files, pyspark.cloudpickle as cloudpickle, inspect
SparkFiles = pyspark.SparkFiles
assert SparkFiles is pyspark.core.files.SparkFiles
assert pickle.loads(cloudpickle.dumps(SparkFiles)) is SparkFiles
assert pyspark.core.files.__loader__.get_source("pyspark.core.files").count("class SparkFiles") == 1
SparkFiles._root_directory, SparkFiles._is_running_on_worker = "/", True
assert SparkFiles.get("x") == "/x"
import sys
print(sorted({"pandas", "pyarrow", "numpy"} & set(sys.modules)))
"""
    variables = {"PYTHONPATH": os.pathsep.join(map(str, libraries))}
    done = node.run(node.folder / "env.pex", "-c", script, variables=variables)
    assert (done.stdout, done.stderr) == ("[]\n", "")
