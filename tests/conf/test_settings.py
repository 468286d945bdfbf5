from __future__ import annotations

import pathlib
import re
from datetime import timedelta
from typing import Annotated, get_args

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from hardy.conf import BaseSettings, Settings, settings
from hardy.conf.kinds import named, type_problem
from hardy.errors import BadSetting, HardyError

REFERENCE = pathlib.Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


@pytest.fixture
def given(settings):
    """Write ``HARDY`` the way a project's settings file does."""

    def write(**hardy):
        settings.HARDY = hardy

    write()
    return write


def test_a_project_without_hardy_settings_gets_every_default(given, settings):
    del settings.HARDY

    assert {name: getattr(Settings(), name) for name in Settings.keys} == {
        name: Settings().default(name) for name in Settings.keys
    }


def test_the_value_of_the_project_wins(given):
    given(CRASH_CAP=5)

    assert settings.CRASH_CAP == 5


def test_a_change_is_seen_at_the_next_access(given):
    given(DATABASE="ledger")
    assert settings.DATABASE == "ledger"

    given(DATABASE="default")
    assert settings.DATABASE == "default"


def test_a_change_inside_the_dict_is_seen_at_the_next_access(given):
    from django.conf import settings as of_django

    given(DATABASE="ledger", CRASH_CAP=5)
    assert (settings.DATABASE, settings.CRASH_CAP) == ("ledger", 5)

    of_django.HARDY["CRASH_CAP"] = 7
    assert settings.CRASH_CAP == 7
    del of_django.HARDY["DATABASE"]
    assert settings.DATABASE == "default"


def test_a_wrong_value_is_refused_at_every_access(given):
    given(CRASH_CAP="many")

    for _ in range(2):
        with pytest.raises(BadSetting, match="CRASH_CAP"):
            settings.CRASH_CAP  # noqa: B018


def test_the_environment_is_never_read(given, monkeypatch):
    monkeypatch.setenv("CRASH_CAP", "7")
    monkeypatch.setenv("HARDY_CRASH_CAP", "7")

    assert settings.CRASH_CAP == 3


def test_changing_what_was_read_changes_nothing(given):
    settings.POLICIES.clear()
    settings.RUN_RETENTION.clear()
    settings.UP["web"] = ["true"]

    assert settings.POLICIES == ["hardy.worker.policy.Ledger"]
    assert settings.RUN_RETENTION["failed"] == timedelta(days=30)
    assert settings.UP == {}


def test_an_unknown_key_is_refused_with_the_closest_one(given):
    given(HEARTBEET=timedelta(seconds=1))

    with pytest.raises(
        BadSetting, match=r"HARDY\['HEARTBEET'\] is not a setting.*Did you mean 'HEARTBEAT'\?"
    ):
        _ = settings.DATABASE


def test_an_unknown_key_unlike_any_is_refused_with_all_there_are(given):
    given(BANANA=1)

    with pytest.raises(BadSetting, match=r"There are: DATABASE, POLICIES"):
        _ = settings.DATABASE


def test_hardy_must_be_a_dict(settings):
    settings.HARDY = ["DATABASE"]

    with pytest.raises(BadSetting, match="HARDY must be a dict"):
        _ = Settings().DATABASE
    assert Settings().problems() == ["HARDY must be a dict of settings, not ['DATABASE'] (list)."]


