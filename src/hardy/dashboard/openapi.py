"""The OpenAPI document of the pages: addresses, what each may be asked, and the types of `hardy.dashboard.schemas`."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from django.http import HttpRequest, JsonResponse
from django.urls import reverse

from hardy.dashboard import schemas as types_of
from hardy.dashboard.access import JSON, PERMISSIONS, May, page

TEXT = {"type": "string", "maxLength": 255}
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One page: its address's name, what it answers, what it may be asked, and what it takes besides."""

    name: str
    summary: str
    answer: Any
    asked: dict[str, str]
    needs: tuple[str, ...] = ()


#: What a list of tasks is filtered by.
FILTER = {
    "state": "running, waiting, later, dead, or an outcome of an attempt",
    "task": "the task's whole name",
    "queue": "the queue's name",
    "tag": "the row it is about, such as order:42; takes hardy.view_arguments",
    "q": "a text in the task's name or error, or a job's id",
}
OPERATIONS = (
    Operation(
        "overview", "Health, queues, and a chart", types_of.Overview, {"range": "5m, 1h, 6h, 24h, 7d or 14d"}
    ),
    Operation(
        "tasks", "A page of the list of tasks", types_of.Tasks, {**FILTER, "after": "where the list goes on"}
    ),
    Operation("task", "One task", types_of.Task, {"id": "Celery's task id"}),
    Operation("queues", "Every queue", types_of.Queues, {}),
    Operation("queue", "One queue", types_of.Queue, {"name": "the queue's name"}),
    Operation("workers", "Every worker and beat process", types_of.Workers, {}, ("workers",)),
    Operation("doctor", "What is wrong, why it matters, how to put it right", types_of.Doctor, {}),
    Operation("errors", "The kinds of dead letters, and of errors", types_of.Kinds, {}, ("letters",)),
    Operation("fault", "One error of attempts", types_of.OneFault, {"fingerprint": "the error's"}, ("runs",)),
    Operation(
        "kind",
        "The dead letters of one kind",
        types_of.Letters,
        {name: f"the kind's {name}" for name in ("task", "reason", "error_type", "fingerprint")}
        | {"before": "where the list goes on"},
        ("letters",),
    ),
    Operation("schedules", "Every schedule entry", types_of.Schedules, {}, ("schedules",)),
    Operation(
        "audit",
        "Who did what",
        types_of.Audit,
        {
            "by": "a part of a name",
            "action": "what was done",
            "job": "a job's id",
            "before": "where it goes on",
        },
        ("audit",),
    ),
)


@page()
def openapi_view(request: HttpRequest, may: May) -> JsonResponse:
    """The document, with this project's own address."""
    return JsonResponse(document(request.build_absolute_uri(reverse("hardy:overview"))))


def document(server: str) -> dict[str, Any]:
    """Return the document; ``server`` is where the control room is."""
    schemas: dict[str, Any] = {}
    root = reverse("hardy:overview")
    paths = {
        f"/{reverse(f'hardy:{operation.name}').removeprefix(root)}": {"get": _get(operation, schemas)}
        for operation in OPERATIONS
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "hardy's control room",
            "version": "1",
            "description": "Each page answers JSON to `Accept: application/json`, to staff who are logged in.",
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "sessionid"}},
        },
        "security": [{"session": []}],
    }


def _get(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    needed = ["hardy.view_job", *(PERMISSIONS[name] for name in operation.needs)]
    refused = _content(types_of.Error, schemas)
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Takes the permission{'s' if len(needed) > 1 else ''} {', '.join(needed)}.",
        "parameters": [
            {"name": name, "in": "query", "schema": TEXT, "description": said}
            for name, said in operation.asked.items()
        ],
        "responses": {
            "200": {"description": operation.summary, **_content(operation.answer, schemas)},
            "401": {"description": "Nobody is logged in.", **refused},
            "403": {"description": "A permission is missing.", **refused},
            **(
                {"404": {"description": "There is none.", **refused}}
                if operation.name in ("task", "queue")
                else {}
            ),
        },
    }


def _content(answer: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    return {"content": {JSON: {"schema": schema_of(answer, schemas)}}}


def schema_of(kind: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of a type; those of typed dictionaries are collected in ``schemas``."""
    if kind is Any:
        return {}
    if is_typeddict(kind):
        return _reference(kind, schemas)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is list:
        return {"type": "array", "items": schema_of(inner[0], schemas)}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(inner[1], schemas)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema_of(one, schemas) for one in inner]}
    return {"type": PLAIN[kind]}


def _reference(kind: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    if kind.__name__ not in schemas:
        schemas[kind.__name__] = {}  # so that one that holds itself ends
        hints = get_type_hints(kind)
        schemas[kind.__name__] = {
            "type": "object",
            "description": kind.__doc__,
            "properties": {name: schema_of(hint, schemas) for name, hint in hints.items()},
            "required": list(hints),
            "additionalProperties": False,
        }
    return {"$ref": f"#/components/schemas/{kind.__name__}"}
