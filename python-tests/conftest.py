"""Fixtures that more than one test module uses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
