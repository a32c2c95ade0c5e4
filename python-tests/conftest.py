"""Fixtures that more than one test module uses."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from shipped_code import RUNTIME

pytest_plugins = ["pytest_jupyter.jupyter_server"]

ROOT = Path(__file__).parents[1]
STAND_IN = Path(__file__).parent / "fixtures" / "stand-in.mjs"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use the stand-in instead of the Node bundle."""
    monkeypatch.setenv("SHIP_ENV_BUNDLE", str(STAND_IN))
    return STAND_IN


@pytest.fixture
def checkout_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make child processes import the package from this checkout."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))


@pytest.fixture
def ship_env_code() -> Iterator[ModuleType]:
    """The module that runs code archives, freshly loaded; sys.path and sys.modules are restored afterwards."""
    path, modules, importers = list(sys.path), dict(sys.modules), dict(sys.path_importer_cache)
    sys.path.append(str(RUNTIME))
    module = importlib.import_module("ship_env_code")
    sys.path[:] = path
    yield module
    sys.path[:] = path
    sys.modules.clear()
    sys.modules.update(modules)
    sys.path_importer_cache.clear()
    sys.path_importer_cache.update(importers)


@pytest.fixture
def runtime(ship_env_code: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The runtime module, which uses the fixture `ship_env_code`."""
    assert sys.modules["ship_env_code"] is ship_env_code
    with monkeypatch.context() as context:
        context.syspath_prepend(str(RUNTIME))
        return importlib.import_module("ship_env_runtime")
