"""The door of the Jupyter server to the sidecar: ``<base_url>ship-env/…``, behind Jupyter's own guards.

Authentication, authorization, the XSRF token and the origin check are jupyter_server's and run before a byte of the
body is read. What goes on to the sidecar is an allow-list: method, path, body, content type. The person's cookie,
her token (header or query) and whatever else the browser or a proxy adds stay here.
"""

from __future__ import annotations

import json

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.httputil import HTTPHeaders
from tornado.iostream import StreamClosedError

from ._contract import BODY_LIMIT, ERRORS, SHIPS_PATH, TOKEN_HEADER
from .errors import ShipEnvError
from .sidecar_process import Endpoint, SidecarProcess
from .upstream import Upstream

#: Path segments of plain characters only: no dots, no percent signs, so there is nothing to normalise or to decode.
PATH_PATTERN = r"ship-env/((?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+)"

_STREAM_TYPE = "application/x-ndjson"

#: Every page asks for the ships that run when it opens. No sidecar, no ships: none is started for that answer.
_NO_SHIPS: dict[str, list[object]] = {"ships": []}


@web.stream_request_body
class ShipEnvHandler(APIHandler):
    """Hands a request on to the sidecar, and its answer back as it arrives."""

    auth_resource = "ship-env"

    def initialize(self, sidecar: SidecarProcess) -> None:
        """Take the server's one sidecar."""
        self._sidecar = sidecar
        self._body = bytearray()
        self._upstream: Upstream | None = None
        self._is_gone = False

    async def prepare(self) -> None:  # type: ignore[override]
        """Run Jupyter's guards, then refuse a body that is too long before it is sent."""
        await super().prepare()
        length = self.request.headers.get("Content-Length", "0")
        self._limit(int(length) if length.isdecimal() else BODY_LIMIT + 1)

    def data_received(self, chunk: bytes) -> None:
        """Collect the body, which comes in pieces after :meth:`prepare`."""
        self._limit(len(self._body) + len(chunk))
        self._body += chunk

    def on_connection_close(self) -> None:
        """Drop the sidecar's stream when the browser went away; may run before there is one."""
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
            # Nothing was sent, so another can take the request.
            await self._sidecar.discard(endpoint)
        endpoint = await self._sidecar.endpoint()
        try:
            return endpoint, await Upstream.connect(endpoint.socket)
        except StreamClosedError as error:
            raise _went_away() from error

    async def start(self, status: int, headers: HTTPHeaders) -> None:
        """Answer with the sidecar's status; of its headers only the body's type is the browser's business."""
        self.set_status(status)
        self.set_header("Content-Type", headers.get("Content-Type", "application/json"))
        self.set_header("Cache-Control", "no-store")
        # A reverse proxy in front of Jupyter must not collect a stream's lines either (nginx).
        self.set_header("X-Accel-Buffering", "no")
        await self._flush()

    async def piece(self, data: bytes) -> None:
        """Pass a piece of the body on, at the browser's pace."""
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
            # The last line of a stream of events is its result or its error; the line before may be cut short.
            self.write("\n" + json.dumps(error.to_object()) + "\n")
            await self.finish()
        else:
            # Half a document: the browser must see that it is broken.
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
        "The sidecar went away before it had answered.",
        "Try again: it is started anew. See the Jupyter server's log for the reason.",
    )
