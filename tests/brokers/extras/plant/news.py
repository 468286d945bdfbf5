"""A plugin: a queue that every worker reads a copy of."""

from __future__ import annotations

import sys

from kombu import Queue
from kombu.common import Broadcast

app = sys.modules["depot.celery"].app
queue = app.conf.task_default_queue
app.conf.task_queues = [Queue(queue), Broadcast(f"{queue}.news")]
app.conf.task_routes = {"depot.record_quietly": {"queue": f"{queue}.news", "exchange": f"{queue}.news"}}
