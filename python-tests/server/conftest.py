"""A real Jupyter server with our extension, and requests to it with the token."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server_address import BASE, PATIENCE_S
from tornado.httpclient import HTTPResponse


@pytest.fixture
def jp_base_url() -> str:
    return BASE


@pytest.fixture
def jp_server_config(stand_in: Path) -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"jupyterlab_ship_env": True}}}


@pytest.fixture
def sidecar(jp_serverapp: Any, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[Any]:
    """The server's sidecar; ended afterwards like by a stopping server."""
    (extension,) = jp_serverapp.extension_manager.extension_apps["jupyterlab_ship_env"]
    yield extension.sidecar
    jp_asyncio_loop.run_until_complete(jp_serverapp.extension_manager.stop_all_extensions())


@pytest.fixture
def fetch(sidecar: Any, jp_fetch: Any) -> Any:
    """Fetch from ``ship-env/…`` with the token; any status is returned."""

    async def do(path: str, *, method: str = "GET", body: str | None = None, **options: Any) -> HTTPResponse:
        options.setdefault("request_timeout", PATIENCE_S)
        if method == "POST" and body is None:
            body = ""
        return await jp_fetch("ship-env", path, method=method, body=body, raise_error=False, **options)

    return do
