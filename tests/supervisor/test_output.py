"""Lines of many processes in one terminal."""

from __future__ import annotations

import io

import pytest

from hardy.supervisor.output import Lines, Output, wants_colour


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_names_are_as_wide_as_the_longest():
    stream = io.StringIO()
    output = Output(stream, ["web", "beat"], coloured=False)

    output.write("web", "GET /")
    output.say("Ready.")

    assert stream.getvalue() == "web   │ GET /\nhardy │ Ready.\n"


def test_each_process_has_a_colour_of_its_own():
    stream = io.StringIO()
    output = Output(stream, ["web", "beat"], coloured=True)

    output.write("web", "one")
    output.write("beat", "two")

    assert stream.getvalue() == "\x1b[36mweb   │ \x1b[0mone\n\x1b[33mbeat  │ \x1b[0mtwo\n"


def test_what_the_terminal_shows_for_a_key_is_written_over():
    at_a_terminal, piped = io.StringIO(), io.StringIO()
    for stream, coloured in ((at_a_terminal, True), (piped, False)):
        output = Output(stream, [], coloured=coloured)
        output.return_carriage()
        output.say("Stopping.")

    assert at_a_terminal.getvalue().startswith("\r")
    assert piped.getvalue() == "hardy │ Stopping.\n"


@pytest.mark.parametrize(
    ("stream", "environment", "coloured"),
    [
        (Terminal(), {}, True),
        (io.StringIO(), {}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_a_person_who_wants_it(monkeypatch, stream, environment, coloured):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert wants_colour(stream) is coloured


def test_lines_are_put_together_from_pieces():
    lines = Lines()

    assert lines.feed(b"GET /") == []
    assert lines.feed(b"products\r\nGET /bas") == ["GET /products"]
    assert lines.close() == ["GET /bas"]
    assert lines.close() == []


def test_what_is_no_text_is_shown_as_well_as_it_can_be():
    assert Lines().feed(b"caf\xe9\n") == ["caf\N{REPLACEMENT CHARACTER}"]
