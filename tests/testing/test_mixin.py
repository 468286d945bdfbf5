"""The testing kit with unittest."""

from __future__ import annotations

import celery
from django.core import mail
from django.db import connection, transaction
from django.test import SimpleTestCase, TestCase, TransactionTestCase

from apps.users.models import User
from hardy.testing import JobsMixin


def welcome():
    return celery.current_app.tasks["notifications.send_welcome_email"]


class Mixed(JobsMixin, TestCase):
    def test_the_mixin_has_the_same_verbs(self):
        task = welcome()
        user = User.objects.create_user("ann@example.com")
        task.delay(user.pk)

        self.assert_enqueued(task, [user.pk])
        self.drain()
        self.refute_enqueued()

        assert [message.to for message in mail.outbox] == [["ann@example.com"]]


class Committed(JobsMixin, TransactionTestCase):
    def test_outside_of_a_transaction_commits_are_real(self):
        task = welcome()
        with transaction.atomic():
            user = User.objects.create_user("ann@example.com")
            transaction.on_commit(lambda: task.delay(user.pk))

        assert not connection.in_atomic_block
        self.drain()

        assert len(mail.outbox) == 1


class WithoutADatabase(JobsMixin, SimpleTestCase):
    def test_a_sentence_says_what_to_do(self):
        with self.assertRaisesMessage(AssertionError, "derive from django.test.TestCase"):
            self.jobs.drain()
