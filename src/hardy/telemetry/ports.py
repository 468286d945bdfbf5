"""The ports of a worker: a small HTTP server in a thread, for a scraper and for probes."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

logger = logging.getLogger(__name__)

#: Seconds that a client has to say what it wants.
TIMEOUT = 10.0

#: Status, content type, text.
Answer = tuple[int, str, bytes]
Pages = Mapping[str, Callable[[], Answer]]


def as_json(status: int, said: Any) -> Answer:
    return status, "application/json", json.dumps(said).encode() + b"\n"


class Port:
    """An open port that answers GET and HEAD for a few paths. Raises ``OSError`` if it cannot be opened."""

    def __init__(self, host: str, number: int, pages: Pages) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET

        class Server(ThreadingHTTPServer):
            address_family = family
            daemon_threads = True
            # Twice the port of one worker must be an error: the probes of one would be answered by the other.
            allow_reuse_port = False

            def server_bind(self) -> None:
                if family == socket.AF_INET6:
                    self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                # Not HTTPServer's, which asks a name server who we are.
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                self.socket.bind(self.server_address)

            def handle_error(self, request: Any, client_address: Any) -> None:
                logger.debug("A client of the worker's port %d went away", number, exc_info=True)

        self.number = number
        self._server = Server((host, number), _handler(pages))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.5,), name=f"hardy-port-{number}", daemon=True
        )

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    def let_go(self) -> None:
        """Close the socket that a child has inherited, or the port stays taken while it outlives its worker."""
        self._server.socket.close()


def _handler(pages: Pages) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = TIMEOUT
        server_version, sys_version = "hardy", ""

        def do_GET(self) -> None:
            status, kind, text = _answer(pages, self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        do_HEAD = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: probes come every few seconds."""

    return Handler


def _answer(pages: Pages, path: str) -> Answer:
    page = pages.get(path.rstrip("/") or "/")
    if page is None:
        return as_json(404, {"error": f"There are: {', '.join(sorted(pages))}"})
    try:
        return page()
    except Exception:
        logger.exception("The worker cannot answer %s", path)
        return as_json(500, {"error": "The worker's log says why."})
