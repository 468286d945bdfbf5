"""Which task waits in which queue, in this one place.

`celery -A config worker -Q default,high_priority` serves people who wait; a second worker with
`-Q low_priority` does the work that nobody watches.
"""

from __future__ import annotations

from kombu import Exchange, Queue

CELERY_TASK_DEFAULT_QUEUE = "default"
# Each queue has its own exchange and key: queues without them share the default ones, and then
# a message for one of them reaches all.
CELERY_TASK_QUEUES = [
    Queue(name, Exchange(name), routing_key=name) for name in ("default", "high_priority", "low_priority")
]
CELERY_TASK_ROUTES = {
    # Somebody waits for these.
    "notifications.send_welcome_email": {"queue": "high_priority"},
    "notifications.send_new_password": {"queue": "high_priority"},
    "payments.charge_card": {"queue": "high_priority"},
    "integrations.sync_to_crm": {"queue": "high_priority"},
    # Nobody watches these.
    "notifications.send_reminder": {"queue": "low_priority"},
    "notifications.send_weekly_digest": {"queue": "low_priority"},
    "notifications.send_digest": {"queue": "low_priority"},
    "users.cleanup_expired_sessions": {"queue": "low_priority"},
    "warehouse.*": {"queue": "low_priority"},
}
