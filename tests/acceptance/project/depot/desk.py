"""A process of the project that a test talks to: it runs the Python it is sent and answers in JSON."""

from __future__ import annotations

import ast
import json
import os
import sys
import traceback
from typing import Any

import django


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what code prints is no answer
    django.setup()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"value": evaluate(request["source"], {**names(), **request["names"]})}
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer, default=str) + "\n")


def names() -> dict[str, Any]:
    """What the code finds at hand."""
    import celery
    from django.db import connection, transaction

    from depot import celery_app, models, tasks
    from hardy import models as ledger

    return {
        "app": celery_app,
        "connection": connection,
        "ledger": ledger,
        "models": models,
        "tasks": tasks,
        "transaction": transaction,
        **{name: getattr(celery, name) for name in ("chain", "chord", "group", "signature")},
    }


def evaluate(source: str, given: dict[str, Any]) -> Any:
    """Run statements; the value of the last one is the answer, if it is an expression."""
    body = ast.parse(source).body
    last = ast.Expression(body.pop().value) if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "<desk>", "exec"), given)  # noqa: S102 - the test wrote it
    return eval(compile(last, "<desk>", "eval"), given) if last else None  # noqa: S307


if __name__ == "__main__":
    main()
