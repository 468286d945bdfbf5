"""The minute itself: customers come, troubles strike, and then everything that was asked for is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from apps.orders.models import Order
from apps.products.tasks import sync_inventory
from demo.customers import WAYS, Customer
from demo.killing import Killed, kill_a_worker
from demo.plan import Visit
from demo.progress import Progress
from demo.sandbox import Sandbox
from demo.settling import customers_pay_again, unfinished
from demo.site import Site
from demo.tally import Tally
from demo.trouble import TROUBLES, Trouble

CUSTOMERS_AT_ONCE = 8
TICK_SECONDS = 0.2
#: Recovery from a kill takes 15 s, and a charge is given up after 14 s; the rest is for slow machines.
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Act:
    """Something to be done, `at` seconds after the doors have opened."""

    at: float
    do: Callable[[], Any]


class Performance:
    """One run of the demonstration. What it leaves is read by `demo.evidence`."""

    def __init__(
        self, address: str, sandbox: Sandbox, visits: list[Visit], *, seconds: float, seed: str
    ) -> None:
        self.sandbox, self.seconds = sandbox, seconds
        self.started = timezone.now()
        self.domain = f"demo-{self.started:%Y%m%d-%H%M%S}.example.com"
        self.tally = Tally()
        self.customers: list[Customer] = [
            WAYS[visit.way](visit, Site(address, self.tally), self.domain, seed) for visit in visits
        ]
        self._visits: list[Future[None]] = []
        self.killed: Killed | None = None
        self.troubles: list[str] = []
        self.settled_after_seconds: float | None = None

    def run(self, progress: Progress) -> None:
        try:
            self._play(progress)
            self._settle(progress)
        finally:
            progress.clear()
            self.sandbox.mend()
            for customer in self.customers:
                customer.site.close()

    def _play(self, progress: Progress) -> None:
        with ThreadPoolExecutor(CUSTOMERS_AT_ONCE, thread_name_prefix="customer") as crowd:
            opened = time.monotonic()
            acts = sorted(self._acts(crowd), key=lambda act: act.at)
            while (passed := time.monotonic() - opened) < self.seconds or self._crowded():
                while acts and acts[0].at <= passed:
                    acts.pop(0).do()
                left = max(0.0, self.seconds - passed)
                progress.show(passed / self.seconds, f"{left:3.0f} s left · {self._words()}")
                self._pause()
        for visit in self._visits:
            visit.result()  # what is no answer of the shop's, but an error of ours, is raised here

    def _crowded(self) -> bool:
        """Whether somebody is still shopping: the doors have closed, but nobody is thrown out."""
        return not all(visit.done() for visit in self._visits)

    def _acts(self, crowd: ThreadPoolExecutor) -> Iterator[Act]:
        for customer in self.customers:
            yield Act(
                customer.visit.at, lambda customer=customer: self._visits.append(crowd.submit(customer.come))
            )
        for trouble in TROUBLES:
            yield Act(trouble.at * self.seconds, lambda trouble=trouble: self._strike(trouble))

    def _strike(self, trouble: Trouble) -> None:
        words = trouble.words
        if trouble.faults:
            self.sandbox.break_vendors(trouble.faults)
        if trouble.also == "ask the supplier":
            sync_inventory.delay()
        if trouble.also == "kill a worker":
            self.killed = kill_a_worker()
            words = (
                f"{words} ({self.killed.name}, process {self.killed.pid})"
                if self.killed
                else "no worker was found on this machine"
            )
        self.troubles.append(words)

    def _settle(self, progress: Progress) -> None:
        """Wait until every task that was asked for has ended. Whose card was declined comes back meanwhile."""
        began = time.monotonic()
        while (passed := time.monotonic() - began) < PATIENCE_SECONDS:
            customers_pay_again(self.customers)
            left = unfinished(self.domain)
            if not left and (self.killed is None or self.killed.back_after_seconds is not None):
                self.settled_after_seconds = passed
                return
            progress.show(1, f"doors closed, {left} tasks and orders to be finished · {self._words()}")
            self._pause()

    def _pause(self) -> None:
        if self.killed:
            self.killed.look_for_the_next()
        time.sleep(TICK_SECONDS)

    def _words(self) -> str:
        shipped = Order.objects.filter(
            user__email__endswith=f"@{self.domain}", status=Order.Status.SHIPPED
        ).count()
        words = f"{self.tally['orders']} orders, {shipped} shipped"
        return f"{words} · {self.troubles[-1]}" if self.troubles else words
