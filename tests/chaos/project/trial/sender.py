"""A process of the web: for each order on a line it commits that many requests, each with its task.

Stock Celery's pattern sends on commit; hardy needs no hook. Requests of an order that "dies" are each made by a fork
of this process, which is killed right after its COMMIT.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import django
from django.db import Error, close_old_connections, connections, transaction


def main() -> None:
    django.setup()
    say("ready")
    for line in sys.stdin:
        order = json.loads(line)
        make = die if order["dies"] else request
        say(json.dumps([make(order, order["first"] + index) for index in range(order["count"])]))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def request(order: dict, number: int) -> tuple[float, float]:
    from trial import celery_app
    from trial.models import Mark

    def send() -> None:
        celery_app.send_task(order["task"], [number], order["kwargs"], **order["options"])

    before = time.monotonic()
    close_old_connections()  # as Django does before each request
    try:
        with transaction.atomic():
            Mark.objects.create(what="asked" if order["task"] else "no task", number=number)
            if order["dies"]:
                transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
            if not order["task"]:
                pass  # what a request costs by itself
            elif os.environ["TRIAL_CELERY"].startswith("hardy"):
                send()
            else:
                transaction.on_commit(send)
    except Error:  # the database went away: this request failed, and asked for nothing
        connections.close_all()
    except Exception as error:
        sys.stderr.write(f"{order['task']} {number}: {error!r}\n")
    return before, time.monotonic() - before


def die(order: dict, number: int) -> tuple[float, float]:
    before = time.monotonic()
    connections.close_all()
    child = os.fork()
    if child == 0:
        request(order, number)
        os._exit(1)
    os.waitpid(child, 0)
    return before, time.monotonic() - before


if __name__ == "__main__":
    main()
