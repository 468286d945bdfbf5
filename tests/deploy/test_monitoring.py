"""The dashboard and the alert rules name metrics that exist, with labels they have, and lead to pages that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from hardy.telemetry.exposition import GAUGES
from hardy.telemetry.worker_metrics import METRICS

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = PROMETHEUS / "hardy.rules.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "hardy.json"
PAGE = ROOT / "docs" / "prometheus.md"

SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def exported() -> dict[str, set[str]]:
    """Every series that hardy exports, with its labels; and what the client itself says of a process."""
    found = {name: set(labels) for name, (labels, _) in GAUGES.items()}
    for name, (kind, labels, _) in METRICS.items():
        for suffix in SUFFIXES[kind]:
            found[name + suffix] = {*labels, *({"le"} if suffix == "_bucket" else ())}
    return {**found, "process_resident_memory_bytes": {"job", "instance"}}


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(RULES.read_text())["groups"]
    return list(group["rules"])


def panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


EXPRESSIONS = list(expressions())


@pytest.mark.parametrize("expression", [one for _, one in EXPRESSIONS], ids=[name for name, _ in EXPRESSIONS])
class TestAnExpression:
    def test_names_metrics_that_are_exported(self, expression):
        names = re.findall(r"\b(?:hardy|process)_\w+\b", expression)

        assert names and set(names) <= exported().keys()

    def test_asks_for_labels_that_these_metrics_have(self, expression):
        known = set().union(
            *(exported()[name] for name in re.findall(r"\b(?:hardy|process)_\w+\b", expression))
        )
        grouped = {
            label.strip()
            for by in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression)
            for label in by.split(",")
        }
        matched = set(re.findall(r"(\w+)(?:=~|!~|!=|=)\"", expression))

        assert grouped | matched <= known

    def test_is_balanced_and_sums_over_no_web_process_twice(self, expression):
        for pair in ("()", "{}", "[]"):
            assert expression.count(pair[0]) == expression.count(pair[1])
        # What the ledger says is the same from every web process: summed up it would be too much.
        gauges = set(re.findall(r"sum(?: by \([^)]*\))? \(?(hardy_\w+)", expression)) & GAUGES.keys()
        assert not gauges


def test_every_alert_waits_is_rated_and_leads_to_its_part_of_the_page():
    page = (ROOT / "docs" / "on-call.md").read_text()
    anchors = {
        re.sub(r"[^\w\s-]", "", line).strip().lower().replace(" ", "-")
        for line in re.findall(r"^#+ (.+)$", page, re.M)
    }

    assert len(rules()) == len({rule["alert"] for rule in rules()})
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        path, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert path == "docs/on-call.md" and anchor in anchors, rule["alert"]
        assert rule["alert"] in page


def test_labels_in_a_summary_are_kept_by_its_expression():
    for rule in rules():
        used = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        kept = {
            label.strip() for by in re.findall(r"\bby \(([^)]*)\)", rule["expr"]) for label in by.split(",")
        }
        assert used <= kept, rule["alert"]


def test_promtool_finds_nothing_to_complain_of():
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here: apt-get install prometheus")

    done = subprocess.run(
        [promtool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_panels_have_numbers_of_their_own_and_do_not_lie_on_each_other():
    places = [panel["gridPos"] for panel in panels()]
    cells = [
        (x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])
    ]

    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels()}) == len(panels())


def test_what_is_scraped_is_what_compose_starts():
    scraped = {
        job["job_name"]: job
        for job in yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
    }
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]

    workers = scraped["hardy-workers"]["dns_sd_configs"][0]
    assert set(workers["names"]) == {name for name in services if name.startswith("worker-")}
    assert str(workers["port"]) == services["worker-default"]["environment"]["METRICS_PORT"]
    assert scraped["hardy-ledger"]["static_configs"] == [{"targets": ["web:8000"]}]


def test_the_page_lists_every_metric_with_its_labels_and_sentence():
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    said = {name: (set(re.findall(r"`(\w+)`", labels)), sentence) for name, labels, sentence in rows}
    ours = {name: (set(labels), sentence) for name, (labels, sentence) in GAUGES.items()}
    for name, (kind, labels, sentence) in METRICS.items():
        ours[name + ("_total" if kind == "counter" else "")] = (set(labels), sentence)

    assert said == ours
