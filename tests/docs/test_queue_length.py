"""docs/queue-length.md: its code runs, and what it replaces says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "queue-length.md"


@pytest.fixture
def page():
    """The functions that the page shows."""
    names = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(block, names)  # noqa: S102 - the page is the subject
    return names


@pytest.mark.django_db(transaction=True)
def test_the_pages_functions_count_what_waits(app, page):
    sent = [app.send_task("orders.place", [number], queue="counted") for number in range(3)]
    app.send_task("orders.place", [4], queue="counted", countdown=3600)

    assert page["depth_of"]("counted") == 3
    assert page["depth_of"]("nowhere") == 0
    assert page["messages_in"](app, "counted") == 4
    assert page["is_unfinished"](sent[0].id)
    assert not page["is_unfinished"]("nope")


@pytest.mark.django_db(transaction=True)
def test_a_channel_without_a_client_names_the_page(app):
    with app.connection_for_read() as connection:
        assert not hasattr(connection.default_channel, "client")
        with pytest.raises(AttributeError, match=r"docs/queue-length\.md"):
            connection.default_channel.client.llen("celery")
