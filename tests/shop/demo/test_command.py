"""`manage.py demo` where it can't play: it says so in one line, and touches nothing."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from tests.shop.demo.open_shop import OpenShop, environment_of


def test_without_a_running_shop_one_line_says_how_to_start_it(tmp_path, free_port):
    shop = OpenShop(environment_of(tmp_path, free_port), tmp_path / "none.log")

    done = shop.manage("demo", "--seconds", "1")

    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert f"http://127.0.0.1:{shop.environment['PORT']}" in line
    assert line.endswith("Start it: make run")


def test_it_refuses_to_play_with_anything_but_the_demonstration(settings):
    settings.DEMONSTRATION = False

    with pytest.raises(CommandError, match="development settings only"):
        call_command("demo")


@pytest.mark.parametrize("wrong", ["0", "-3", "soon", "nan", "inf"])
def test_a_time_that_is_none_is_refused(wrong):
    with pytest.raises(CommandError, match="not a number above 0"):
        call_command("demo", f"--seconds={wrong}")
