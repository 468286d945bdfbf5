"""Replaying: a letter's message is sent again, through the same policies, as the job that it was.

The job keeps its id: whoever holds its ``AsyncResult``, and the chord that counts it, wait for that one. Its attempts
start anew, its history stays, and its header ``hardy_replay_of`` names the letter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import celery
from django.db.models import Max, QuerySet

from hardy.db.dialect import ledger_connection
from hardy.dead_letters import results
from hardy.dead_letters.decoding import REPLAY_OF, Contents, open_letter, readable
from hardy.dead_letters.models import Decision
from hardy.dead_letters.signature import check_arguments
from hardy.dead_letters.triage import Action, Refused, Report, decide
from hardy.ledger.audit import name_of
from hardy.ledger.models import DeadLetter, Job

#: Each life of a job has its own range of tokens: neither a message nor an attempt of an earlier one fits into it.
TOKENS_OF_A_LIFE = 1_000_000
#: Held for an instant: the row is written with its tokens before a worker, or a broker, hears of it.
AN_INSTANT = 0.001


def replay(
    letters: QuerySet[DeadLetter],
    *,
    by: Any = None,
    note: str = "",
    limit: int | None = None,
    app: Any = None,
) -> Report:
    """Send dead letters again, oldest first, and return what became of each.

    Marking and sending commit together, a chunk at a time: a crash loses nothing and doubles nothing. A letter that
    cannot be sent (its id is in the ledger again, a policy refuses it, its message cannot be read) is skipped.
    """
    sender = Sender(app or celery.current_app)
    template = Decision(action=Decision.Action.REPLAYED, by=name_of(by), note=note.strip())
    return decide(letters, template, sender, limit=limit)


def edit_and_replay(
    letter: DeadLetter,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    by: Any = None,
    note: str = "",
    app: Any = None,
) -> Report:
    """Send one dead letter with other arguments; raises ``ArgumentsMismatch`` for such as the task does not take.

    What was changed is kept in the audit. Everything else of the message stays: what follows, its queue, its headers.
    """
    app = app or celery.current_app
    check_arguments(app, letter.task, args, kwargs)
    sender = Sender(app, arguments=(list(args), dict(kwargs)))
    template = Decision(action=Decision.Action.EDITED, by=name_of(by), note=note.strip())
    only = DeadLetter.objects.filter(pk=letter.pk)
    return decide(only, template, sender)


class Sender(Action):
    """Sends letters by ``send_task``, and remembers what their results need afterwards."""

    def __init__(self, app: Any, arguments: tuple[list[Any], dict[str, Any]] | None = None) -> None:
        self.app = app
        self.arguments = arguments
        self._sent: list[Contents] = []
        self._asked_again: dict[str, str] = {}
        self._last_tokens: dict[str, int] = {}

    def begin(self, letters: Sequence[DeadLetter]) -> None:
        """Look up, for all at once, whose id is taken and which tokens earlier lives had."""
        ids = {letter.job for letter in letters}
        jobs = Job.objects.filter(id__in=ids)
        lives = Decision.objects.filter(job__in=ids).values_list("job")
        self._sent = []
        self._asked_again = dict(jobs.values_list("id", "state"))
        self._last_tokens = dict(lives.annotate(last=Max("token")).order_by())

    def do(self, letter: DeadLetter, decision: Decision) -> None:
        """Write the row of the letter's job, or raise; ``decision`` learns what was changed."""
        contents = open_letter(self.app, letter.message)
        args, kwargs = self.arguments or (contents.args, contents.kwargs)
        if self.arguments is not None:
            decision.changes = readable({"args": [contents.args, args], "kwargs": [contents.kwargs, kwargs]})
        if letter.job in self._asked_again:
            raise _asked_again(letter, self._asked_again[letter.job])
        options = contents.options(queue=letter.queue, letter=letter.pk)
        self.app.send_task(contents.task, args, kwargs, countdown=AN_INSTANT, **options)
        decision.token = self._last_tokens.get(letter.job, 0) + TOKENS_OF_A_LIFE
        _begin_life(letter, decision.token)
        self._sent.append(contents)

    def finish(self, decided: Sequence[Decision]) -> None:
        """Results say no longer that the jobs failed, and chords wait for them again."""
        results.reopen(self._sent)


def _begin_life(letter: DeadLetter, token: int) -> None:
    """Give the row its tokens. It must be the row just sent: a policy may have sent nothing, or another was quicker."""
    mine = "UPDATE hardy_job SET token = %s WHERE id = %s AND message LIKE %s"
    with ledger_connection().cursor() as cursor:
        cursor.execute(mine, [token, letter.job, f'%"{REPLAY_OF}": "{letter.pk}"%'])
        if cursor.rowcount == 1:
            return
    state = Job.objects.filter(id=letter.job).values_list("state", flat=True).first()
    raise (
        Refused("a policy did not send it; no job was written.")
        if state is None
        else _asked_again(letter, state)
    )


def _asked_again(letter: DeadLetter, state: str) -> Refused:
    return Refused(
        f"its id {letter.job} is in the ledger again ({state}): someone has sent it since it died."
        " Wait until that one has ended, or discard this letter."
    )
