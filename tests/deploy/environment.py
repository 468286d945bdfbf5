"""deploy/shop.env, read as systemd and Docker read it, and filled in for a shop on this machine."""

from __future__ import annotations

from pathlib import Path

from config.vendors import ENVIRONMENT
from tests.sandbox.process import Sandbox

FILE = Path(__file__).resolve().parents[2] / "deploy" / "shop.env"


def example() -> dict[str, str]:
    lines = [line for line in FILE.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def production(home: Path, sandbox: Sandbox, *, port: int) -> dict[str, str]:
    """The example with a key and with this machine's addresses: SQLite, no broker, the sandbox as vendors."""
    vendors = {variable: f"{sandbox.http_url}/{vendor}" for vendor, variable in ENVIRONMENT.items()}
    return {
        **example(),
        **vendors,
        "SECRET_KEY": "a-key-of-this-test-that-is-long-enough-to-be-taken-for-a-real-one",
        "DATABASE_URL": f"sqlite:///{home / 'data' / 'shop.sqlite3'}",
        "CELERY_BROKER_URL": "hardy://",
        "SENTRY_DSN": f"{sandbox.http_url.replace('//', '//public@')}/sentry/1",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_HOST_USER": "",
        "SMTP_PORT": str(sandbox.smtp_port),
        "SHOP_DATA": str(home / "data"),
        "HEALTH_FILE": str(home / "data" / "health-{name}.json"),
        "SHOP_HOME": str(home),
        "PORT": str(port),
        "WEB_WORKERS": "1",
        "WORKER_CONCURRENCY": "1",
    }
