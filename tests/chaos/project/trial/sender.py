"""A process of the web: for each order on a line it commits that many requests, each with its task.

Stock Celery's pattern sends on commit; hardy needs no hook. An order that "dies" kills the process right after its
COMMIT.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import django
from django.db import Error, connections, transaction


def main() -> None:
    django.setup()
    say("ready")
    for line in sys.stdin:
        order = json.loads(line)
        took = [request(order, order["first"] + index) for index in range(order["count"])]
        say(json.dumps(sorted(took)))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def request(order: dict, number: int) -> float:
    from trial import celery_app
    from trial.models import Mark

    def send() -> None:
        celery_app.send_task(order["task"], [number], **order["options"])

    before = time.monotonic()
    try:
        with transaction.atomic():
            Mark.objects.create(what="asked", number=number)
            if order["dies"]:
                transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
            if os.environ["TRIAL_CELERY"].startswith("hardy"):
                send()
            else:
                transaction.on_commit(send)
    except Error:  # the database went away: this request failed, and asked for nothing
        connections.close_all()
    except Exception as error:
        sys.stderr.write(f"{order['task']} {number}: {error!r}\n")
    return time.monotonic() - before


if __name__ == "__main__":
    main()