def test_a_refusal_is_an_error_of_hardy_and_of_djangos_configuration():
    assert issubclass(BadSetting, HardyError)
    assert issubclass(BadSetting, ImproperlyConfigured)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("DATABASE", None, "must be a str, not None."),
        ("CRASH_CAP", "3", "must be an int, not '3' (str)."),
        ("CRASH_CAP", True, "must be an int, not True (bool)."),
        ("CRASH_CAP", 2.0, "must be an int, not 2.0 (float)."),
        ("CRASH_CAP", 0, "must be at least 1, not 0"),
        ("HEARTBEAT", 2, "must be a timedelta, not 2 (int). The default is datetime.timedelta(seconds=2)."),
        ("POLL", timedelta(0), "must be positive"),
        ("LEASE", timedelta(seconds=-1), "must be positive"),
        ("DEAD_RETENTION", 180, "must be a timedelta or None, not 180 (int)."),
        ("POLICIES", "hardy.worker.policy.Ledger", "must be a list of str"),
        ("POLICIES", ("hardy.worker.policy.Ledger",), "must be a list of str"),
        ("DUTIES", ["hardy.records.duties.Prune", 3], "HARDY['DUTIES'][1] must be a str, not 3 (int)."),
        ("UP", {1: []}, "a key of HARDY['UP'] must be a str, not 1 (int)."),
        ("UP", [], "must be a dict of str to anything, not [] (list)."),
        ("RUN_RETENTION", timedelta(days=7), "must be a dict of str to timedelta"),
        (
            "RUN_RETENTION",
            {"failed": 30},
            "HARDY['RUN_RETENTION']['failed'] must be a timedelta, not 30 (int).",
        ),
        ("RUN_RETENTION", {"fialed": timedelta(days=1)}, "Did you mean 'failed'?"),
        ("RUN_RETENTION", {"exploded": timedelta(days=1)}, "There are: succeeded, retried"),
        ("RUN_RETENTION", {"failed": timedelta(0)}, "must be positive"),
        ("OBJECTIVES", {"a": 5}, "HARDY['OBJECTIVES']['a'] must be a str, not 5 (int)."),
        (
            "OBJECTIVES",
            {"a": "fast"},
            "HARDY['OBJECTIVES']['a'] 'fast' is no objective: write how soon, and for what",
        ),
        ("OBJECTIVES", {"a": "5s"}, "'5s p99' is 99 % of the jobs within 5 seconds"),
        ("OBJECTIVES", {"a": "p99 5s"}, "is no objective"),
        ("OBJECTIVES", {"a": "5s p100"}, "is no objective"),
        ("OBJECTIVES", {"a": "5s p0"}, "asks for a share of 0"),
        ("OBJECTIVES", {"a": "5s p-1"}, "is no objective"),
        ("OBJECTIVES", {"a": "5 p99"}, "is not a valid duration: write 90s, 30m"),
        ("OBJECTIVES", {"a": "0s p99"}, "make it longer than 0 seconds"),
        ("OBJECTIVES", {"a": "999999d p99"}, "is too long a duration"),
        ("OBJECTIVES", {"a": "٣s p99"}, "is not a valid duration"),
        ("OBJECTIVES", {"": "5s p99"}, "names no queue or task"),
        ("OBJECTIVES", {"a*b": "5s p99"}, "names no queue or task"),
        ("OBJECTIVES", {"a\x00": "5s p99"}, "names no queue or task"),
        ("OBJECTIVES", {"a" * 300: "5s p99"}, "names no queue or task"),
        ("OBJECTIVES", ["5s p99"], "must be a dict of str to str"),
        ("OBJECTIVE_ALERT", {}, "HARDY['OBJECTIVE_ALERT'] alerts nobody"),
        ("OBJECTIVE_ALERT", {"slack": "#ops"}, "must be an address that starts with https://"),
        ("OBJECTIVE_ALERT", {"threshold": 3, "mail": ["a@example.com"]}, "is no part of an alert"),
        ("TASK_RETENTION", {"a": 3}, "must be a timedelta, or a dict of outcome to timedelta, not 3 (int)."),
        (
            "TASK_RETENTION",
            {"a": {}},
            "must be a timedelta, or a dict of outcome to timedelta, not {} (dict).",
        ),
        ("TASK_RETENTION", {"a": timedelta(0)}, "HARDY['TASK_RETENTION']['a'] must be positive"),
        ("TASK_RETENTION", {"a": {"fialed": timedelta(1)}}, "Did you mean 'failed'?"),
        ("TASK_RETENTION", {"a": {None: timedelta(1)}}, "is no outcome of a run"),
        ("TASK_RETENTION", {"a": {"failed": "1d"}}, "['failed'] must be a timedelta, not '1d' (str)."),
        ("TASK_RETENTION", {"a": {"failed": timedelta(-1)}}, "must be positive"),
        ("TASK_RETENTION", {"": timedelta(1)}, "names no task"),
        ("TASK_RETENTION", {"a*b": timedelta(1)}, "names no task"),
        ("TASK_RETENTION", {7: timedelta(1)}, "a key of HARDY['TASK_RETENTION'] must be a str, not 7 (int)."),
    ],
)
def test_a_wrong_value_is_refused_with_the_right_type(given, key, value, message):
    given(**{key: value})

    with pytest.raises(BadSetting, match=re.escape(message)):
        getattr(settings, key)


def test_a_wrong_value_does_not_stop_the_other_keys(given):
    given(CRASH_CAP="3")

    assert settings.DATABASE == "default"


