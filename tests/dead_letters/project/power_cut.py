"""Replay every letter, and die as by a power cut when half of them have been sent: ``python -m power_cut 150``."""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from typing import Any

import django

django.setup()

from hardy import events  # noqa: E402 - Django must be set up first
from hardy.dead_letters.replaying import replay  # noqa: E402
from hardy.ledger.models import DeadLetter  # noqa: E402

sent = count(1)


def cut(sender: Any, **fields: Any) -> None:
    if next(sent) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)


events.job_enqueued.connect(cut)
replay(DeadLetter.objects.all())
