"""Production: nothing is guessed. What is missing in the environment is named at once, at start."""

from __future__ import annotations

import os

from config import vendors
from config.switches import optional_port, required

from .base import *
from .base import MIDDLEWARE

_given = required(
    os.environ,
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "CELERY_BROKER_URL",
    "SENTRY_DSN",
    "EMAIL_HOST",
    "DEFAULT_FROM_EMAIL",
    *vendors.ENVIRONMENT.values(),
)

SECRET_KEY = _given["SECRET_KEY"]
ALLOWED_HOSTS = _given["ALLOWED_HOSTS"].split(",")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]
EMAIL_HOST = _given["EMAIL_HOST"]
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = bool(EMAIL_HOST_USER)
DEFAULT_FROM_EMAIL = _given["DEFAULT_FROM_EMAIL"]

VENDORS = {vendor: _given[variable] for vendor, variable in vendors.ENVIRONMENT.items()}

MIDDLEWARE = [MIDDLEWARE[0], "whitenoise.middleware.WhiteNoiseMiddleware", *MIDDLEWARE[1:]]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^api/health/$", r"^hardy/(?:metrics|health|scaling)$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 30
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # whether every subdomain speaks HTTPS is not the shop's to say,
    "security.W021",  # and neither is whether browsers may be told so for ever
]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

# How it is seen. Each worker of a machine needs a port of its own; in containers all may have the same.
HARDY = {
    "METRICS_TOKEN": os.environ.get("METRICS_TOKEN") or None,
    "METRICS_PORT": optional_port(os.environ, "METRICS_PORT"),
    "HEALTH_PORT": optional_port(os.environ, "HEALTH_PORT"),
    "HEALTH_FILE": os.environ.get("HEALTH_FILE") or None,
}

# Every line as JSON, and those of a task with the task: for whoever gathers the logs of all machines.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "hardy.telemetry.logs.JSONFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"celery.task": {"handlers": ["console"], "propagate": False}},
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

MAILBOX_URL = ""
SHOP_URL = f"https://{ALLOWED_HOSTS[0]}"
