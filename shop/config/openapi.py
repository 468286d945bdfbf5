"""What the API may also answer: added to every operation of the schema that may answer it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

DETAIL = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
FIELD_ERRORS = {
    "type": "object",
    "description": "What is wrong, by field, or under non_field_errors or detail.",
    "additionalProperties": {},
}


def document_refusals(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """Add 400, 401, 403, 404 and 415 to the operations that refuse with them."""
    schemas = result["components"]["schemas"]
    schemas["Detail"], schemas["FieldErrors"] = DETAIL, FIELD_ERRORS
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for status, words, schema in refusals(path, operation):
                operation["responses"].setdefault(status, response(words, schema))
    return result


def refusals(path: str, operation: Schema) -> Iterator[tuple[str, str, str]]:
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    asks = "requestBody" in operation
    if asks or names:
        yield "400", "Wrong input.", "FieldErrors"
    if {} not in operation.get("security", [{}]):
        yield "401", "Log in first.", "Detail"
        yield "403", "Not yours to do.", "Detail"
    if "{" in path or "page" in names:
        yield "404", "There is none, or it is not yours to see.", "Detail"
    if asks:
        yield "415", "Send JSON.", "Detail"


def response(words: str, schema: str) -> Schema:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": words, "content": content}
