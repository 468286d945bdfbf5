"""Whatever a verb is given, it ends in a sentence and an exit code, never in a traceback."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import celery
import pytest
from django.core.management import CommandError, call_command

from hardy.broker.export import NotNow, export_jobs
from hardy.ledger.models import Job
from hardy.management.commands.hardy import Command
from tests.dead_letters.letters import died

pytestmark = pytest.mark.usefixtures("desk")

ROOT = Path(__file__).resolve().parent.parent.parent
HOSTILE = [
    "-1",
    "0",
    "nan",
    "nans",
    "99999999999d",
    "9" * 40,
    "",
    "\x00",
    "\udcff",
    "bogus://x",
    "{",
    "%s",
    "'",
]

#: What a verb cannot do without, harmless everywhere.
NEEDED = {"ids": "nope", "id": "nope", "letter": "nope", "delay": "1m", "note": "why"}


def leaves(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[tuple]:
    """Every verb, and every act of a verb, with its options."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, below in action.choices.items():
                yield from leaves(below, (*words, word))
            return
    yield words, parser


def lines() -> Iterator[list[str]]:
    """Every option of every verb with every hostile value; all that is needed besides is said right."""
    for words, parser in leaves(Command().create_parser("manage.py", "hardy")):
        takes = [action for action in parser._actions if action.nargs != 0 and action.dest not in DJANGOS]
        for action in takes:
            for value in HOSTILE:
                line = list(words)
                for other in takes:
                    if other is action:
                        line += [f"{other.option_strings[0]}={value}"] if other.option_strings else [value]
                    elif other.dest in NEEDED and (other.required or other.dest == "note"):
                        needed = NEEDED[other.dest]
                        line += [*other.option_strings[:1], needed]
                yield line


DJANGOS = {"help", "settings", "pythonpath"}
#: `up` starts processes and never ends: there only what is refused can be tried.
LINES = [line for line in lines() if line[0] != "up"]
REFUSED_BY_UP = [
    ["up", f"--{option}={value}"]
    for option in ("port", "concurrency")
    for value in ("-1", "0", "nan", "9" * 40, "\x00")
] + [["up", "--port=65536"], ["up", "--app=\x00"], ["up", "--only=\udcff"]]


def test_every_verb_is_tried():
    assert {line[0] for line in LINES} >= {"dead", "cancel", "reschedule", "handover", "chaos"}


@pytest.mark.parametrize("verb", sorted({line[0] for line in LINES}))
def test_no_argument_ends_in_a_traceback(verb):
    for line in LINES:
        if line[0] == verb:
            try:
                call_command("hardy", *line)
            except CommandError as error:
                assert str(error).strip(), line
            except Exception as error:
                raise AssertionError(f"{line!a} ends in a traceback") from error


@pytest.mark.parametrize("line", REFUSED_BY_UP, ids=ascii)
def test_up_refuses_what_cannot_be(line):
    with pytest.raises(CommandError):
        call_command("hardy", *line)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("dead list --limit -1", "not a whole number"),
        ("dead list --limit 0", "at least 1"),
        ("dead list --older 99999999999d", "a hundred years"),
        ("reschedule x --in nans", "'nans' is not a valid duration"),
        ("handover --to bogus://x", "names no broker that Celery knows"),
        ("chaos --tasks -1", "not a whole number"),
        ("chaos --seconds 0", "more than 0 seconds"),
        ("up --port 70000", "not a port from 1 to 65535"),
        ("dead replay --id 9", "No dead letter has the number or the job 9"),
        ("dead replay --id 9 --json", "No dead letter has the number or the job 9"),
        ("dead replay --id 9 --dry-run", "No dead letter has the number or the job 9"),
        ("dead discard --id 9 --note why", "No dead letter has the number or the job 9"),
        ("dead show 9", "No dead letter has the number"),
        ("cancel nope", "nope: no job with this id waits"),
        ("cancel nope --json", "nope: no job with this id waits"),
        ("reschedule nope --in 1m --json", "nope: no job with this id waits"),
        ("cancel \udcff", "not text in UTF-8"),
    ],
)
def test_the_remedy_is_named(line, says):
    with pytest.raises(CommandError) as refused:
        call_command("hardy", *line.split(" "))

    assert says in str(refused.value)
    assert refused.value.returncode != 0


def test_what_is_there_is_replayed_and_what_is_not_is_named(capsys):
    letter = died("orders.place")

    with pytest.raises(CommandError, match="No dead letter has the number or the job 999"):
        call_command("hardy", "dead", "replay", "--id", str(letter.pk), "--id", "999", "--json", "--yes")

    said = json.loads(capsys.readouterr().out)
    assert [one["letter"] for one in said["done"]] == [letter.pk]
    assert said["missing"] == ["999"]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("memory://", "every job would be lost"),
        ("redis://[", "cannot be used (ValueError"),
        ("redis://h:port/0", "cannot be used (ValueError"),
        ("sqs://", "cannot be used"),
        ("qpid://", "cannot be used"),
        ("amqp://127.0.0.1:1//", "refused"),
        ("redis://127.0.0.1:1/0", "127.0.0.1:1/0: "),
        ("hardy://", "no broker that Celery knows"),
        ("nothing", "no broker that Celery knows"),
    ],
)
def test_no_job_is_handed_to_a_broker_that_would_not_keep_it(url, says):
    job = celery.current_app.send_task("orders.pay", [1], countdown=3600).id

    with pytest.raises(CommandError) as refused:
        call_command("hardy", "handover", "--to", url)

    assert says in str(refused.value)
    assert Job.objects.filter(id=job).exists()


def test_nor_to_the_projects_own_if_that_is_in_memory(desk, monkeypatch):
    job = desk.send_task("orders.pay", [1], countdown=3600).id
    monkeypatch.setitem(desk.conf, "broker_url", "memory://")
    monkeypatch.setitem(desk.conf, "broker_write_url", "memory://")

    with pytest.raises(NotNow, match="every job would be lost"):
        export_jobs(desk)

    assert Job.objects.filter(id=job).exists()


READING = [
    "status",
    "dead list",
    "jobs",
    "runs",
    "dead show 1",
    "cancel x",
    "reschedule x --in 1m",
    "handover --dry-run",
]


def run(tmp_path: Path, database: str, line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "shop/manage.py", "hardy", *line.split()], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "SHOP_DATA": str(tmp_path), "DATABASE_URL": database}, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("line", READING)
def test_before_migrate_one_sentence_says_what_to_do(tmp_path, line):
    done = run(tmp_path, f"sqlite:///{tmp_path}/empty.sqlite3", line)

    assert done.returncode == 1
    assert done.stdout == ""
    (said,) = done.stderr.strip().splitlines()
    assert "hardy's tables are missing" in said
    assert "migrate" in said


@pytest.mark.parametrize("line", READING[:2])
def test_a_database_that_is_away_is_said_to_be(tmp_path, line):
    done = run(tmp_path, "postgres://nobody:x@127.0.0.1:1/nothing", line)

    assert done.returncode == 1
    assert "The database does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_hardy_alone_lists_its_verbs(capsys):
    call_command("hardy")

    assert "reschedule" in capsys.readouterr().out


def test_the_version_is_that_of_all_three():
    said = Command().get_version()

    assert [word for word in ("hardy 0.", "Django ", "Celery ") if word in said] == [
        "hardy 0.",
        "Django ",
        "Celery ",
    ]
