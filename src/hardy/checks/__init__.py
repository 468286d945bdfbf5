"""Django system checks: what would hurt in production is said by ``manage.py check``, each with its remedy.

Checks look at what is in force (``app.conf``), so they are silent about what `hardy.defaults` already set.
docs/reference/checks.md is the list of all of them.
"""

from __future__ import annotations

from django.core import checks

from hardy.checks import application, delivery, ledger, limits
from hardy.checks.findings import FINDINGS, Finding, declare

__all__ = ["FINDINGS", "TAG", "Finding", "declare", "register"]

#: ``manage.py check --tag hardy`` runs these alone.
TAG = "hardy"


def register() -> None:
    """Have Django run hardy's checks; called once, by the app's ``ready()``."""
    for module in (application, ledger, limits, delivery):
        for check in module.CHECKS:
            checks.register(check, TAG)
        for check in module.DEPLOY_CHECKS:
            checks.register(check, TAG, deploy=True)
