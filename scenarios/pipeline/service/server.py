"""HTTP for the endpoints, on the standard library's server. Refuses to decide what is answered."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from scenarios.pipeline.service.endpoints import Answer, Endpoints

LARGEST_BODY: Final = 1024 * 1024
STDERR: Final = 2


class Server(ThreadingHTTPServer):
    """Serves the endpoints on a bound socket, each connection in a thread that ends with the process."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, listener: socket.socket) -> None:
        # Not bound here: HTTPServer's own way looks up the host's name, which may take seconds.
        super().__init__(listener.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.endpoints = Endpoints()
        # For a socket that was passed to us: whoever bound it may not have listened yet; twice does no harm.
        self.server_activate()

    @property
    def url(self) -> str:
        """Where clients find this server."""
        host, port = self.socket.getsockname()
        return f"http://{host}:{port}"

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the standard library's
        """Let a client hang up without a traceback: that is what a time-out looks like from here."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, has them answered, waits if the answer says so, sends."""

    server: Server
    protocol_version = "HTTP/1.1"
    # Header and body leave in one write. In two, the second would wait for the client's delayed
    # acknowledgement of the first (some 40 ms), and so it would for an answer larger than the buffer.
    wbufsize = -1
    disable_nagle_algorithm = True

    def respond(self) -> None:
        """Answer one request."""
        body = self._read_body()
        if body is None:
            return
        answer = self.server.endpoints.answer(self.command, self.path.partition("?")[0], body)
        if answer.delay_seconds:
            time.sleep(answer.delay_seconds)
        self._send(answer)

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = respond  # noqa: N815 - the library's

    def handle_expect_100(self) -> bool:
        """Tell a client that asks first to go on: at once, for it waits."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request in JSON, as the endpoints do, and hang up: what follows it could be anything."""
        status = HTTPStatus(code)
        document: dict[str, object] = {"error": status.phrase, "found": explain or message or ""}
        self.close_connection = True
        self._send(Answer(status=status, document=document))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name for it
        """Write one line, in one write and past Python's buffers.

        So lines of different threads never mix, and no thread that dies with the process holds stderr's lock,
        which the interpreter would find taken at its end, and abort.
        """
        line = (format % args).encode("unicode_escape") + b"\n"
        with contextlib.suppress(OSError):
            os.write(STDERR, line)

    def _read_body(self) -> bytes | None:
        """Return the body, or refuse the request and return nothing."""
        stated = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers:
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "a body in chunks")
            return None
        # Python would also take "+1", "1_0" and figures of other scripts for a number.
        if not (stated.isascii() and stated.isdigit()):
            self._refuse(HTTPStatus.BAD_REQUEST, f"Content-Length: {stated}")
            return None
        # So many digits are too many bytes; Python refuses to read thousands of them.
        if len(stated) > len(str(LARGEST_BODY)) or int(stated) > LARGEST_BODY:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{stated} bytes, more than {LARGEST_BODY}")
            return None
        body = self.rfile.read(int(stated))
        if len(body) < int(stated):
            self.close_connection = True
            return None
        return body

    def _send(self, answer: Answer) -> None:
        body = json.dumps(answer.document).encode() + b"\n"
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if answer.allow:
            self.send_header("Allow", answer.allow)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refuse(self, status: HTTPStatus, found: str) -> None:
        """Refuse a body, then read it: cut off before that, the client might never see our answer."""
        self.send_error(status, found)
        self.wfile.flush()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
        while self.rfile.read(64 * 1024):
            pass
