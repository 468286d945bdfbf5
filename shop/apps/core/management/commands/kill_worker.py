from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hardy.testing.chaos.workers import kill, workers_here


class Command(BaseCommand):
    help = "End this shop's workers on this machine as a power cut would; `make run` starts new ones."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        killed = [worker for worker in workers_here() if kill(worker)]
        if not killed:
            raise CommandError("No worker of this shop is alive here. Start one: make run")
        for worker in killed:
            self.stdout.write(f"Killed {worker.name} (process {worker.pid}).")
