"""Checks of the project's Celery app and of the names it writes in its settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from celery import current_app
from celery.app.defaults import _OLD_SETTING_KEYS, SETTING_KEYS
from django.core.checks import CheckMessage

from hardy.app import Celery
from hardy.checks.findings import Check, declare
from hardy.conf.suggest import closest

#: Settings that Celery's result backends look up by name, without a default in its table.
LOOKED_UP_BY_BACKENDS = frozenset(
    {
        "cassandra_secure_bundle_path",
        "dynamodb_endpoint_url",
        "firestore_project",
        "gcs_threadpool_maxsize",
        "override_backends",
        "redis_backend_credential_provider",
        "redis_backend_health_check_interval",
        "redis_client_name",
        "result_backend_thread_safe",
    }
)

KNOWN = SETTING_KEYS | LOOKED_UP_BY_BACKENDS

PLAIN_CELERY = declare(
    "hardy.E001",
    when="The project's Celery app is a plain `celery.Celery`.",
    says="The Celery app {name!r} is a plain celery.Celery: its tasks do not pass through the ledger.",
    hint=(
        "Write `from hardy import Celery` instead of `from celery import Celery` where the app is made, and "
        "import that app in the __init__.py of the project's package, so that every process has it."
    ),
)
MISSPELT_SETTING = declare(
    "hardy.W003",
    when="A setting is not one of Celery's, and looks like one.",
    says="{name} is not a Celery setting. Did you mean {right}?",
    hint="Rename it: Celery ignores settings that it does not know.",
)
UNKNOWN_SETTING = declare(
    "hardy.I003",
    when="A `CELERY_…` setting is none that Celery knows, nor like one.",
    says="{name} is not a Celery setting.",
    hint="If your own code or another package reads it, all is well; else remove it: Celery ignores it.",
    deploy=True,
)
WITHOUT_NAMESPACE = declare(
    "hardy.W011",
    when="The app reads Django's settings without `namespace='CELERY'`.",
    says="Celery ignores {names}: the app reads its settings without a namespace.",
    hint="Write app.config_from_object('django.conf:settings', namespace='CELERY').",
)


def project_app() -> Any:
    """Return the Celery app that ``@shared_task`` uses in this process."""
    return current_app._get_current_object()


def app_is_hardys(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    app = project_app()
    return [] if isinstance(app, Celery) else [PLAIN_CELERY(name=app.main)]


def settings_are_spelt_right(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    return [
        MISSPELT_SETTING(name=name, right=right)
        for name, right in sorted(_unknown_settings(project_app()))
        if right
    ]


def settings_are_known(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    unknown = sorted(_unknown_settings(project_app()))
    return [UNKNOWN_SETTING(name=name) for name, right in unknown if not right and name.isupper()]


def settings_are_read_with_their_namespace(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    app = project_app()
    if app.namespace:
        return []
    ignored = [
        name
        for name in _names(app)
        if name.startswith("CELERY_") and name.removeprefix("CELERY_").lower() in SETTING_KEYS
        if name not in _OLD_SETTING_KEYS
    ]
    return [WITHOUT_NAMESPACE(names=", ".join(sorted(ignored)))] if ignored else []


def _unknown_settings(app: Any) -> Iterator[tuple[str, str | None]]:
    """Yield each name that Celery will never look up, with the one that was probably meant, if any."""
    prefix = f"{app.namespace.rstrip('_')}_" if app.namespace else ""
    known_in_upper_case = {f"{prefix}{name.upper()}" for name in KNOWN}
    for name in _names(app):
        if name.islower() and name not in KNOWN and name in app.conf.changes:
            yield name, closest(name, KNOWN)
        elif prefix and name.startswith(prefix) and name not in known_in_upper_case | _OLD_SETTING_KEYS:
            yield name, closest(name, known_in_upper_case)


def _names(app: Any) -> set[str]:
    """Return every name that the project gave this app: in its settings, by updates, by arguments."""
    given: Iterable[Any] = app.conf.finalize().maps[:-1]
    return {name for mapping in given for name in mapping} - {"deprecated_settings"}


CHECKS: list[Check] = [app_is_hardys, settings_are_spelt_right, settings_are_read_with_their_namespace]
DEPLOY_CHECKS: list[Check] = [settings_are_known]
