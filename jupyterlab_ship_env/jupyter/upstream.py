"""One HTTP request over a unix socket; its answer is passed on as it arrives."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Mapping
from http import HTTPStatus
from typing import Protocol

from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream, StreamClosedError

#: An answer is streamed and may have any size, but tornado needs a number.
_ANY_SIZE = 1 << 62


class Receiver(Protocol):
    """Receives an answer in pieces."""

    def start(self, status: int, headers: HTTPHeaders) -> Awaitable[None]:
        """Receive status and headers, once."""
        ...

    def piece(self, data: bytes) -> Awaitable[None]:
        """Receive a piece of the body. The next piece is read after this is done, so that memory stays bounded."""
        ...


class Upstream:
    """A request to the sidecar that can be closed at any moment.

    Tornado's HTTP client cannot be cancelled while it waits for the next piece of a stream. The connection class below
    that client can be: closing the stream ends the request on both sides.
    """

    def __init__(self, stream: IOStream) -> None:
        """Use a connected stream from :meth:`connect`."""
        self._stream = stream

    @classmethod
    async def connect(cls, socket_path: str) -> Upstream:
        """Connect to a unix socket.

        :raises StreamClosedError: nobody listens there
        """
        stream = IOStream(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        await stream.connect(socket_path)
        return cls(stream)

    async def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        receiver: Receiver,
    ) -> bool:
        """Send a request and pass its answer on.

        :param path: with its leading slash, already encoded
        :returns: whether the answer is complete; false when the sidecar ended or :meth:`close` was called
        """
        delegate = _Delegate(receiver)
        try:
            connection = HTTP1Connection(
                self._stream,
                is_client=True,
                params=HTTP1ConnectionParameters(no_keep_alive=True, max_body_size=_ANY_SIZE),
            )
            await connection.write_headers(
                RequestStartLine(method, path, "HTTP/1.1"),
                HTTPHeaders({**headers, "Host": "sidecar", "Content-Length": str(len(body))}),
                body,
            )
            connection.finish()
            await connection.read_response(delegate)
        except StreamClosedError:
            return False
        finally:
            self._stream.close()
        return delegate.complete

    def close(self) -> None:
        """Close the request; the sidecar notices that its connection closes."""
        self._stream.close()


class _Delegate(HTTPMessageDelegate):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self.complete = False

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        assert isinstance(start_line, ResponseStartLine)
        if start_line.code < HTTPStatus.OK:
            return None
        return self._receiver.start(start_line.code, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None]:
        return self._receiver.piece(chunk)

    def finish(self) -> None:
        self.complete = True
