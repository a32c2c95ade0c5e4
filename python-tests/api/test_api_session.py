"""The Python API with real Spark: a script ships and updates its session, and its job starts one without the script."""

# needs: bundle
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyspark
import pytest

from jupyterlab_ship_env.node import find_node

ROOT = Path(__file__).parents[2]
JOB = Path(__file__).with_name("job.py")
MASTER = "local-cluster[1,1,1024]"

SCRIPT = """
import json, pathlib, sys
import jupyterlab_ship_env as ship_env

target, source = sys.argv[1:]
env = ship_env.ship(target=target, master={master!r})
builder = env.builder().config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
spark = builder.config("spark.ui.enabled", "false").getOrCreate()

def seen(_):
    import ship_env_example
    return sys.executable, ship_env_example.__file__, ship_env_example.ANSWER

def ask():
    return spark.sparkContext.parallelize([0], 1).map(seen).first()

first = ask()
same = env.update(spark)
pathlib.Path(source, "ship_env_example", "__init__.py").write_text("ANSWER = 2\\n")
update = env.update(spark)
second = ask()
found = ship_env.current()
facts = dict(
    python=sys.executable, first=first, second=second, states=[same.state, update.state],
    artifact=env.artifact, kept=update.environment.artifact == env.artifact, found=found.artifact,
    found_code=list(found.code) == list(env.code), command=update.environment.command,
    work=spark.sparkContext.applicationId,
)
again = ship_env.config(target=target, master={master!r})
facts["again"] = (again.artifact, again.conf == update.environment.conf)
restart = ship_env.ship(target=target, master={master!r}, exclude=["ship-env-extra"]).update(spark)
facts["restart"] = restart.state
spark.stop()
print(json.dumps(facts))
"""


class Machine:
    """A kernel's environment with an editable package, a target, and the variables of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "project" / "src"
        self.target = (folder / "target").as_uri()
        self.venv = folder / "kernel"
        self.python = self.venv / "bin" / "python"
        libraries = sorted((Path(pyspark.__file__).parent / "python" / "lib").glob("*.zip"))
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SHIP_ENV", "PYSPARK"))},
            "HOME": str(folder / "home"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "SHIP_ENV_NODE": find_node().path,
            "SHIP_ENV_NODE_ROOT": str(folder / "node"),
            "SPARK_HOME": str(Path(pyspark.__file__).parent),
            "SPARK_LOCAL_IP": "127.0.0.1",
            # The cluster's pyspark, for the driver; the script also sees the package of this checkout.
            "PYTHONPATH": os.pathsep.join(map(str, libraries)),
        }

    def run(self, *command: str | Path, **variables: str) -> Any:
        """Run a driver; returns the facts that it prints."""
        environ = {**self.environ, **variables}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, cwd=self.folder)
        assert done.returncode == 0, done.stderr
        facts = json.loads(done.stdout.splitlines()[-1])
        # local-cluster keeps its executors' directories beside Spark's jars.
        shutil.rmtree(Path(self.environ["SPARK_HOME"]) / "work" / facts["work"])
        return facts


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("api"))
    package = machine.source / "ship_env_example"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("ANSWER = 1\n")
    (machine.folder / "project" / "pyproject.toml").write_text(
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
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, machine.venv], check=True)
    # hatchling comes from the environment that runs the tests: nothing is downloaded.
    wheels = machine.folder / "wheels"
    wheels.mkdir()
    build = "import sys; from hatchling.build import build_editable; build_editable(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, wheels], cwd=machine.folder / "project", check=True)
    install = ["uv", "pip", "install", "--quiet", "--offline", "--python", machine.python, *wheels.glob("*.whl")]
    subprocess.run(install, check=True)
    return machine


@pytest.fixture(scope="module")
def shipped(machine: Machine) -> Any:
    """What a script saw that shipped, updated its session, and shipped another environment."""
    path = os.pathsep.join([machine.environ["PYTHONPATH"], str(ROOT)])
    script = SCRIPT.format(master=MASTER)
    return machine.run(machine.python, "-c", script, machine.target, str(machine.source), PYTHONPATH=path)


def test_script_ships_and_its_session_runs_the_new_code(machine: Machine, shipped: Any) -> None:
    for task, answer in ((shipped["first"], 1), (shipped["second"], 2)):
        python, module, value = task
        assert value == answer
        assert not python.startswith(str(machine.venv)), "the executor runs the artifact"
        assert not module.startswith(str(machine.source)), "the executor runs the shipped code"
    assert shipped["states"] == ["current", "updated"]
    assert shipped["kept"]


def test_session_of_a_script_names_its_environment(shipped: Any) -> None:
    assert (shipped["found"], shipped["found_code"]) == (shipped["artifact"], True)


def test_config_is_what_the_last_ship_said(shipped: Any) -> None:
    assert shipped["again"] == [shipped["artifact"], True]


def test_job_of_ship_env_run_starts_a_session_with_no_venv_in_sight(machine: Machine, shipped: Any) -> None:
    _, *words = shipped["command"]
    command = [find_node().path, ROOT / "jupyterlab_ship_env" / "sidecar" / "ship-env.mjs", *words]
    facts = machine.run(*hiding(machine.venv, machine.source), *command, JOB, MASTER)
    python, module, answer = facts["task"]
    assert answer == 2
    assert facts["artifact"] == shipped["artifact"]
    assert facts["again"] == [facts["artifact"], facts["code"], facts["conf"]]
    assert not facts["home"], "the job has the part of the package that is in each artifact"
    for path in (facts["python"], python, module):
        assert not path.startswith((str(machine.venv), str(machine.source), str(ROOT)))


def hiding(*folders: Path) -> list[str | Path]:
    """The beginning of a command that sees these folders empty: it has a mount namespace of its own (Linux)."""
    as_root = [] if os.getuid() == 0 else ["--map-root-user"]
    script = 'while [ "$1" != -- ]; do mount -t tmpfs none "$1" || exit 1; shift; done; shift; exec "$@"'
    return ["unshare", *as_root, "--mount", "sh", "-c", script, "sh", *folders, "--"]
