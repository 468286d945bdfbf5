"""Lets Python sleep under libfaketime.

`time.sleep` waits until a time of the monotonic clock (`clock_nanosleep`, since Python 3.11), which libfaketime 0.9.10
refuses with EINVAL. Waiting for an event that never comes does not pass through it.
"""

from __future__ import annotations

import threading
import time


def sleep(seconds: float) -> None:
    threading.Event().wait(seconds)


time.sleep = sleep
