"""Reading a scrape as Prometheus' own client does."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

Labels = tuple[tuple[str, str], ...]
Samples = dict[str, dict[Labels, float]]


def of(**labels: str) -> Labels:
    return tuple(sorted(labels.items()))


def read(text: str) -> Samples:
    """Return the samples of a scrape: name, labels, value."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[of(**sample.labels)] = sample.value
    return found


def fetched(port: int, path: str) -> tuple[int, str]:
    """Return the status and the text that a worker's port answers; (0, why) if nobody does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()
    except OSError as error:
        return 0, str(error)


def scraped(port: int) -> Samples:
    status, text = fetched(port, "/metrics")
    return read(text) if status == 200 else {}


def asked(port: int, question: str) -> tuple[int, Any]:
    status, text = fetched(port, f"/{question}")
    return status, json.loads(text) if status else text
