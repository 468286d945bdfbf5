from __future__ import annotations

import inspect
import pathlib
import re

import celery
import pytest
from celery.signals import task_failure
from django.core import checks

from hardy.checks import FINDINGS, TAG, application, declare, delivery, ledger, limits, register
from hardy.conf.versions import TELLS_OF_HARD_LIMITS

REFERENCE = pathlib.Path(__file__).parents[2] / "docs" / "reference" / "checks.md"
MODULES = (application, ledger, limits, delivery)


def ids(messages):
    return [message.id for message in messages]


def found():
    """Run every check, as `manage.py check --deploy` does, and return what each id says."""
    every_check = [check for module in MODULES for check in module.CHECKS + module.DEPLOY_CHECKS]
    return {message.id: message.msg for check in every_check for message in check(None)}


def test_checks_are_silent_about_what_the_defaults_already_set(project, database, settings, nobody_listens):
    def report(**failure): ...

    task_failure.connect(report)
    database("postgresql")
    project(DEBUG=False, CELERY_TASK_ROUTES={"payments.*": {"queue": "high_priority"}})

    assert set(found()) == (set() if celery.VERSION >= TELLS_OF_HARD_LIMITS else {"hardy.I004"})


def test_a_stock_project_hears_of_everything_that_the_defaults_would_have_set(project):
    project(celery.Celery)

    assert {"hardy.E001", "hardy.W002", "hardy.W004", "hardy.W006", "hardy.I001"} <= found().keys()


def test_django_runs_the_checks_once_they_are_registered(project):
    project(CELERY_TASK_ACK_LATE=True)
    register()

    always = ids(checks.run_checks(tags=[TAG]))
    before_a_deployment = ids(checks.run_checks(tags=[TAG], include_deployment_checks=True))

    assert always.count("hardy.W003") == 1
    assert len(always) == len(set(always))
    assert {FINDINGS[id].deploy for id in always} == {False}
    assert set(before_a_deployment) - set(always)


@pytest.mark.parametrize("module", MODULES)
def test_the_findings_of_deployment_checks_are_those_marked_so(module):
    findings = {name: value for name, value in vars(module).items() if value in FINDINGS.values()}

    for check in module.CHECKS + module.DEPLOY_CHECKS:
        named = [finding for name, finding in findings.items() if f"{name}(" in inspect.getsource(check)]
        assert {finding.deploy for finding in named} == {check in module.DEPLOY_CHECKS}


def test_an_id_is_never_used_twice():
    with pytest.raises(ValueError, match=r"hardy\.E001 is already taken: The project's Celery app"):
        declare("hardy.E001", when="", says="", hint="")


def test_every_finding_says_what_to_do():
    for finding in FINDINGS.values():
        assert re.fullmatch(r"hardy\.[EWI]\d{3}", finding.id)
        assert finding.hint.endswith(".")
        assert finding.when.endswith(".")


def test_the_reference_lists_every_finding_with_its_remedy():
    row = re.compile(r"^\| `(hardy\.\w+)` \| (.+?) \| (.+?) \| (.*?) \|$", re.MULTILINE)
    rows = row.findall(REFERENCE.read_text())

    assert {id: (when, remedy, deploy) for id, when, remedy, deploy in rows} == {
        id: (finding.when, finding.hint, "yes" if finding.deploy else "") for id, finding in FINDINGS.items()
    }
    assert len(rows) == len(FINDINGS)
