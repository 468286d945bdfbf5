from __future__ import annotations

from typing import Any

import celery
import pytest
from django.db import transaction

import hardy
from hardy.worker.fixup import Fixup, WorkerFixup, fixup, forget_connections


@pytest.fixture
def kind() -> str:
    return "sqlite"


def worker_fixup(app: Any) -> WorkerFixup:
    installed = fixup(app)
    assert isinstance(installed, Fixup)
    return installed.worker_fixup


def test_every_hardy_app_is_fixed_up_by_hardy_and_by_nobody_else(app):
    assert app.builtin_fixups == {"hardy.worker.fixup:fixup"}
    assert [type(installed) for installed in app._fixups] == [Fixup]
    assert celery.Celery.builtin_fixups != hardy.Celery.builtin_fixups


def test_a_project_without_django_is_left_alone(app, monkeypatch):
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE")

    assert fixup(app) is None


def test_a_worker_has_one_fixup(app):
    installed = fixup(app)

    assert installed.worker_fixup is installed.worker_fixup


def test_a_forgotten_connection_is_dropped_without_a_word_and_opened_anew(app, ledger):
    ledger.ensure_connection()
    inherited = ledger.connection

    forget_connections()

    assert ledger.connection is None
    inherited.execute("SELECT 1")  # it is still open: the parent goes on using it
    ledger.ensure_connection()
    assert ledger.connection is not inherited
    inherited.close()


def test_a_forgotten_transaction_is_not_the_childs(app, ledger):
    ledger.ensure_connection()
    inherited = ledger.connection
    transaction.atomic(using=ledger.alias).__enter__()

    forget_connections()

    assert not ledger.in_atomic_block
    assert ledger.savepoint_ids == []
    inherited.rollback()  # what the parent does with it
    inherited.close()
    with transaction.atomic(using=ledger.alias):
        assert ledger.in_atomic_block


def test_the_solo_pool_keeps_its_connection_for_it_is_no_child(app, ledger):
    ledger.ensure_connection()
    mine = ledger.connection

    worker_fixup(app).on_worker_process_init()

    assert ledger.connection is mine
