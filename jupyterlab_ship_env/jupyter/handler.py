"""The route from the Jupyter server to the sidecar: ``<base_url>ship-env/…``, behind Jupyter's own checks.

Authentication, authorization, the XSRF token and the origin check are jupyter_server's and run before a byte of the
body is read. An allow-list goes on to the sidecar: method, path, body, content type. The person's cookie and token
(header or query), and everything else that the browser or a proxy adds, stay here.
"""

from __future__ import annotations

import json

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.httputil import HTTPHeaders
from tornado.iostream import StreamClosedError

from jupyterlab_ship_env._contract import BODY_LIMIT, ERRORS, SHIPS_PATH, TOKEN_HEADER
from jupyterlab_ship_env.errors import ShipEnvError

from .sidecar_process import Endpoint, SidecarProcess
from .upstream import Upstream

#: Path segments of plain characters only: without dots and percent signs there is nothing to normalise or decode.
PATH_PATTERN = r"ship-env/((?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+)"

_STREAM_TYPE = "application/x-ndjson"

#: The answer when no sidecar runs. Every page asks for running ships when it opens; that must not start a sidecar.
_NO_SHIPS: dict[str, list[object]] = {"ships": []}


@web.stream_request_body
class ShipEnvHandler(APIHandler):
    """Passes a request on to the sidecar, and the answer back as it arrives."""

    auth_resource = "ship-env"

    def initialize(self, sidecar: SidecarProcess) -> None:
        """Take the sidecar of the server."""
        self._sidecar = sidecar
        self._body = bytearray()
        self._upstream: Upstream | None = None
        self._is_gone = False

    async def prepare(self) -> None:  # type: ignore[override]
        """Run Jupyter's checks, then refuse a body that is too long before it is sent."""
        await super().prepare()
        length = self.request.headers.get("Content-Length", "0")
        self._limit(int(length) if length.isdecimal() else BODY_LIMIT + 1)

    def data_received(self, chunk: bytes) -> None:
        """Collect the body, which comes in pieces after :meth:`prepare`."""
        self._limit(len(self._body) + len(chunk))
        self._body += chunk

    def on_connection_close(self) -> None:
        """Close the sidecar's stream when the browser disconnects; may run before the stream exists."""
        self._is_gone = True
        if self._upstream is not None:
            self._upstream.close()
        super().on_connection_close()

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Read: health, the ships that run, the events of a ship."""
        if path == SHIPS_PATH and not self._sidecar.is_running:
            self.finish(json.dumps(_NO_SHIPS))
            return
        await self._forward(path)

    @web.authenticated
    @authorized
    async def post(self, path: str) -> None:
        """Start a ship, take a snapshot, check a target."""
        await self._forward(path)

    @web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Cancel a ship."""
        await self._forward(path)

    async def _forward(self, path: str) -> None:
        try:
            endpoint, self._upstream = await self._connect()
        except ShipEnvError as error:
            self._finish_with(error)
            return
        if self._is_gone:
            self._upstream.close()
            return
        headers = {TOKEN_HEADER: endpoint.token}
        if self._body:
            headers["Content-Type"] = self.request.headers.get("Content-Type", "application/json")
        is_whole = await self._upstream.request(
            self.request.method or "GET",
            f"/{path}",
            headers,
            bytes(self._body),
            self,
        )
        if is_whole:
            await self.finish()
        elif not self._is_gone:
            await self._end_broken_answer()

    async def _connect(self) -> tuple[Endpoint, Upstream]:
        endpoint = await self._sidecar.endpoint()
        try:
            return endpoint, await Upstream.connect(endpoint.socket)
        except StreamClosedError:
            # Nothing was sent, so a new sidecar can take the request.
            await self._sidecar.discard(endpoint)
        endpoint = await self._sidecar.endpoint()
        try:
            return endpoint, await Upstream.connect(endpoint.socket)
        except StreamClosedError as error:
            raise _went_away() from error

    async def start(self, status: int, headers: HTTPHeaders) -> None:
        """Answer with the sidecar's status and content type; its other headers stay here."""
        self.set_status(status)
        self.set_header("Content-Type", headers.get("Content-Type", "application/json"))
        self.set_header("Cache-Control", "no-store")
        # A reverse proxy in front of Jupyter (nginx) must not buffer the lines of a stream.
        self.set_header("X-Accel-Buffering", "no")
        await self._flush()

    async def piece(self, data: bytes) -> None:
        """Pass a piece of the body on, as fast as the browser reads."""
        self.write(data)
        await self._flush()

    async def _flush(self) -> None:
        try:
            await self.flush()
        except StreamClosedError:
            self.on_connection_close()

    async def _end_broken_answer(self) -> None:
        error = _went_away()
        if not self._headers_written:
            self._finish_with(error)
        elif self._content_type() == _STREAM_TYPE:
            # The last line of an event stream is its result or its error; the line before it may be incomplete.
            self.write("\n" + json.dumps(error.to_object()) + "\n")
            await self.finish()
        else:
            # The document is incomplete: the browser must see that.
            self.detach().close()

    def _finish_with(self, error: ShipEnvError) -> None:
        self.set_status(ERRORS[error.code][0])
        self.finish(json.dumps(error.to_object()))

    def _content_type(self) -> str:
        return str(self._headers.get("Content-Type", "")).partition(";")[0].strip()

    def _limit(self, size: int) -> None:
        if size > BODY_LIMIT:
            raise web.HTTPError(413, f"A request may have {BODY_LIMIT} bytes.")


def _went_away() -> ShipEnvError:
    return ShipEnvError(
        "SIDECAR_UNAVAILABLE",
        "The sidecar ended before it answered.",
        "Try again: the sidecar is started anew. See the Jupyter server's log for the reason.",
    )
