"""``HARDY["DEAD_ALERT"]``: what is refused, with the remedy."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hardy.conf import settings as hardy_settings
from hardy.errors import BadSetting

WRONG = [
    (
        {"treshold": 3, "mail": ["a@example.com"]},
        "['treshold'] is no part of an alert. Did you mean 'threshold'?",
    ),
    ({"threshold": 0, "mail": ["a@example.com"]}, "['threshold'] must be at least 1, not 0"),
    ({"threshold": "3", "mail": ["a@example.com"]}, "['threshold'] must be an int, not '3' (str)."),
    ({"window": 60, "mail": ["a@example.com"]}, "['window'] must be a timedelta, not 60 (int)."),
    ({"window": timedelta(0), "mail": ["a@example.com"]}, "['window'] must be positive"),
    ({"webhook": "hooks.example.com"}, "['webhook'] must be an address that starts with https://"),
    ({"mail": "a@example.com"}, "['mail'] must be a list of str"),
    (
        {"threshold": 3},
        "alerts nobody: give it 'mail' (a list of addresses), 'webhook' (a URL that takes JSON)",
    ),
]


@pytest.mark.parametrize(("alert", "why"), WRONG)
def test_an_alert_that_cannot_work_is_refused(settings, alert, why):
    settings.HARDY = {"DEAD_ALERT": alert}

    with pytest.raises(BadSetting) as refused:
        assert hardy_settings.DEAD_ALERT

    assert why in str(refused.value)


def test_a_right_alert_is_taken(settings):
    alert = {
        "threshold": 3,
        "window": timedelta(minutes=5),
        "mail": ["a@example.com"],
        "webhook": "https://x.example",
    }
    settings.HARDY = {"DEAD_ALERT": alert}

    assert alert == hardy_settings.DEAD_ALERT
