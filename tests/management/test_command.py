"""`manage.py hardy`: one command with verbs."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.utils.module_loading import import_string

from hardy.management.verbs import VERBS


def words() -> list[str]:
    return [import_string(path).name for path in VERBS]


@pytest.mark.parametrize("word", words())
def test_every_verb_explains_itself(word, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("hardy", word, "--help")

    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert f"hardy {word}" in said
    assert "--settings" in said


def test_the_help_lists_the_verbs(capsys):
    with pytest.raises(SystemExit):
        call_command("hardy", "--help")

    said = capsys.readouterr().out
    assert all(f"\n    {word} " in said for word in words())


def test_an_unknown_verb_is_refused_with_the_known_ones():
    with pytest.raises(CommandError, match=r"invalid choice: 'pu' .*up.*status"):
        call_command("hardy", "pu")


def test_an_error_of_hardys_ends_in_one_line():
    with pytest.raises(CommandError, match=r"No process is called 'wbe'"):
        call_command("hardy", "up", "--only", "wbe", "--no-prepare")
