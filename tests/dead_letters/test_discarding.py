from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from hardy import events
from hardy.dead_letters.discarding import NoteMissing, discard
from tests.dead_letters.letters import decisions, died, jobs, letters

pytestmark = pytest.mark.usefixtures("app")


def test_a_discarded_letter_leaves_the_desk_and_stays_in_the_audit():
    letter, other = died(args=(1,)), died(args=(2,))

    report = discard(letters().filter(pk=letter.pk), note="a test order", by="ada")

    assert letters().get() == other
    assert not jobs().exists()
    decision = decisions().get()
    assert (decision.action, decision.by, decision.note) == ("discarded", "ada", "a test order")
    assert (decision.letter, decision.message, decision.batch) == (letter.pk, letter.message, report.batch)


@pytest.mark.parametrize("note", ["", "  \n"])
def test_nothing_is_discarded_without_a_word(note):
    died()

    with pytest.raises(NoteMissing, match="Say in a note why"):
        discard(letters(), note=note)

    assert letters().count() == 1


def test_a_user_is_named_in_the_audit():
    died()

    discard(letters(), note="a test order", by=get_user_model()(email="ada@example.com"))

    assert decisions().get().by == "ada@example.com"


def test_discarding_is_told():
    letter, heard = died(), []

    def listen(sender, **fields):
        heard.append((sender, fields["letter"], fields["job"], fields["by"], fields["note"]))

    events.letter_discarded.connect(listen)
    try:
        discard(letters(), note="a test order", by="ada")
    finally:
        events.letter_discarded.disconnect(listen)

    assert heard == [("orders.place", letter.pk, letter.job, "ada", "a test order")]
