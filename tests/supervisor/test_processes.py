"""What `hardy up` starts, and what it refuses to."""

from __future__ import annotations

import re
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from hardy.errors import BadSetting
from hardy.supervisor.processes import Process, chosen, listening_on, planned


def plan(configured: dict[str, object], concurrency: int | None = None) -> dict[str, Process]:
    return {one.name: one for one in planned(configured, celery_app="config", concurrency=concurrency)}


def test_web_worker_and_beat_are_built_in():
    processes = plan({})

    assert list(processes) == ["web", "worker", "beat"]
    assert processes["web"].argv()[-3:] == ["runserver", "127.0.0.1:8000", "--noreload"]
    assert processes["worker"].argv() == [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "-A",
        "config",
        "worker",
        "--loglevel=info",
    ]
    assert processes["beat"].argv()[3:7] == ["--quiet", "-A", "config", "beat"]


def test_concurrency_is_the_workers():
    assert plan({}, concurrency=3)["worker"].argv()[-1] == "--concurrency=3"


def test_a_list_is_a_command_and_its_order_is_kept():
    processes = plan({"mailbox": ["python", "-m", "mailbox"], "css": ["make", "css"]})

    assert list(processes)[-2:] == ["mailbox", "css"]
    assert processes["mailbox"].argv() == ["python", "-m", "mailbox"]


def test_a_function_may_answer_with_the_command():
    assert plan({"mailbox": lambda: ["mailbox", "--fast"]})["mailbox"].argv() == ["mailbox", "--fast"]


def test_none_leaves_a_process_out():
    assert list(plan({"beat": None})) == ["web", "worker"]


def test_a_built_in_process_keeps_what_the_project_does_not_change():
    web = plan({"web": {"ports": {"PORT": 8001}}})["web"]

    assert web.argv()[-2] == "127.0.0.1:8001"
    assert web.printed_addresses() == {"Web": "http://127.0.0.1:8001/"}


def test_the_reference_names_what_an_entry_may_say():
    page = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
    section = page.read_text().partition("## What `UP` may say")[2].partition("\n## ")[0]

    assert re.findall(r"^- `(\w+)`", section, re.MULTILINE) == [one.name for one in fields(Process)][1:]


def test_another_command_is_not_waited_for_to_say_what_celery_says():
    assert plan({"worker": {"reload": False}})["worker"].ready == " ready."
    assert plan({"worker": ["watchfiles", "my-worker"]})["worker"].ready == ""
    assert plan({"worker": {"command": ["my-worker"], "ready": "at work"}})["worker"].ready == "at work"


def test_the_command_line_wins_over_the_settings():
    processes = listening_on(list(plan({"web": {"ports": {"PORT": 8001}}}).values()), 8002)

    assert processes[0].ports == {"--port": 8002}


@pytest.mark.parametrize(
    ("entry", "remedy"),
    [
        ({"command": ["x"], "port": {}}, "unknown key 'port'. Did you mean 'ports'?"),
        (
            {"command": ["x"], "colour": "red"},
            "unknown key 'colour'. Known: addresses, command, ports, ready, reload.",
        ),
        ({"ports": {"P": 1}}, 'has no "command"'),
        ("python -m mailbox", "the command is a list of strings"),
        (["python", 8], "the command is a list of strings"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_remedy(entry, remedy):
    with pytest.raises(BadSetting, match=r'HARDY\["UP"\]\["mailbox"\]') as refused:
        plan({"mailbox": entry})

    assert remedy in str(refused.value)


def test_only_and_except_leave_the_order_alone():
    processes = list(plan({"mailbox": ["x"]}).values())

    assert [one.name for one in chosen(processes, only=["mailbox", "web"])] == ["web", "mailbox"]
    assert [one.name for one in chosen(processes, without=["beat"])] == ["web", "worker", "mailbox"]


def test_an_unknown_name_in_only_is_refused_with_the_closest():
    processes = list(plan({}).values())

    with pytest.raises(BadSetting, match=r"No process is called 'workers'\. Did you mean 'worker'\?"):
        chosen(processes, only=["workers"])
    with pytest.raises(BadSetting, match=r"There are: web, worker, beat\."):
        chosen(processes, without=["flower"])
