"""The sandbox put together: one event loop that serves HTTP and SMTP until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from sandbox.calls import Calls
from sandbox.carrier import Carrier
from sandbox.crm import Crm
from sandbox.doors import doors
from sandbox.fault_book import FaultBook
from sandbox.gateway import Gateway
from sandbox.mail import Mail
from sandbox.pages import Pages
from sandbox.sentry import Sentry
from sandbox.store import Store
from sandbox.supplier import Supplier

LARGEST_BODY = 32 * 1024 * 1024
logger = logging.getLogger("sandbox")


class PortInUse(Exception):
    """An address the sandbox should listen on belongs to another process."""


@dataclass(frozen=True)
class Options:
    """What the command line says; port 0 takes any free one."""

    host: str = "127.0.0.1"
    port: int = 8025
    smtp_port: int = 1025
    data: Path | None = None
    seed: str = "hardy"
    supplier_period_seconds: float = 20


async def serve(options: Options) -> None:
    """Serve until SIGTERM or SIGINT; PortInUse when an address is taken."""
    stopped = stop_signal()
    with (
        listening(options.host, options.port, "--port", "SANDBOX_PORT") as web_socket,
        listening(options.host, options.smtp_port, "--smtp-port", "SMTP_PORT") as smtp_socket,
        closing(Store(options.data)) as store,
    ):
        await serve_on(web_socket, smtp_socket, store, options, stopped)


async def serve_on(
    web_socket: socket.socket,
    smtp_socket: socket.socket,
    store: Store,
    options: Options,
    stopped: asyncio.Event,
) -> None:
    """Serve HTTP and SMTP on two listening sockets until stopped, whoever still waits for an answer."""
    calls = Calls(FaultBook(options.seed))
    mail = Mail(store.shelf("mail"), calls)
    app = application(options, store, calls, mail)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.3)
    await runner.setup()
    await web.SockSite(runner, web_socket).start()
    smtp_server = await asyncio.get_running_loop().create_server(mail.smtp, sock=smtp_socket)
    announce(web_socket, smtp_socket)

    await stopped.wait()

    smtp_server.close()
    calls.close()
    mail.hang_up()
    await runner.cleanup()


def application(options: Options, store: Store, calls: Calls, mail: Mail) -> web.Application:
    """Every vendor and page behind one HTTP port."""
    app = web.Application(middlewares=doors(), client_max_size=LARGEST_BODY)
    crm = Crm(store.shelf("contacts"), calls)
    gateway = Gateway(store.shelf("charges"), store.shelf("declines"), calls)
    supplier = Supplier(store.shelf("inventory"), calls, options.seed, options.supplier_period_seconds)
    carrier = Carrier(store.shelf("shipments"), calls)
    sentry = Sentry(store.shelf("events"), calls)
    pages = Pages(calls, mail, crm, gateway, supplier, carrier, sentry)
    for part in (mail, crm, gateway, supplier, carrier, sentry, calls.faults, pages):
        app.add_routes(part.routes())
    return app


def stop_signal() -> asyncio.Event:
    """Set once the process is asked to stop."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


def listening(host: str, port: int, option: str, variable: str) -> socket.socket:
    """A socket that listens on the address."""
    try:
        return socket.create_server((host, port))
    except OSError as exc:
        if exc.errno != errno.EADDRINUSE:
            raise
        raise PortInUse(
            f"port {port} on {host} is in use; choose another with {option} or {variable}."
        ) from exc


def announce(web_socket: socket.socket, smtp_socket: socket.socket) -> None:
    """Say where the sandbox listens, once it does."""
    host, port = web_socket.getsockname()[:2]
    smtp_host, smtp_port = smtp_socket.getsockname()[:2]
    logger.info("ready on http://%s:%s/ and smtp://%s:%s", host, port, smtp_host, smtp_port)
