"""The verbs of `manage.py hardy`, in the order of its help."""

from __future__ import annotations

VERBS = (
    "hardy.management.verbs.init.Init",
    "hardy.management.verbs.up.Up",
    "hardy.management.verbs.status.Status",
    "hardy.management.verbs.top.Top",
    "hardy.management.verbs.check_worker.CheckWorker",
    "hardy.management.verbs.jobs.Jobs",
    "hardy.management.verbs.runs.Runs",
    "hardy.management.verbs.errors.Errors",
    "hardy.management.verbs.dead.Dead",
    "hardy.management.verbs.waiting.Cancel",
    "hardy.management.verbs.waiting.Reschedule",
    "hardy.management.verbs.prune.Prune",
    "hardy.management.verbs.erase.Erase",
    "hardy.management.verbs.pausing.Pause",
    "hardy.management.verbs.pausing.Resume",
    "hardy.management.verbs.audit.Audit",
    "hardy.management.verbs.handover.Handover",
    "hardy.management.verbs.defaults.Defaults",
    "hardy.management.verbs.chaos.Chaos",
)
