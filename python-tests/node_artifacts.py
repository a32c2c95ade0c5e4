"""Builds artifacts with the real bundle from handmade distributions, and runs them as on a node."""

# needs: bundle
from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jupyterlab_ship_env.node import find_node

ROOT = Path(__file__).parents[1]
RUNTIME = ROOT / "jupyterlab_ship_env" / "runtime"
LAYOUT = "ship-env-3"
# The base python of the tests' virtual environment.
BASE_PYTHON = str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info[1]}")

# Runs the lines of a test, then calls main of the node bootstrap like the header's loader.
BOOT = """
import sys
sys.path.insert(0, {runtime!r})
import ship_env_node.boot, ship_env_node.start, ship_env_node.places, ship_env_node.prune, ship_env_node.unpack
from pathlib import Path
ship_env_node.start.__source__ = Path(ship_env_node.start.__file__).read_bytes()
{lines}
ship_env_node.boot.main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
"""


def install(site: Path, name: str, files: Mapping[str, str | bytes], version: str = "1.0") -> None:
    """Put a distribution into a site directory, as an installer does (PEP 376, PEP 427)."""
    info = f"{name}-{version}.dist-info"
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    for path, content in contents.items():
        data = content.encode() if isinstance(content, str) else content
        place = Path(os.path.normpath(site / path))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        place.chmod(0o755 if place.parent.name == "bin" else 0o644)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(data)}\n")
    (site / info / "RECORD").write_text("".join([*rows, f"{info}/RECORD,,\n"]))


def pythons() -> dict[int, str]:
    """Pythons of this machine that the bootstrap must support, by minor version: this one and others beside it."""
    base = Path(sys.base_prefix)
    found = {sys.version_info[1]: BASE_PYTHON}
    for minor in range(9, 15):
        beside = sorted(base.parent.glob(f"*3.{minor}*/bin/python3.{minor}"))
        for path in [*beside, shutil.which(f"python3.{minor}")]:
            if minor in found or not path:
                continue
            # A shim may exist for a version that is not installed.
            if subprocess.run([path, "-Sc", ""], capture_output=True, check=False).returncode == 0:
                found[minor] = str(path)
    return found


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until a condition is true."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.005)


class Node:
    """A kernel's environment, and a node to which it is shipped, below one folder."""

    def __init__(self, folder: Path, python: str = BASE_PYTHON) -> None:
        self.folder = folder
        self.python = python
        self.venv = folder / "kernel"
        subprocess.run(["uv", "--quiet", "venv", "--python", python, self.venv], check=True)
        (self.site,) = self.venv.glob("lib/python*/site-packages")
        self.root = folder / "node root"
        self.container = folder / "container"
        self.container.mkdir()

    def build(self, name: str = "env.pex") -> Path:
        """Build an artifact of the present environment."""
        path = self.folder / name
        bundle = ROOT / "jupyterlab_ship_env" / "sidecar" / "ship-env.mjs"
        command = [find_node().path, bundle, "build", "--python", self.venv / "bin" / "python", "--output", path]
        env = {**os.environ, "SHIP_ENV_CACHE": str(self.folder / "cache")}
        subprocess.run(command, env=env, check=True, capture_output=True)
        return path

    def environ(self, **variables: str) -> dict[str, str]:
        """The few environment variables of a process on the node."""
        # The folder that has the same minor version of Python.
        path = os.pathsep.join([str(Path(self.python).parent), "/usr/bin", "/bin"])
        return {"PATH": path, "SHIP_ENV_NODE_ROOT": str(self.root), **variables}

    def run(self, *command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a program on the node, to its end."""
        variables = options.pop("variables", {})
        return subprocess.run(
            [str(part) for part in command],
            env=self.environ(**variables),
            cwd=self.container,
            capture_output=True,
            text=True,
            check=False,
            **options,
        )

    def start(self, *command: str | Path, **variables: str) -> subprocess.Popen[str]:
        """Start a program on the node, in a process group of its own."""
        return subprocess.Popen(
            [str(part) for part in command],
            env=self.environ(**variables),
            cwd=self.container,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def boot(self, pex: Path, lines: str, *arguments: str) -> list[str]:
        """The command that boots an artifact by the bootstrap of this checkout, after lines of a test."""
        script = BOOT.format(runtime=str(RUNTIME), lines=lines)
        return [self.python, "-c", script, str(pex), str(self.root), self.python, *arguments]

    def distributions(self) -> list[Path]:
        """The unpacked distributions."""
        return sorted((self.root / LAYOUT / "dist").iterdir())

    def environments(self) -> list[Path]:
        """What is linked."""
        return sorted((self.root / LAYOUT / "env").iterdir())

    def leftovers(self) -> list[Path]:
        """What is half done."""
        return sorted((self.root / LAYOUT / "tmp").iterdir())

    def settled(self) -> None:
        """Wait until the background work after a first start is done."""
        base = self.root / LAYOUT
        wait_for(lambda: all(path.read_text() == "synced\n" for path in base.glob("env/*/.ship-env/boot")))
        # After that it prunes, and holds this lock.
        lock = base / "lock" / "prune"
        wait_for(lambda: subprocess.run(["flock", "-n", lock, "true"], check=False).returncode == 0)
