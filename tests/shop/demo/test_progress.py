from __future__ import annotations

import io

from demo.progress import EMPTY, FULL, WIDTH, Progress, bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_is_as_full_as_the_part_that_is_done():
    assert bar(0) == EMPTY * WIDTH
    assert bar(0.5) == FULL * (WIDTH // 2) + EMPTY * (WIDTH // 2)
    assert bar(1.7) == FULL * WIDTH


def test_on_a_terminal_one_line_moves_and_is_gone_in_the_end():
    out = Terminal()
    progress = Progress(out)

    progress.show(0.1, "a long beginning")
    progress.show(0.2, "short")
    progress.clear()

    assert "\n" not in out.getvalue()
    *_, before_last, last = out.getvalue().split("\r")
    assert (before_last.strip(), last) == ("", "")


def test_elsewhere_there_are_plain_lines_now_and_then():
    out = io.StringIO()
    progress = Progress(out)

    for part in range(100):
        progress.show(part / 100, "some orders")

    assert out.getvalue() == "  0% some orders\n"
