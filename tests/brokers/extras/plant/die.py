"""A process that is killed between its COMMIT and the first word to the broker."""

from __future__ import annotations

import os
import signal
import sys

import django


def main(name: str) -> None:
    django.setup()
    from depot import tasks
    from django.db import transaction

    with transaction.atomic():
        # Hooks run in the order they were registered: this one before the ledger's.
        transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
        tasks.record.delay(name)


if __name__ == "__main__":
    main(sys.argv[1])
