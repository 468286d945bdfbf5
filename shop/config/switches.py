"""Every environment variable the shop understands, read in this one place.

| switch | default | meaning |
|---|---|---|
| PORT | 8000 | the shop's own address |
| SANDBOX_PORT | 8025 | the vendor sandbox, over HTTP |
| SMTP_PORT | 1025 | the vendor sandbox, for mail |
| DATABASE_URL | SQLite in SHOP_DATA | sqlite://, postgres:// or mysql:// |
| CELERY_BROKER_URL | hardy:// | hardy://, redis:// or amqp:// |
| CELERY_RESULT_BACKEND | django-db | any result backend of Celery |
| SENTRY_DSN | the sandbox | where failed tasks are reported; empty for nowhere |
| SHOP_DATA | shop/.data | folder for database, mail, PDFs and the warehouse |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

SHOP = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Switches:
    """What this process was asked to use; unset switches have their development value."""

    port: int
    sandbox_port: int
    smtp_port: int
    database_url: str
    celery_broker_url: str
    celery_result_backend: str
    sentry_dsn: str
    shop_data: Path

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Switches:
        data = Path(environment.get("SHOP_DATA") or SHOP / ".data").resolve()
        sandbox_port = port(environment, "SANDBOX_PORT", 8025)
        return cls(
            port=port(environment, "PORT", 8000),
            sandbox_port=sandbox_port,
            smtp_port=port(environment, "SMTP_PORT", 1025),
            database_url=environment.get("DATABASE_URL") or f"sqlite:///{data / 'shop.sqlite3'}",
            celery_broker_url=environment.get("CELERY_BROKER_URL") or "hardy://",
            celery_result_backend=environment.get("CELERY_RESULT_BACKEND") or "django-db",
            sentry_dsn=environment.get("SENTRY_DSN", f"http://public@127.0.0.1:{sandbox_port}/sentry/1"),
            shop_data=data,
        )


def port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ImproperlyConfigured(
            f"{name}={text!r} is not a port. Give a number from 1 to 65535, or leave it out."
        )
    return int(text)


def optional_port(environment: Mapping[str, str], name: str) -> int | None:
    """The port that is asked for, if one is."""
    return port(environment, name, 1) if environment.get(name) else None


def required(environment: Mapping[str, str], *names: str) -> dict[str, str]:
    """The values of `names`; all missing ones are named at once."""
    missing = [name for name in names if not environment.get(name)]
    if missing:
        raise ImproperlyConfigured(
            f"Production needs these environment variables, which are not set: {', '.join(missing)}. "
            "deploy/shop.env names each with an example."
        )
    return {name: environment[name] for name in names}
