"""`/faults`: which vendor fails how, set and lifted over HTTP."""

from __future__ import annotations

from aiohttp import web

from sandbox.answers import Refused, json_object
from sandbox.faults import VENDORS, BadFault, Fault, parse_fault
from sandbox.store import Document


class FaultBook:
    """The faults in force, per vendor in the order they strike. A restart of the sandbox lifts them all."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._faults: dict[str, list[Fault]] = {}

    def strike(self, vendor: str) -> Fault | None:
        """The fault that breaks this call, or None."""
        return next((fault for fault in self._faults.get(vendor, []) if fault.strikes()), None)

    def in_force(self) -> list[Fault]:
        return [fault for faults in self._faults.values() for fault in faults if not fault.is_spent()]

    def document(self) -> Document:
        """What `GET /faults` answers: each vendor's faults, also those that struck often enough."""
        return {vendor: [fault.document() for fault in faults] for vendor, faults in self._faults.items()}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/faults", self.get_all),
            web.put("/faults", self.set),
            web.delete("/faults", self.lift_all),
            web.delete("/faults/{vendor}", self.lift),
        ]

    async def get_all(self, request: web.Request) -> web.Response:
        return web.json_response(self.document())

    async def set(self, request: web.Request) -> web.Response:
        """Replace the faults of the vendors named, all or none; the others stay as they are."""
        wanted = await json_object(request)
        try:
            faults = {vendor: self.parsed(vendor, value) for vendor, value in wanted.items()}
        except BadFault as exc:
            raise Refused(400, "bad_fault", str(exc)) from exc
        self._faults.update(faults)
        return web.json_response(self.document())

    def parsed(self, vendor: str, value: object) -> list[Fault]:
        return [
            parse_fault(vendor, one, self._seed) for one in (value if isinstance(value, list) else [value])
        ]

    async def lift_all(self, request: web.Request) -> web.Response:
        self._faults.clear()
        return web.json_response(self.document())

    async def lift(self, request: web.Request) -> web.Response:
        vendor = request.match_info["vendor"]
        if vendor not in VENDORS:
            raise Refused(
                400, "unknown_vendor", f"There is no vendor {vendor!r}; known: {', '.join(VENDORS)}."
            )
        self._faults.pop(vendor, None)
        return web.json_response(self.document())
