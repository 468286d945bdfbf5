"""``path("hardy/", include("hardy.dashboard.urls"))`` in a project's addresses."""

from __future__ import annotations

from django.urls import path

from hardy.dashboard.asking import act_page
from hardy.dashboard.audit import audit_page
from hardy.dashboard.doctor import doctor_page
from hardy.dashboard.errors import decide_page, errors_page, kind_page
from hardy.dashboard.faults import fault_page
from hardy.dashboard.openapi import openapi_view
from hardy.dashboard.overview import overview_page
from hardy.dashboard.queues import queue_page, queues_page
from hardy.dashboard.schedules import schedules_page
from hardy.dashboard.task import progress_view, task_page
from hardy.dashboard.tasks import tasks_page
from hardy.dashboard.workers import workers_page

app_name = "hardy"

urlpatterns = [
    path("", overview_page, name="overview"),
    path("tasks/", tasks_page, name="tasks"),
    path("task/", task_page, name="task"),
    path("task/progress/", progress_view, name="progress"),
    path("tasks/act/", act_page, name="act"),
    path("queues/", queues_page, name="queues"),
    path("queue/", queue_page, name="queue"),
    path("doctor/", doctor_page, name="doctor"),
    path("openapi.json", openapi_view, name="openapi"),
    path("audit/", audit_page, name="audit"),
    path("workers/", workers_page, name="workers"),
    path("errors/", errors_page, name="errors"),
    path("errors/fault/", fault_page, name="fault"),
    path("errors/kind/", kind_page, name="kind"),
    path("errors/decide/", decide_page, name="decide"),
    path("schedules/", schedules_page, name="schedules"),
]
