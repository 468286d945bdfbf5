"""The mail vendor: takes every message over SMTP, delivers none, and shows them at `/mail/messages`."""

from __future__ import annotations

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from uuid import uuid4
from weakref import WeakSet

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.answers import cleared, newest, now, one
from sandbox.calls import Calls, patience, reset
from sandbox.faults import Fault
from sandbox.store import Document, Shelf

LARGEST_MESSAGE = 32 * 1024 * 1024


class Mail:
    """A mailbox for everyone: what the shop mails ends here, and can be read as JSON or in a browser."""

    def __init__(self, messages: Shelf, calls: Calls) -> None:
        self.messages = messages
        self._calls = calls
        self._connections: WeakSet[SMTP] = WeakSet()

    def smtp(self) -> SMTP:
        """The protocol of one SMTP connection."""
        connection = SMTP(
            self,
            hostname="sandbox.localhost",
            ident="sandbox",
            data_size_limit=LARGEST_MESSAGE,
            enable_SMTPUTF8=True,
            loop=asyncio.get_running_loop(),
        )
        self._connections.add(connection)
        return connection

    def hang_up(self) -> None:
        """Close every SMTP connection at once."""
        for connection in self._connections:
            reset(connection.transport)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a message; aiosmtpd calls this by name and sends what it returns."""
        fault = self._calls.faults.strike("smtp")
        outcome = await self._broken(fault, server, envelope) if fault else self._deliver(envelope)
        words = f"{outcome} · fault: {fault.words()}" if fault else outcome
        self._calls.note("smtp", f"mail to {', '.join(envelope.rcpt_tos)}", words)
        return outcome

    def _deliver(self, envelope: Envelope) -> str:
        self.messages.put(*delivered(envelope))
        return "250 OK"

    async def _broken(self, fault: Fault, server: SMTP, envelope: Envelope) -> str:
        if fault.after:
            self._deliver(envelope)
        await self._calls.wait(fault.delay)
        if fault.timeout:
            await self._calls.wait(patience(fault))
        if fault.timeout or fault.reset:
            reset(server.transport)
            return "no answer"
        if fault.status:
            return f"{fault.status} Refused because PUT /faults said so"
        return "250 OK" if fault.after else self._deliver(envelope)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/mail/messages", self.get_all),
            web.delete("/mail/messages", self.clear),
            web.get("/mail/messages/{id}", self.get),
        ]

    async def get_all(self, request: web.Request) -> web.Response:
        return newest(request, self.messages, to="recipients", subject="subject")

    async def get(self, request: web.Request) -> web.Response:
        return web.json_response(one(self.messages, request.match_info["id"]))

    async def clear(self, request: web.Request) -> web.Response:
        return cleared(self.messages)


def delivered(envelope: Envelope) -> tuple[str, Document]:
    """The message in an SMTP envelope, as a document under a new id.

    The recipients are the envelope's, which are the addresses it was really sent to.
    """
    content = envelope.content or b""
    message = message_from_bytes(
        content if isinstance(content, bytes) else content.encode(), policy=policy.default
    )
    key = uuid4().hex[:12]
    return key, {
        "id": key,
        "to": ", ".join(envelope.rcpt_tos),
        "recipients": list(envelope.rcpt_tos),
        "from": str(message["From"] or envelope.mail_from),
        "subject": str(message["Subject"] or ""),
        "message_id": str(message["Message-ID"] or ""),
        "text": _body(message, "plain"),
        "html": _body(message, "html"),
        "attachments": [_attachment(part) for part in message.iter_attachments()],
        "date": now(),
    }


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return _text(part).replace("\r\n", "\n").rstrip("\n") if part else ""


def _text(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except LookupError:  # a character set that nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode(errors="replace") if isinstance(payload, bytes) else ""


def _attachment(part: EmailMessage) -> Document:
    payload = part.get_payload(decode=True)
    size = len(payload) if isinstance(payload, bytes) else 0
    return {"name": part.get_filename() or "", "type": part.get_content_type(), "bytes": size}
