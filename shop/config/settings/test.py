"""Tests: tasks run where they are called, and their exceptions reach the test."""

from __future__ import annotations

from config.vendors import in_sandbox

from .base import *
from .base import SWITCHES

SECRET_KEY = "tests-only"
DEMONSTRATION = True
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SENTRY_DSN = ""

CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True

SANDBOX_URL = f"http://127.0.0.1:{SWITCHES.sandbox_port}"
VENDORS = in_sandbox(SANDBOX_URL)
MAILBOX_URL = f"{SANDBOX_URL}/mail/"
