from __future__ import annotations

import json
import secrets
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo.books import Page, pages
from demo.evidence import collect
from demo.performance import Performance
from demo.plan import visits
from demo.progress import Progress
from demo.report import as_data, readable
from demo.sandbox import Sandbox


class Command(BaseCommand):
    help = (
        "While the shop runs (`make run`): customers come and order, vendors fail, a worker is killed. "
        "Then the books are checked; exit code 1 if they do not balance."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=above_zero, default=60.0, help="how long customers come (60)")
        parser.add_argument("--rate", type=above_zero, default=2.0, help="orders per second (2)")
        parser.add_argument("--seed", help="the same seed makes the same plan; without one, a new plan")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of the tables")

    def handle(self, *args: Any, **options: Any) -> None:
        sandbox = Sandbox(sandbox_address())
        require_a_running_shop(sandbox)
        seed = options["seed"] or secrets.token_hex(3)
        plan = visits(options["seconds"], options["rate"], seed)
        performance = Performance(settings.SHOP_URL, sandbox, plan, seconds=options["seconds"], seed=seed)
        self.stdout.ending = self.stderr.ending = ""
        performance.run(Progress(self.stderr if options["json"] else self.stdout))
        self._tell(performance, seed, as_json=options["json"])

    def _tell(self, performance: Performance, seed: str, *, as_json: bool) -> None:
        confirmed = [order for customer in performance.customers for order in customer.orders]
        evidence = collect(performance.domain, performance.started, confirmed, performance.sandbox)
        problems = performance.tally.problems
        books = [
            *pages(evidence),
            Page("the shop answered every request", performance.tally["requests"], problems),
        ]
        data = as_data(performance, evidence, books, seed)
        self.stdout.write(json.dumps(data, indent=2) + "\n" if as_json else readable(data))
        if off := sum(len(page.off) for page in books):
            raise CommandError(f"The books do not balance: {off} entries are off.\n")
        if not as_json:
            self.stdout.write("\nThe books balance.\n")


def above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def sandbox_address() -> str:
    address = getattr(settings, "SANDBOX_URL", "")
    if not (address and settings.DEMONSTRATION):
        raise CommandError(
            "The demonstration breaks vendors and kills a worker, so it runs with development settings only: "
            "DJANGO_SETTINGS_MODULE=config.settings.development"
        )
    return str(address)


def require_a_running_shop(sandbox: Sandbox) -> None:
    """Refuse to begin, in one line, before anything is touched."""
    try:
        health = httpx.get(f"{settings.SHOP_URL}/api/health/", timeout=10).raise_for_status().json()
    except httpx.HTTPError as error:
        raise CommandError(
            f"The shop does not answer at {settings.SHOP_URL} ({error or type(error).__name__}). Start it: make run"
        ) from error
    if not health["workers"]["alive"]:
        raise CommandError("The shop has no worker. Start it whole: make run")
    if not sandbox.answers():
        raise CommandError(f"The vendors do not answer at {sandbox.address}. Start the shop whole: make run")
