"""Fixtures that more than one test module uses."""

from __future__ import annotations

import importlib.util
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
    """The stand-in for the Node bundle, in place of it."""
    monkeypatch.setenv("SHIP_ENV_BUNDLE", str(STAND_IN))
    return STAND_IN


@pytest.fixture
def checkout_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Child processes import the package from this checkout."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))


@pytest.fixture
def runtime() -> Iterator[ModuleType]:
    """The runtime module, freshly loaded; sys.path and sys.modules are as before afterwards."""
    path, modules, importers = list(sys.path), dict(sys.modules), dict(sys.path_importer_cache)
    spec = importlib.util.spec_from_file_location("ship_env_runtime", RUNTIME)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = path
    sys.modules.clear()
    sys.modules.update(modules)
    sys.path_importer_cache.clear()
    sys.path_importer_cache.update(importers)
