from __future__ import annotations

import threading

import pytest

import hardy
from hardy import attempt
from hardy.attempt import Attempt


@pytest.fixture
def mine():
    running = Attempt(job="job-1", task="shop.add", token=3, number=2, worker="me")
    attempt.begin(running)
    yield running
    attempt.begin(None)


def test_outside_a_task_there_is_no_attempt():
    assert attempt.current() is None
    assert hardy.current_attempt() is None


def test_a_task_may_know_its_number_its_token_and_its_key(mine):
    assert hardy.current_attempt() == hardy.CurrentAttempt(number=2, token=3, idempotency_key="job-1")


def test_what_a_task_knows_of_its_attempt_cannot_be_changed(mine):
    with pytest.raises(AttributeError):
        hardy.current_attempt().number = 7


def test_while_the_body_runs_everything_is_written_at_once(mine):
    assert attempt.together_with_the_end(pytest.fail) is False
    assert mine.follow_ups == []


def test_once_it_is_closing_what_follows_waits_for_the_end(mine):
    attempt.start_closing()

    assert attempt.together_with_the_end(pytest.fail) is True
    assert mine.follow_ups == [pytest.fail]


def test_without_an_attempt_nothing_waits():
    attempt.start_closing()

    assert attempt.together_with_the_end(pytest.fail) is False


def test_another_thread_has_an_attempt_of_its_own(mine):
    seen = []
    thread = threading.Thread(target=lambda: seen.append(attempt.current()))
    thread.start()
    thread.join()

    assert seen == [None]