def test_dead_letters_may_be_kept_for_ever(given):
    given(DEAD_RETENTION=None)

    assert settings.DEAD_RETENTION is None


def test_a_partial_retention_is_merged_over_the_defaults(given):
    given(RUN_RETENTION={"succeeded": timedelta(hours=1)})

    assert {
        "succeeded": timedelta(hours=1),
        "retried": timedelta(days=7),
        "failed": timedelta(days=30),
        "cancelled": timedelta(days=7),
        "lost": timedelta(days=30),
        "snoozed": timedelta(days=1),
        "ignored": timedelta(days=7),
        "replaced": timedelta(days=7),
        "rejected": timedelta(days=30),
    } == settings.RUN_RETENTION


@pytest.mark.parametrize("key", ["HEARTBEAT_TIMEOUT", "HEARTBEAT"])
@pytest.mark.parametrize(
    "hardy",
    [
        {"HEARTBEAT": timedelta(seconds=4)},
        {"HEARTBEAT_TIMEOUT": timedelta(seconds=5)},
        {"HEARTBEAT": timedelta(seconds=1), "HEARTBEAT_TIMEOUT": timedelta(seconds=2)},
    ],
)
def test_a_burial_before_three_heartbeats_is_refused(given, hardy, key):
    given(**hardy)

    with pytest.raises(BadSetting, match=r"at least 3 times HARDY\['HEARTBEAT'\].*make it .* or more"):
        getattr(settings, key)


def test_a_burial_of_exactly_three_heartbeats_is_allowed(given):
    given(HEARTBEAT=timedelta(seconds=1), HEARTBEAT_TIMEOUT=timedelta(seconds=3))

    assert timedelta(seconds=3) == settings.HEARTBEAT_TIMEOUT


def test_a_heartbeat_of_the_wrong_type_is_named_once(given):
    given(HEARTBEAT=2)

    assert timedelta(seconds=10) == settings.HEARTBEAT_TIMEOUT
    assert Settings().problems() == [
        "HARDY['HEARTBEAT'] must be a timedelta, not 2 (int). The default is datetime.timedelta(seconds=2)."
    ]


def test_all_problems_are_listed_at_once(given):
    given(HEARTBEET=1, CRASH_CAP=0, POLL=5)

    problems = settings.problems()

    assert [re.search(r"HARDY\['(\w+)'\]", problem)[1] for problem in problems] == [
        "HEARTBEET",
        "CRASH_CAP",
        "POLL",
    ]


def test_a_hasty_burial_is_one_problem_not_two(given):
    given(HEARTBEAT_TIMEOUT=timedelta(seconds=1))

    assert len(settings.problems()) == 1


def test_defaults_have_no_problems(given):
    assert settings.problems() == []


def test_an_attribute_that_is_no_setting_is_an_attribute_error(given):
    with pytest.raises(AttributeError, match=r"no setting 'CRASH_CAPS'\. Did you mean 'CRASH_CAP'\?"):
        _ = settings.CRASH_CAPS  # type: ignore[attr-defined]


def test_a_process_of_hardy_up_may_be_described_in_any_way(given):
    given(UP={"mail": ["maildev"], "beat": None})

    assert settings.UP == {"mail": ["maildev"], "beat": None}


def test_a_number_with_no_fraction_is_a_float_and_a_bool_only_a_bool(given):
    assert type_problem("it", 3, float) is None
    assert type_problem("it", True, bool) is None
    assert type_problem("it", True, float) == "it must be a float, not True (bool)."
    assert type_problem("it", 1, bool) == "it must be a bool, not 1 (int)."


def test_another_class_of_settings_reads_its_own_keys(given):
    class Others(BaseSettings):
        COLOUR: Annotated[str, "Of the shed."] = "green"

    given(COLOUR="red")

    assert Others().COLOUR == "red"


def test_the_reference_lists_every_setting_with_its_type_and_sentence():
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", REFERENCE.read_text(), re.MULTILINE))

    assert list(rows) == list(Settings.keys)
    for name, hint in Settings.keys.items():
        kind, sentence = get_args(hint)
        assert f"{named(kind)} | " in rows[name]
        assert rows[name].endswith(f"| {sentence}")


def test_a_dict_that_is_put_into_a_loaded_settings_file_is_read_at_once(monkeypatch):
    monkeypatch.setattr(django_settings, "HARDY", {"DATABASE": "books"}, raising=False)
    assert settings.DATABASE == "books"

    monkeypatch.delattr(django_settings, "HARDY")
    assert settings.DATABASE == "default"
