"""`manage.py hardy dead`: the desk at a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from hardy.db.clock import seconds_from_now
from hardy.db.dialect import present_is
from tests.dead_letters.letters import decisions, died, end_badly, jobs, letters, raised

pytestmark = pytest.mark.usefixtures("desk")

ROOT = Path(__file__).resolve().parent.parent.parent


def dead(*arguments):
    out = StringIO()
    call_command("hardy", "dead", *map(str, arguments), stdout=out)
    return out.getvalue()


def refusal(*arguments):
    with pytest.raises(CommandError) as refused:
        dead(*arguments)
    assert refused.value.returncode == 1
    return str(refused.value)


def test_an_empty_desk_says_so():
    assert dead("list") == "No dead letters.\n"
    assert dead("list", "--task", "orders.place") == "No dead letter matches.\n"
    assert json.loads(dead("list", "--json")) == []


def test_letters_are_listed_newest_first_without_their_arguments():
    first, second = died("orders.place", ("secret",)), died("orders.pack", error=KeyError("box"))

    said = dead("list").splitlines()

    assert said[0].split() == ["letter", "task", "reason", "error", "queue", "attempts", "died_at", "job"]
    assert [line.split()[0] for line in said[1:]] == [str(second.pk), str(first.pk)]
    assert "KeyError: 'box'" in said[1]
    assert second.job in said[1]
    assert "secret" not in "".join(said)


def test_how_long_ago_a_letter_died_is_said_by_the_databases_clock():
    with present_is(lambda: datetime.now(UTC) - timedelta(hours=1)):
        died()

        said = dead("list").splitlines()[1]

    assert re.search(r"  (\d+ min|(\d+ min )?\d+ s) ago", said), said


def test_a_long_list_says_how_many_there_are():
    for number in range(3):
        died(args=(number,))

    assert dead("list", "--limit", 2).splitlines()[-1] == "2 of 3, newest first; --limit shows more."


def test_a_machine_gets_the_list_as_json():
    letter = died(error=KeyError("box"))

    (row,) = json.loads(dead("list", "--json"))

    assert (row["letter"], row["job"], row["task"]) == (letter.pk, letter.job, "orders.place")
    assert (row["reason"], row["error_type"], row["fingerprint"]) == (
        "failed",
        "KeyError",
        letter.fingerprint,
    )


FILTERS = [
    ("--task", "orders.pack"),
    ("--task", "orders.pa*"),
    ("--error", "KeyError"),
    ("--error", "box"),
    ("--reason", "timed out"),
    ("--queue", "high_priority"),
    ("--text", "acme"),
    ("--older", "1h"),
]


@pytest.mark.parametrize("words", FILTERS, ids=" ".join)
def test_each_filter_chooses(words):
    died()
    kind = {"error": KeyError("box"), "reason": "timed out", "queue": "high_priority"}
    letter = died("orders.pack", ("acme",), **kind)
    letters().filter(pk=letter.pk).update(died_at=seconds_from_now(-7200))

    assert [row["letter"] for row in json.loads(dead("list", "--json", *words))] == [letter.pk]


def test_letters_are_chosen_by_age_kind_and_id():
    old, new = died(error=KeyError("box")), died()
    letters().filter(pk=old.pk).update(died_at=seconds_from_now(-timedelta(days=2).total_seconds()))

    def found(*words):
        return [row["letter"] for row in json.loads(dead("list", "--json", *words))]

    assert found("--newer", "1d") == [new.pk]
    assert found("--fingerprint", old.fingerprint) == [old.pk]
    assert found("--id", old.pk, "--id", new.job) == [new.pk, old.pk]


def test_a_letter_is_shown_with_its_arguments_and_every_attempt():
    letter = died("orders.place", (7,), {"note": "für Zoë"}, error=raised(KeyError("order")))

    for name in (letter.pk, letter.job):
        said = dead("show", name)
        assert "args         [7]" in said
        assert 'kwargs       {"note": "für Zoë"}' in said
        assert "attempt 1: failed on worker@here/1/a" in said
        assert "    KeyError: 'order'" in said

    full = json.loads(dead("show", letter.pk, "--json"))
    assert (full["args"], full["kwargs"]) == ([7], {"note": "für Zoë"})
    assert full["message"]["headers"]["id"] == letter.job
    assert "Traceback" in full["runs"][0]["traceback"]
    assert full["runs"][0]["life"] == 1


def test_attempts_are_grouped_by_replay_and_an_equal_traceback_is_told_once():
    first = died("orders.place", error=raised(KeyError("order")))
    dead("replay", "--id", first.pk, "--note", "the order is back")
    again = end_badly(first.job, raised(KeyError("order")))
    dead("replay", "--id", again.pk)
    last = end_badly(first.job, raised(TimeoutError("silent")))

    said = dead("show", last.pk)

    told = re.findall(
        r"^ *(attempt 1: failed|letter \d+ was replayed|traceback \d, of \d)", said, re.MULTILINE
    )
    assert told == [
        "attempt 1: failed",
        f"letter {first.pk} was replayed",
        "attempt 1: failed",
        f"letter {again.pk} was replayed",
        "attempt 1: failed",
        "traceback 1, of 2",
        "traceback 2, of 1",
    ]
    assert "\n    the order is back\n" in said
    assert said.count("(traceback 1)") == 2
    assert said.count("traceback 1, of 2 attempts:") == 1
    assert said.count("\n    KeyError: 'order'\n") == 1
    assert [run["life"] for run in json.loads(dead("show", last.pk, "--json"))["runs"]] == [1, 2, 3]


def test_a_projects_own_frames_come_before_those_of_libraries():
    try:
        json.loads("{")
    except ValueError as error:
        letter = died(error=error)

    own, whole = dead("show", letter.pk).split("  with the frames of libraries:\n")

    assert "test_dead.py" in own and "test_dead.py" in whole
    assert "decoder.py" not in own and "decoder.py" in whole
    assert own.rstrip().splitlines()[-1].startswith("    json.decoder.JSONDecodeError: Expecting")


def test_a_letter_that_cannot_be_read_is_shown_all_the_same():
    letter = died()
    letters().update(message=letter.message.replace("application/json", "application/x-odd"))

    assert "cannot be read here" in dead("show", letter.pk)


def test_a_letter_that_does_not_exist_is_refused():
    assert refusal("show", "17") == "No dead letter has the number or the job 17. See: hardy dead list"


@pytest.mark.parametrize("act", ["replay", "discard"])
def test_every_letter_is_meant_only_if_one_says_so(act):
    died()

    assert "or --all-matching for every one" in refusal(act, "--note", "because", "--yes")
    assert letters().count() == 1

    dead(act, "--note", "because", "--all-matching", "--yes")
    assert not letters().exists()


def test_replaying_sends_what_matches_and_says_who_did_it():
    letter = died("orders.place")
    other = died("orders.pack")

    assert dead("replay", "--task", "orders.place", "--note", "fixed") == "Replayed 1 letter.\n"

    assert letters().get() == other
    assert jobs().filter(id=letter.job).exists()
    decision = decisions().get()
    assert decision.note == "fixed"
    assert decision.by.endswith("(command line)")


def test_without_all_matching_a_hundred_are_enough(monkeypatch):
    monkeypatch.setattr("hardy.management.deciding.DECIDED", 2)
    for number in range(3):
        died(args=(number,))

    said = dead("replay", "--task", "orders.place").splitlines()

    assert said == ["Replayed 2 letters.", "1 more match; --all-matching takes them all."]
    assert dead("replay", "--task", "orders.place", "--all-matching") == "Replayed 1 letter.\n"


def test_a_dry_run_does_nothing():
    letter = died()

    said = dead("replay", "--all-matching", "--dry-run")
    assert said.splitlines()[-1] == "Would replay 1 letter. Nothing was done."
    assert str(letter.pk) in said

    planned = json.loads(dead("discard", "--all-matching", "--dry-run", "--json"))
    assert (planned["would"], planned["count"], planned["letters"][0]["letter"]) == ("discard", 1, letter.pk)
    assert letters().count() == 1
    assert not jobs().exists()


def test_discarding_needs_a_note():
    died()

    assert "--note" in refusal("discard", "--all-matching")
    assert dead("discard", "--all-matching", "--note", "a test order") == "Discarded 1 letter.\n"
    assert decisions().get().note == "a test order"


def test_what_stayed_on_the_desk_is_an_error_that_names_it(desk):
    letter = died(task_id="job-1")
    desk.send_task("orders.place", task_id="job-1")

    said = refusal("replay", "--all-matching")

    assert said.splitlines()[0] == "1 letter skipped:"
    assert f"{letter.pk} job-1: its id job-1 is in the ledger again" in said


def test_a_machine_gets_what_became_of_each():
    letter = died()

    said = json.loads(dead("replay", "--id", letter.pk, "--json"))

    assert said["done"] == [{"letter": letter.pk, "job": letter.job}]
    assert (said["refused"], said["left"]) == ([], 0)
    assert said["batch"] == decisions().get().batch


def test_one_letter_is_replayed_with_other_arguments():
    letter = died("notifications.send_welcome_email", (1,))

    assert "missing a required argument" in refusal("replay", "--id", letter.pk, "--args", "[]")
    assert "--args cannot be arguments: it is no JSON" in refusal("replay", "--id", letter.pk, "--args", "[1")
    assert "--kwargs must be a JSON object" in refusal("replay", "--id", letter.pk, "--kwargs", "[]")
    assert "name it with --id" in refusal("replay", "--task", "nothing", "--args", "[2]")
    assert dead("replay", "--id", letter.pk, "--args", "[2]") == "Replayed 1 letter.\n"

    body = json.loads(json.loads(jobs().get(id=letter.job).message)["body"])
    assert body[:2] == [[2], {}]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--reason", "sad"), "'sad' is no reason. There are: failed, crashed"),
        (("--older", "soon"), "write 90s, 30m, 2h, 3d or 1w"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(words, why):
    assert why in refusal("list", *words)


@pytest.mark.parametrize(("answer", "left"), [("n", 1), ("", 1), ("y", 0)])
def test_a_person_at_a_terminal_is_asked(tmp_path, answer, left):
    """A process of its own, with a terminal of its own and a ledger of its own."""
    environment = {
        **os.environ,
        "SHOP_DATA": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'shop.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "shop"), str(ROOT)]),
    }
    ours, theirs = pty.openpty()
    try:
        os.write(ours, f"{answer}\n".encode())
        asked = subprocess.run(
            [sys.executable, "-c", AT_A_TERMINAL], env=environment, stdin=theirs, capture_output=True, text=True
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)

    assert "Discard 1 letter? [y/N]" in asked.stdout, asked.stderr
    assert asked.stdout.splitlines()[-1].endswith(str(left))
    assert ("Nothing was done." in asked.stderr) == bool(left)


AT_A_TERMINAL = """
import django, sys
django.setup()
import celery
from django.core.management import CommandError, call_command
call_command("migrate", verbosity=0)
from tests.dead_letters.letters import died, letters
celery.current_app.conf.task_always_eager = False
died()
try:
    call_command("hardy", "dead", "discard", "--all-matching", "--note", "because")
except CommandError as error:
    print(error, file=sys.stderr)
print(letters().count())
"""
