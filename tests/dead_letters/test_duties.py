from __future__ import annotations

from datetime import timedelta

import pytest

from hardy.db.clock import seconds_from_now
from hardy.dead_letters.discarding import discard
from hardy.dead_letters.duties import ForgetDecisions
from hardy.dead_letters.models import BrokenChord
from tests.contracts.databases import ALIAS
from tests.dead_letters.letters import decisions, died, letters

pytestmark = pytest.mark.usefixtures("app")

HALF_A_YEAR = timedelta(days=181).total_seconds()


def decided():
    letter = died()
    discard(letters(), note="a test order")
    return decisions().get(letter=letter.pk)


def test_decisions_are_kept_as_long_as_letters():
    old, new = decided(), decided()
    decisions().filter(pk=old.pk).update(decided_at=seconds_from_now(-HALF_A_YEAR))

    assert ForgetDecisions().tick() == 1
    assert decisions().get() == new


def test_what_is_kept_of_a_broken_chord_goes_with_them():
    BrokenChord.objects.using(ALIAS).create(
        group="g", sub_tasks="[]", broke_at=seconds_from_now(-HALF_A_YEAR)
    )

    assert ForgetDecisions().tick() == 1


def test_where_letters_are_kept_for_ever_decisions_are_too(settings):
    settings.HARDY = {**settings.HARDY, "DEAD_RETENTION": None}
    decision = decided()
    decisions().update(decided_at=seconds_from_now(-HALF_A_YEAR))

    assert ForgetDecisions().tick() == 0
    assert decisions().get() == decision
