"""Django system checks: what would hurt in production is said by ``manage.py check``, each with its remedy.

Checks look at what is in force (``app.conf``), so they are silent about what `hardy.defaults` already set.
docs/reference/checks.md is the list of all of them.
"""

from __future__ import annotations

from functools import cache, wraps

from django.core import checks
from django.core.checks import CheckMessage

from hardy.app import Celery
from hardy.checks import application, delivery, ledger, limits, locks
from hardy.checks.findings import FINDINGS, Check, Finding, declare

__all__ = ["FINDINGS", "TAG", "Finding", "declare", "register"]

#: ``manage.py check --tag hardy`` runs these alone.
TAG = "hardy"


def register() -> None:
    """Have Django run hardy's checks; called once, by the app's ``ready()``."""
    for module in (application, ledger, limits, delivery, locks):
        for check in module.CHECKS:
            checks.register(_of_hardys_app(check), TAG)
        for check in module.DEPLOY_CHECKS:
            checks.register(_of_hardys_app(check), TAG, deploy=True)


@cache
def _of_hardys_app(check: Check) -> Check:
    """Have ``check`` say nothing where the app is not hardy's: E001 says it, and all else would be about Celery's."""
    if check is application.app_is_hardys:
        return check

    @wraps(check)
    def checked(*args: object, **kwargs: object) -> list[CheckMessage]:
        return check(*args, **kwargs) if isinstance(application.project_app(), Celery) else []

    return checked
