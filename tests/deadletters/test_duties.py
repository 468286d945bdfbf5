from __future__ import annotations

from datetime import timedelta

import pytest

from hardy.deadletters.discarding import discard
from hardy.deadletters.duties import ForgetDecisions
from hardy.deadletters.models import BrokenChord
from hardy.ledger.clock import seconds_from_now
from tests.contracts.databases import ALIAS
from tests.deadletters.letters import decisions, died, letters

pytestmark = pytest.mark.usefixtures("app")

HALF_A_YEAR = timedelta(days=181).total_seconds()


def decided():
    letter = died()
    discard(letters(), note="a test order")
    return decisions().get(letter=letter.pk)


def test_decisions_are_kept_as_long_as_letters():
    old, new = decided(), decided()
    decisions().filter(pk=old.pk).update(at=seconds_from_now(-HALF_A_YEAR))

    assert ForgetDecisions().tick() == 1
    assert decisions().get() == new


def test_what_is_kept_of_a_broken_chord_goes_with_them():
    BrokenChord.objects.using(ALIAS).create(group="g", sub_tasks="[]", broke=seconds_from_now(-HALF_A_YEAR))

    assert ForgetDecisions().tick() == 1


def test_where_letters_are_kept_for_ever_decisions_are_too(settings):
    settings.HARDY = {**settings.HARDY, "DEAD_RETENTION": None}
    decision = decided()
    decisions().update(at=seconds_from_now(-HALF_A_YEAR))

    assert ForgetDecisions().tick() == 0
    assert decisions().get() == decision
