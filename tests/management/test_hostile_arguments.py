"""Whatever a verb is given, it ends in a sentence and an exit code, never in a traceback."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import celery
import pytest
from django.core.management import CommandError, call_command
from kombu import Connection

from hardy.broker.export import NotNow, export_jobs
from hardy.ledger.models import DeadLetter, Job
from hardy.management.commands.hardy import Command
from tests.acceptance.databases import environment
from tests.dead_letters.letters import died, started
from tests.dead_letters.odd_messages import ODD_BUT_READABLE, UNPACKABLE
from tests.services import REDIS

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
        ("dead list --id 9", "No dead letter has the number or the job 9"),
        ("dead list --id 9 --json", "No dead letter has the number or the job 9"),
        ("dead list --older banana", "'banana' is not a valid duration"),
        ("dead replay --newer banana --yes", "'banana' is not a valid duration"),
        ("reschedule x --in banana", "'banana' is not a valid duration: write 90s, 30m"),
        ("chaos --seconds banana", "'banana' is not a valid duration"),
        ("cancel nope", "No job, run or dead letter has the id"),
        ("reschedule nope --in 1m", "No job, run or dead letter has the id"),
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


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("dead list --id 9 --json", "No dead letter has the number or the job 9"),
        ("dead show 9 --json", "No dead letter has the number or the job 9"),
        ("dead list --json --limit x", "not a whole number"),
        ("dead list --reason odd --json", "'odd' is no reason"),
        ("cancel nope --json", "no job with this id waits"),
        ("reschedule nope --in 1m --json", "no job with this id waits"),
        ("reschedule nope --in banana --json", "not a valid duration"),
        ("handover --to bogus://x --json", "names no broker that Celery knows"),
        ("handover --to bogus://x --dry-run --json", "names no broker that Celery knows"),
        ("chaos --json", "DEBUG is off"),
    ],
)
def test_whoever_asks_for_json_is_refused_in_json(line, says):
    with pytest.raises(CommandError) as refused:
        call_command("hardy", *line.split(" "))

    assert says in json.loads(str(refused.value))["error"]
    assert refused.value.returncode != 0


@pytest.mark.parametrize(("line", "code"), [("dead show 9 --json", 1), ("dead list --json --limit x", 2)])
def test_an_error_in_json_is_all_that_stands_on_stderr(tmp_path, line, code):
    done = run(tmp_path, f"sqlite:///{tmp_path}/empty.sqlite3", line)

    assert (done.returncode, done.stdout) == (code, "")
    assert list(json.loads(done.stderr)) == ["error"]


def test_the_letters_that_are_there_are_listed_beside_those_that_are_not(capsys):
    letter = died("orders.place")

    with pytest.raises(CommandError, match="No dead letter has the number or the job 999"):
        call_command("hardy", "dead", "list", "--id", str(letter.pk), "--id", "999", "--json")

    assert [one["letter"] for one in json.loads(capsys.readouterr().out)] == [letter.pk]


def test_a_job_that_does_not_wait_is_told_by_what_became_of_it(desk):
    dead = died("orders.place").job
    running = desk.send_task("orders.pay", [1]).id
    started(running)
    done = desk.send_task("orders.pay", [1], countdown=3600).id
    call_command("hardy", "cancel", done)

    for job, says in (
        (dead, "It is a dead letter"),
        (running, "It is running"),
        (done, "Its last attempt cancelled"),
    ):
        for line in (["cancel", job], ["reschedule", job, "--in", "1m"]):
            with pytest.raises(CommandError) as refused:
                call_command("hardy", *line)
            assert says in str(refused.value)


def test_a_letter_with_an_odd_message_is_shown(capsys):
    letter = died("orders.place")

    for text in (*UNPACKABLE.values(), *ODD_BUT_READABLE.values()):
        DeadLetter.objects.filter(pk=letter.pk).update(message=text)
        call_command("hardy", "dead", "show", str(letter.pk))
        capsys.readouterr().out.encode()
        call_command("hardy", "dead", "show", str(letter.pk), "--json")
        assert json.loads(capsys.readouterr().out)["letter"] == letter.pk, text[:80]


NO_ARGUMENTS = {
    "open": "[" * 5000,
    "deep": "[" * 5000 + "]" * 5000,
    "surrogate": '["\\ud800"]',
    "uuid": '[{"__type__": "uuid", "__value__": 5}]',
    "digits": "[" + "9" * 5000 + "]",
}


@pytest.mark.parametrize("args", NO_ARGUMENTS.values(), ids=NO_ARGUMENTS)
def test_arguments_that_no_task_can_have_are_refused(args):
    letter = died("notifications.send_welcome_email", (1,))

    with pytest.raises(CommandError):
        call_command("hardy", "dead", "replay", "--id", str(letter.pk), "--args", args, "--yes")
    assert DeadLetter.objects.filter(pk=letter.pk).exists()


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


@pytest.mark.services("redis")
def test_a_job_that_cannot_be_handed_over_stays_and_the_others_go(desk, capsys):
    queue = f"handover-{uuid.uuid4().hex[:8]}"
    jobs = [desk.send_task("orders.pay", [number], countdown=3600, queue=queue).id for number in range(3)]
    Job.objects.filter(id=jobs[0]).update(message="not JSON")
    with Connection(REDIS.url) as connection:
        try:
            with pytest.raises(CommandError) as refused:
                call_command("hardy", "handover", "--to", REDIS.url, "--json")
            arrived = connection.SimpleQueue(queue).qsize()
        finally:
            connection.SimpleQueue(queue).clear()

    said = json.loads(capsys.readouterr().out)
    assert (said["sent"], list(said["kept"]), arrived) == (2, [jobs[0]], 2)
    assert jobs[0] in str(refused.value)
    assert list(Job.objects.values_list("id", flat=True)) == [jobs[0]]


@pytest.mark.parametrize(
    ("url", "says"), [("amqp://127.0.0.1:1//", "refused"), ("memory://", "every job would be lost")]
)
def test_a_dry_run_tries_the_broker(url, says):
    job = celery.current_app.send_task("orders.pay", [1], countdown=3600).id

    with pytest.raises(CommandError, match=says):
        call_command("hardy", "handover", "--dry-run", "--to", url)
    assert Job.objects.filter(id=job).exists()


def test_a_dry_run_without_a_broker_says_that_one_is_needed(capsys):
    call_command("hardy", "handover", "--dry-run")

    assert "Name the one that takes over" in capsys.readouterr().out


@pytest.mark.parametrize("app", ["bogus", "config.bogus", "os", "os:getcwd", "config.nope:app"])
def test_up_looks_for_the_application_before_it_prepares_anything(app, settings, capsys):
    settings.HARDY = {"UP_PREPARE": ["check"]}

    with pytest.raises(CommandError, match=f"--app {app}: no Celery application is there"):
        call_command("hardy", "up", "--app", app)
    assert capsys.readouterr().out == ""


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


def test_a_worker_before_migrate_says_what_to_do_and_ends(tmp_path):
    command = [sys.executable, "-m", "celery", "-A", "depot", "worker", "--pool=solo", "--loglevel=warning"]
    database = environment(f"sqlite:///{tmp_path}/empty.sqlite3")
    done = subprocess.run(command, capture_output=True, text=True, env=database, check=False, timeout=200)

    assert done.returncode == 1
    assert "This worker cannot start: hardy's tables are missing" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "scheduler", ["celery.beat:PersistentScheduler", "django_celery_beat.schedulers:DatabaseScheduler"]
)
@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_a_beat_before_migrate_says_what_to_do_in_one_sentence_and_ends(tmp_path, scheduler, quiet):
    done = beat(tmp_path, f"--scheduler={scheduler}", quiet=quiet)

    assert done.returncode == 1
    assert done.stderr.count("This beat cannot start: hardy's tables are missing") == 1
    assert "python manage.py migrate" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_beat_whose_schedules_have_no_tables_names_their_app(tmp_path):
    migrate = [sys.executable, "-m", "django", "migrate", "hardy", "--verbosity=0"]
    database = environment(f"sqlite:///{tmp_path}/empty.sqlite3")
    subprocess.run(
        migrate, env={**database, "DJANGO_SETTINGS_MODULE": "depot.settings"}, check=True, timeout=200
    )

    done = beat(tmp_path, "--scheduler=django_celery_beat.schedulers:DatabaseScheduler")

    assert done.returncode == 1
    assert "Run: python manage.py migrate django_celery_beat" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def beat(tmp_path: Path, scheduler: str, quiet: list[str] | None = None) -> subprocess.CompletedProcess[str]:
    files = [f"--pidfile={tmp_path}/beat.pid", f"--schedule={tmp_path}/schedule"]
    command = [sys.executable, "-m", "celery", *(quiet or []), "-A", "depot", "beat", scheduler, *files]
    database = environment(f"sqlite:///{tmp_path}/empty.sqlite3")
    return subprocess.run(command, capture_output=True, text=True, env=database, check=False, timeout=200)


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
