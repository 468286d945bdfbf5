"""Every call to a vendor passes here: noted for people to see, and broken by the vendor's faults."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections import Counter, deque
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.answers import Refused, now
from sandbox.fault_book import FaultBook
from sandbox.faults import Fault

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

NOTED_CALLS = 50
logger = logging.getLogger("sandbox")


class NoAnswer(web.Response):
    """For aiohttp, which wants an answer where the connection is gone already."""


class Calls:
    """Counts and remembers the calls, newest first, and lets the faults strike them.

    Only what a shop sends is a call: looking at a vendor's lists and emptying them is never broken.
    """

    def __init__(self, faults: FaultBook) -> None:
        self.faults = faults
        self.latest: deque[dict[str, str]] = deque(maxlen=NOTED_CALLS)
        self.counts: Counter[str] = Counter()
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Hang up on everyone who waits for an answer that never comes."""
        self._closing.set()

    def note(self, vendor: str, what: str, outcome: str) -> None:
        """Remember a call; the vendors' own page shows the latest, and the log too if it is asked to say everything."""
        self.counts[vendor] += 1
        self.latest.appendleft({"time": now(), "vendor": vendor, "call": what, "outcome": outcome})
        logger.debug("%s: %s → %s", vendor, what, outcome)

    def to(self, vendor: str, handler: Handler, *, declining: Handler | None = None) -> Handler:
        """The handler of a call to a vendor, behind its faults; `declining` answers one that declines."""

        async def answer(request: web.Request) -> web.StreamResponse:
            fault = self.faults.strike(vendor)
            outcome = "500 a fault of the sandbox itself"
            try:
                struck = declining if declining and fault and fault.decline else handler
                response = await (self._broken(fault, request, struck) if fault else handler(request))
                outcome = told(response)
                return response
            except Refused as refused:
                outcome = f"{refused.status} {refused.body['error']}"
                raise
            except web.HTTPException as refused:
                outcome = str(refused.status)
                raise
            except asyncio.CancelledError:
                outcome = "the caller hung up"
                raise
            finally:
                words = f"{outcome} · fault: {fault.words()}" if fault else outcome
                self.note(vendor, f"{request.method} {request.path}", words)

        return answer

    async def _broken(self, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
        # A caller who is still sending would see something else break than one who waits for the answer.
        await request.read()
        if fault.after:
            answer = await handler(request)
            await self.wait(fault.delay)
            return answer if not await self._breaks(fault, request) else self._broken_answer(fault)
        await self.wait(fault.delay)
        if await self._breaks(fault, request):
            return self._broken_answer(fault)
        return await handler(request)

    async def wait(self, seconds: float | None) -> None:
        """Wait so long, or for ever with None, but never longer than the sandbox runs."""
        if seconds == 0:
            return
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return

    async def _breaks(self, fault: Fault, request: web.Request) -> bool:
        if fault.timeout:
            await self.wait(patience(fault))
        if fault.timeout or fault.reset:
            reset(request.transport)
        return bool(fault.status or fault.timeout or fault.reset)

    @staticmethod
    def _broken_answer(fault: Fault) -> web.Response:
        if not fault.status:
            return NoAnswer()
        headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
        detail = f"{fault.vendor} answers {fault.status} because PUT /faults told it to."
        return web.json_response({"error": "fault", "detail": detail}, status=fault.status, headers=headers)


def told(response: web.StreamResponse) -> str:
    """What the caller got, in a few words."""
    if isinstance(response, NoAnswer):
        return "no answer"
    is_replayed = "Idempotent-Replayed" in response.headers
    return f"{response.status} replayed" if is_replayed else str(response.status)


def patience(fault: Fault) -> float | None:
    """The seconds for which a timeout keeps silent before it hangs up; None is for ever."""
    return None if fault.timeout is True else float(fault.timeout)


def reset(transport: asyncio.BaseTransport | None) -> None:
    """Close the connection so that the other side sees a reset and not an end."""
    if not isinstance(transport, asyncio.Transport):
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
