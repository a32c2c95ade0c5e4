"""The handler of the Jupyter server: who may use it, what it passes on, what it returns. Real server and processes."""

from __future__ import annotations

import asyncio
import json
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import pytest
from jupyter_server.auth import Authorizer
from server_address import BASE, PATIENCE_S
from tornado.httpclient import HTTPClientError, HTTPResponse


@pytest.fixture
def bare(sidecar: Any, http_server_client: Any) -> Any:
    """Fetch without the token, with only the given headers."""

    async def do(path: str, *, method: str = "GET", headers: dict[str, str] | None = None) -> HTTPResponse:
        body = "{}" if method == "POST" else None
        return await http_server_client.fetch(
            f"{BASE}ship-env/{path}",
            method=method,
            body=body,
            headers=headers or {},
            raise_error=False,
            follow_redirects=False,
        )

    return do


@pytest.fixture
def cookies(sidecar: Any, jp_serverapp: Any, http_server_client: Any) -> Any:
    """Log in with the form, like a browser; return the cookies."""

    async def do() -> dict[str, str]:
        url = f"{BASE}login"
        found = set_cookies(await http_server_client.fetch(url))
        form = urlencode({"password": jp_serverapp.identity_provider.token, "_xsrf": found["_xsrf"]})
        found |= set_cookies(
            await http_server_client.fetch(
                url,
                method="POST",
                body=form,
                headers=cookie_header(found),
                follow_redirects=False,
                raise_error=False,
            )
        )
        assert any(name.startswith("username-") for name in found)
        return found

    return do


def set_cookies(response: HTTPResponse) -> dict[str, str]:
    jar: SimpleCookie = SimpleCookie()
    for header in response.headers.get_list("Set-Cookie"):
        jar.load(header)
    return {name: morsel.value for name, morsel in jar.items() if morsel.value}


def cookie_header(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


# Who may use the handler


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_without_token_is_refused_and_starts_nothing(bare: Any, sidecar: Any, method: str) -> None:
    response = await bare("health", method=method)
    assert response.code == 403
    assert sidecar._running is None


async def test_a_page_that_asks_for_running_ships_starts_no_sidecar(fetch: Any, sidecar: Any) -> None:
    response = await fetch("ships")
    assert (response.code, json.loads(response.body)) == (200, {"ships": []})
    assert sidecar._running is None
    assert (await fetch("health")).code == 200
    # Now there is one that knows.
    assert json.loads((await fetch("ships")).body) == {"ships": [{"id": "one"}]}


async def test_token_is_let_in(fetch: Any) -> None:
    response = await fetch("health")
    assert response.code == 200
    assert json.loads(response.body)["name"] == "ship-env"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_cookie_needs_the_xsrf_token_to_write(bare: Any, cookies: Any, method: str) -> None:
    jar = await cookies()
    path = "echo" if method == "POST" else "ships/one"
    refused = await bare(path, method=method, headers=cookie_header(jar))
    assert refused.code == 403
    headers = {**cookie_header(jar), "X-XSRFToken": jar["_xsrf"]}
    assert (await bare(path, method=method, headers=headers)).code in (200, 201)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_foreign_origin_is_refused(bare: Any, cookies: Any, method: str) -> None:
    jar = await cookies()
    headers = {**cookie_header(jar), "X-XSRFToken": jar["_xsrf"]}
    path = "health" if method == "GET" else "echo"
    assert (await bare(path, method=method, headers={**headers, "Origin": "http://evil.test"})).code == 404
    assert (await bare(path, method=method, headers=headers)).code in (200, 201)


async def test_authorizer_is_asked(jp_serverapp: Any, fetch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    class ReadOnly(Authorizer):
        def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
            asked.append((action, resource))
            return action == "read"

    monkeypatch.setitem(jp_serverapp.web_app.settings, "authorizer", ReadOnly(parent=jp_serverapp))
    assert (await fetch("health")).code == 200
    assert (await fetch("echo", method="POST")).code == 403
    assert asked == [("read", "ship-env"), ("write", "ship-env")]


# What goes on to the sidecar


async def test_only_body_and_its_type_go_on(fetch: Any, sidecar: Any, jp_serverapp: Any) -> None:
    response = await fetch(
        "echo",
        method="POST",
        body='{"é": 1}',
        params={"token": jp_serverapp.identity_provider.token},
        headers={"Cookie": "a=secret", "X-Forwarded-For": "10.0.0.1", "Content-Type": "application/json"},
    )
    assert response.code == 201
    seen = json.loads(response.body)
    assert seen["headers"].pop("x-ship-env-token") == sidecar._running.endpoint.token
    assert set(seen["headers"]) == {"content-type", "host", "content-length"}
    assert (seen["method"], seen["url"], seen["body"]) == ("POST", "/echo", '{"é": 1}')


async def test_delete_goes_on(fetch: Any) -> None:
    response = await fetch("ships/one", method="DELETE")
    assert json.loads(response.body) == {"method": "DELETE", "url": "/ships/one"}


@pytest.mark.parametrize("path", ["../api/status", "ships/../health", "ships/%2e%2e/health", "ships%2fone", "//health"])
async def test_odd_paths_never_reach_the_sidecar(
    http_server_client: Any, jp_auth_header: Any, sidecar: Any, path: str
) -> None:
    with pytest.raises(HTTPClientError) as caught:
        await http_server_client.fetch(f"{BASE}ship-env/{path}", headers=jp_auth_header)
    assert caught.value.code == 404
    assert sidecar._running is None


async def test_long_body_is_refused_before_it_is_read(
    sidecar: Any, jp_http_port: int, jp_auth_header: Any, jp_fetch: Any
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
    writer.write(raw_request("POST", "echo", {**jp_auth_header, "Content-Length": str(1 << 30)}))
    status = await asyncio.wait_for(reader.readline(), PATIENCE_S)
    assert status.split()[1] == b"413"
    writer.close()
    assert sidecar._running is None


def raw_request(method: str, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {BASE}ship-env/{path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


# What comes back


async def test_events_arrive_one_by_one(fetch: Any) -> None:
    pieces: asyncio.Queue[bytes] = asyncio.Queue()
    stream = asyncio.ensure_future(fetch("ships/one/events", streaming_callback=pieces.put_nowait))
    first = await asyncio.wait_for(pieces.get(), PATIENCE_S)
    assert json.loads(first)["state"] == "started"
    assert not stream.done()
    # The sidecar may write the second event only now.
    await fetch("release", method="POST")
    assert json.loads(await asyncio.wait_for(pieces.get(), PATIENCE_S)) == {"type": "result"}
    response = await stream
    assert response.headers["Content-Type"] == "application/x-ndjson"
    assert response.headers["Cache-Control"] == "no-store"


async def test_browser_that_leaves_ends_the_stream_in_the_sidecar(
    fetch: Any, jp_http_port: int, jp_auth_header: Any
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
    writer.write(raw_request("GET", "ships/one/events", jp_auth_header))
    await asyncio.wait_for(reader.readuntil(b"started"), PATIENCE_S)
    writer.close()
    closed = await fetch("closed")
    assert json.loads(closed.body) == {"whole": False}


async def test_big_answer_passes(fetch: Any) -> None:
    length = 0

    def count(piece: bytes) -> None:
        nonlocal length
        length += len(piece)

    await fetch("big", streaming_callback=count)
    assert length == 32 * 1024 * 1024


async def test_sidecars_refusals_pass(fetch: Any) -> None:
    response = await fetch("nothing-here")
    assert response.code == 404
    assert json.loads(response.body)["url"] == "/nothing-here"
