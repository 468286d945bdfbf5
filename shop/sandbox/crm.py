"""The CRM vendor: contacts under the shop's own ids, so that saying the same thing twice changes nothing."""

from __future__ import annotations

from aiohttp import web

from sandbox.answers import cleared, json_object, newest, now, one
from sandbox.calls import Calls
from sandbox.store import Document, Shelf

KEPT_BY_CRM = {"id", "revision", "created_at", "updated_at"}


class Crm:
    """`PUT /crm/contacts/<id>` creates or replaces; the same contact again gets the same answer."""

    def __init__(self, contacts: Shelf, calls: Calls) -> None:
        self.contacts = contacts
        self._calls = calls

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/crm/contacts", self.get_all),
            web.delete("/crm/contacts", self.clear),
            web.get("/crm/contacts/{id}", self.get),
            web.put("/crm/contacts/{id}", self._calls.to("crm", self.put)),
        ]

    async def put(self, request: web.Request) -> web.Response:
        key = request.match_info["id"]
        fields = {
            name: value for name, value in (await json_object(request)).items() if name not in KEPT_BY_CRM
        }
        known = self.contacts.get(key)
        contact = known if known and said_by_shop(known) == fields else revised(key, known, fields)
        self.contacts.put(key, contact)
        return web.json_response(contact, status=200 if known else 201)

    async def get(self, request: web.Request) -> web.Response:
        return web.json_response(one(self.contacts, request.match_info["id"]))

    async def get_all(self, request: web.Request) -> web.Response:
        return newest(request, self.contacts, email="email")

    async def clear(self, request: web.Request) -> web.Response:
        return cleared(self.contacts)


def said_by_shop(contact: Document) -> Document:
    """The contact's fields without those the CRM adds."""
    return {name: value for name, value in contact.items() if name not in KEPT_BY_CRM}


def revised(key: str, known: Document | None, fields: Document) -> Document:
    """The contact with the fields the shop sent, one revision on."""
    moment = now()
    revision = known["revision"] + 1 if known else 1
    created_at = known["created_at"] if known else moment
    return {**fields, "id": key, "revision": revision, "created_at": created_at, "updated_at": moment}
