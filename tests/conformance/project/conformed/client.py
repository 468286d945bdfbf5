"""A process of the project that observes claims: it reads their names and answers in JSON, in any order."""

from __future__ import annotations

import json
import os
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from django.db import connections

from conformed import celery_app

#: Claims observed at a time: most of them wait.
THREADS = 3


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a scenario prints is no answer
    django.setup()
    celery_app.loader.import_default_modules()  # as a worker does: scenarios name tasks
    from tests.conformance.claims import CLAIMS

    def observe(name: str) -> None:
        answers.write(json.dumps({"claim": name, **answer_to(CLAIMS[name])}) + "\n")

    with ThreadPoolExecutor(THREADS) as threads:
        for line in sys.stdin:
            threads.submit(observe, line.strip())


def answer_to(claim: Any) -> dict[str, Any]:
    try:
        return {"observed": claim.observe()}
    except BaseException:
        return {"error": traceback.format_exc()}
    finally:
        connections.close_all()  # five stacks share what one server allows


if __name__ == "__main__":
    main()
