"""The benchmark's command line and what it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import charts, environments, flame
from benchmarks.arguments import parse
from benchmarks.document import PAGE, filled
from benchmarks.figures import FIGURES, percentile
from benchmarks.results import Results
from benchmarks.stacks import STACKS
from benchmarks.table import SECTIONS, figures_tables, number, scale_table, spread, text_table
from benchmarks.targets import verdicts


def test_without_words_every_stack_and_every_figure_is_measured_that_takes_no_minutes():
    arguments = parse([])

    assert arguments.stacks == STACKS
    assert [figure.name for figure in FIGURES if figure not in arguments.figures] == ["growth"]
    assert [figure.name for figure in parse(["--only=growth"]).figures] == ["growth"]


def test_only_takes_stacks_and_figures_in_one_list():
    arguments = parse(["--only", "hardy-sqlite, run"])

    assert [stack.name for stack in arguments.stacks] == ["hardy-sqlite"]
    assert [figure.name for figure in arguments.figures] == ["run"]


def test_only_figures_means_all_stacks():
    assert parse(["--only", "latency"]).stacks == STACKS


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["--only", "hardy-oracle"], "there are: bulk, claim, django-q2"),
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

    assert [stack.name for stack in STACKS if claim.fits(stack)] == [
        stack.name for stack in STACKS if stack.is_ledger_alone
    ]


def test_every_tool_has_its_module_and_its_pinned_packages():
    peers = Path(environments.PEERS)

    assert [stack.tool for stack in STACKS if not (peers / f"{stack.tool}.py").exists()] == []
    assert [
        s.environment for s in STACKS if s.environment and not (peers / f"{s.environment}.txt").exists()
    ] == []


def test_pinned_packages_name_no_registry():
    for pinned in Path(environments.PEERS).glob("*.txt"):
        assert all("==" in line and "/" not in line for line in pinned.read_text().splitlines())


def test_every_measured_column_stands_in_a_table():
    shown = {name for section in SECTIONS for name, _ in section.columns}

    assert {name for figure in FIGURES for name, _ in figure.columns} == shown


def test_quick_measures_everything_once_with_fewer_tasks():
    quick, full = parse(["--quick"]), parse([])

    assert (quick.stacks, quick.figures, quick.repeat) == (full.stacks, full.figures, 1)
    assert quick.tasks < full.tasks
    assert parse(["--quick", "--repeat", "2"]).repeat == 2


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

    rows = cells(results, "running")

    assert rows["hardy, SQLite"][:1] == ["600 (500…900, 3×)"]
    assert (rows["hardy, SQLite"][3], rows["hardy, PostgreSQL and RabbitMQ"][3]) == ("10.0", "5.0")


def test_what_a_tool_does_not_do_stands_beside_its_number():
    results = Results()
    results.add("huey", {"run": 900.0})

    assert cells(results, "running")["Huey, Redis"][4:] == ["no", "lost", "nothing"]


def test_a_known_figure_stands_in_the_table_without_being_measured():
    results = Results()
    results.add("stock-redis", {"p50": 10.0})

    assert "3600 (visibility timeout)" in cells(results, "latency")["Celery, Redis, results in PostgreSQL"]


def test_a_table_with_no_figure_is_left_out():
    results = Results()
    results.add("hardy-sqlite", {"send": 10.0})

    assert [section.name for section, _ in figures_tables(results)] == ["sending"]


def test_one_run_has_no_spread():
    assert spread([5.0]) == ""


def test_a_table_takes_the_place_between_its_marks_and_nothing_else_changes():
    page = "before\n<!-- run: begin -->\nold\n<!-- run: end -->\nafter\n"

    assert filled(page, {"run": r"new \1"}) == page.replace("old", r"new \1")


def test_a_table_without_a_place_is_an_error():
    with pytest.raises(ValueError, match="0 places for run"):
        filled("a page without marks", {"run": "new"})


def test_the_page_has_a_place_for_every_table():
    tables = dict.fromkeys(("machine", "targets", "scale", *(section.name for section in SECTIONS)), "")

    assert filled(PAGE.read_text(), tables)


def test_a_chart_has_a_bar_for_every_stack_that_was_measured():
    results = Results()
    results.add("hardy-sqlite", {"run": 500.0})
    results.add("rq", {"run": 50.0})

    ((chart, drawing),) = charts.drawn(results)

    assert chart.name == "run"
    assert [title for title in ("hardy, SQLite", "RQ, Redis", "Huey, Redis") if f">{title}<" in drawing] == [
        "hardy, SQLite",
        "RQ, Redis",
    ]


def test_a_flame_graph_is_as_wide_as_the_time_and_leaves_out_what_nobody_could_read():
    drawing = flame.svg(
        flame.tree({"work (hardy/a.py);claim (hardy/b.py)": 750, "idle (x.py)": 249, "tiny (y.py)": 1})
    )

    assert "claim (hardy/b.py): 75.0%" in drawing
    assert "tiny" not in drawing


def test_the_scale_table_says_how_far_each_load_is_from_the_light_one():
    results = Results()
    results.add("hardy-sqlite", {"waiting-1k": 500.0, "waiting-200k": 450.0, "runs-1m": 505.0})

    table = scale_table(results)

    assert "450 (-10%)" in table
    assert "505 (+1%)" in table


def test_a_missed_target_is_said_as_plainly_as_a_reached_one():
    results = Results()
    results.add("hardy-sqlite", {"run": 400.0, "p50": 12.0})
    results.add("hardy-sqlite-tuned", {"run": 500.0})

    assert list(verdicts(results)) == [
        "MISSED   SQLite: default settings beside tuned ones, at least 0.9 ×: 0.80 ×",
        "reached  an idle worker on SQLite starts half of the tasks within 40 ms: 12.0",
    ]


def test_a_target_without_a_figure_is_not_judged():
    assert list(verdicts(Results())) == []


def test_half_of_the_values_do_not_exceed_the_median_and_all_but_one_in_a_hundred_the_99th():
    values = [float(value) for value in range(1, 101)]

    assert (percentile(values, 50), percentile(values, 99), percentile([7.0], 99)) == (50.0, 99.0, 7.0)


def cells(results: Results, name: str) -> dict[str, list[str]]:
    """The cells of one table by its rows' titles."""
    table = next(table for section, table in figures_tables(results) if section.name == name)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    return {row[0]: row[1:] for row in rows}
