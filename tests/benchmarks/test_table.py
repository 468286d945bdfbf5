"""The benchmark's command line and what it prints."""

from __future__ import annotations

import pytest

from benchmarks.arguments import parse
from benchmarks.figures import FIGURES, percentile
from benchmarks.results import Results
from benchmarks.stacks import STACKS
from benchmarks.table import figures_table, number, scale_table, text_table
from benchmarks.targets import verdicts


def test_without_words_every_stack_and_every_figure_is_measured():
    arguments = parse([])

    assert arguments.stacks == STACKS
    assert arguments.figures == FIGURES


def test_only_takes_stacks_and_figures_in_one_list():
    arguments = parse(["--only", "hardy-sqlite, run"])

    assert [stack.name for stack in arguments.stacks] == ["hardy-sqlite"]
    assert [figure.name for figure in arguments.figures] == ["run"]


def test_only_figures_means_all_stacks():
    assert parse(["--only", "latency"]).stacks == STACKS


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["--only", "hardy-oracle"], "there are: claim, hardy-postgresql"),
        (["--tasks", "3"], "must be at least 20"),
        (["--repeat", "0"], "must be at least 1"),
    ],
)
def test_wrong_words_are_refused_with_what_would_be_right(words, remedy, capsys):
    with pytest.raises(SystemExit):
        parse(words)

    assert remedy in capsys.readouterr().err


def test_names_of_stacks_and_figures_never_collide():
    names = [stack.name for stack in STACKS] + [figure.name for figure in FIGURES]

    assert len(names) == len(set(names))


def test_the_stacks_that_others_are_compared_with_exist():
    assert {stack.beside for stack in STACKS} <= {stack.name for stack in STACKS}


def test_what_only_a_ledger_has_is_measured_on_no_other_stack():
    claim = next(figure for figure in FIGURES if figure.name == "claim")

    assert [stack.name for stack in STACKS if claim.fits(stack)] == ["hardy-sqlite", "hardy-postgresql"]


def test_columns_are_aligned_and_markdown():
    table = text_table(["stack", "run/s"], [["hardy", "1 234"], ["x", "9"]])

    assert table.splitlines() == [
        "| stack | run/s |",
        "| ----- | ----: |",
        "| hardy | 1 234 |",
        "| x     |     9 |",
    ]


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (9.234, "9.2"), (99.96, "100.0"), (1234.5, "1 234")]
)
def test_a_figure_has_as_many_digits_as_it_is_worth(value, shown):
    assert number(value) == shown


def test_the_table_holds_medians_and_how_many_times_the_stock_stack_beside_they_are():
    results = Results()
    for rate in (500.0, 900.0, 600.0):
        results.add("hardy-sqlite", {"run": rate})
        results.add("stock-redis", {"run": rate / 10})
        results.add("stock-rabbitmq", {"run": rate / 5})
        results.add("hardy-rabbitmq", {"run": rate})

    rows = figures_table(results, parse(["--only", "run"])).splitlines()

    assert [cell.strip() for cell in rows[2].split("|")[1:-1]] == ["hardy, SQLite, no broker", "600", "10.0"]
    assert [cell.strip() for cell in rows[3].split("|")[1:-1]] == [
        "hardy, PostgreSQL and RabbitMQ",
        "600",
        "5.0",
    ]


def test_a_known_figure_stands_in_the_table_without_being_measured():
    results = Results()
    results.add("stock-redis", {"p50": 10.0})

    assert "3600 (visibility timeout, not waited for)" in figures_table(
        results, parse(["--only", "recovery"])
    )


def test_the_scale_table_says_how_far_each_load_is_from_the_light_one():
    results = Results()
    results.add("hardy-sqlite", {"waiting-1k": 500.0, "waiting-200k": 450.0, "runs-1m": 505.0})

    table = scale_table(results, parse([]))

    assert "450 (-10%)" in table
    assert "505 (+1%)" in table


def test_a_missed_target_is_said_as_plainly_as_a_reached_one():
    results = Results()
    results.add("hardy-sqlite", {"run": 499.0, "p50": 12.0})

    assert list(verdicts(results)) == [
        "MISSED   SQLite runs at least 500 tasks a second: 499",
        "reached  an idle worker on SQLite starts half of the tasks within 40 ms: 12.0",
    ]


def test_a_target_without_a_figure_is_not_judged():
    assert list(verdicts(Results())) == []


def test_half_of_the_values_do_not_exceed_the_median_and_all_but_one_in_a_hundred_the_99th():
    values = [float(value) for value in range(1, 101)]

    assert (percentile(values, 50), percentile(values, 99), percentile([7.0], 99)) == (50.0, 99.0, 7.0)
