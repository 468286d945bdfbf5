"""What runs by the clock, in code. The admin adds more: Periodic tasks."""

from __future__ import annotations

from celery.schedules import crontab

CELERY_BEAT_SCHEDULE = {
    "cleanup-expired-sessions": {
        "task": "users.cleanup_expired_sessions",
        "schedule": crontab(hour=2, minute=0),
    },
    "sync-inventory": {
        "task": "products.sync_inventory",
        "schedule": 60.0,
    },
    "weekly-digest": {
        "task": "notifications.send_weekly_digest",
        "schedule": crontab(day_of_week="monday", hour=8, minute=0),
    },
}
