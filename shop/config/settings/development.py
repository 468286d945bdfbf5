"""A machine with nothing but Python: SQLite, the embedded broker, and vendors played by the sandbox."""

from __future__ import annotations

import sys

from config.console import LOGGING  # noqa: F401
from config.vendors import in_sandbox

from .base import *
from .base import DATABASES, SWITCHES

DEBUG = True
DEMONSTRATION = True
SECRET_KEY = "development-only-and-known-to-everyone"
ALLOWED_HOSTS = ["*"]

SANDBOX_URL = f"http://127.0.0.1:{SWITCHES.sandbox_port}"
VENDORS = in_sandbox(SANDBOX_URL)
MAILBOX_URL = f"{SANDBOX_URL}/mail/"
PAYMENT_RETRY_SECONDS = 2

# LOGGING above is for workers and beat too; else they put handlers of their own in its place.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# What `manage.py hardy chaos` sends to the workers that it kills.
CELERY_IMPORTS = ["hardy.testing.chaos.tasks"]

if "runserver" in sys.argv:
    # The development server has a thread for each visitor, and what a thread leaves open nobody uses again.
    DATABASES["default"]["CONN_MAX_AGE"] = 0

# What `manage.py hardy up` prepares and starts beside web, worker and beat.
HARDY = {
    "UP_PREPARE": ["migrate --verbosity 0", "demo_data"],
    "UP": {
        "sandbox": {
            "command": [
                *(sys.executable, "-m", "sandbox", "--port", "{port}"),
                *("--smtp-port", str(SWITCHES.smtp_port), "--data", str(SWITCHES.shop_data / "sandbox")),
            ],
            "ports": {"SANDBOX_PORT": SWITCHES.sandbox_port, "SMTP_PORT": SWITCHES.smtp_port},
            "addresses": {"Vendors": "http://127.0.0.1:{port}/", "Mailbox": "http://127.0.0.1:{port}/mail/"},
        },
        "web": {
            "ports": {"PORT": SWITCHES.port},
            "addresses": {
                "Shop": "http://127.0.0.1:{port}/",
                "Admin (demo / demo)": "http://127.0.0.1:{port}/admin/",
                "Control room": "http://127.0.0.1:{port}/hardy/",
            },
        },
    },
}
