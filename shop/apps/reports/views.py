from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views.generic import DetailView, FormView

import hardy
from apps.core.live import Live
from apps.reports import services
from apps.reports.forms import ReportForm
from apps.reports.models import Report
from hardy.ledger.presenters import progress_as_json

SHOWN = 20


class MyReports(LoginRequiredMixin, FormView):
    """One's own reports, and a form that asks for another."""

    template_name = "reports/list.html"
    form_class = ReportForm
    success_url = reverse_lazy("reports")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def get_initial(self) -> dict[str, Any]:
        return ReportForm.usual_days()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        reports = Report.objects.filter(user=self.request.user)
        return super().get_context_data(reports=reports[:SHOWN], **kwargs)

    def form_valid(self, form: ReportForm) -> HttpResponse:
        services.request_report(self.request.user, **form.cleaned_data)
        return super().form_valid(form)


class OneReport(LoginRequiredMixin, DetailView):
    """A report, for whoever asked for it and the staff; for all others there is none."""

    context_object_name = "report"

    def get_queryset(self) -> QuerySet[Report]:
        return Report.objects.seen_by(self.request.user)


class ReportRow(Live, OneReport):
    """A report's row in the list, which moves until the report is ready."""

    template_name = "reports/row.html"

    def version(self, context: dict[str, Any]) -> str:
        return context["report"].status


class ReportProgress(OneReport):
    """How far the task is that builds the report, for the bar in its row."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        jobs = hardy.runs_of(self.get_object(), limit=1).jobs
        return JsonResponse(progress_as_json(jobs[0] if jobs else None))


class ReportFile(OneReport):
    """The PDF."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> FileResponse:
        report = self.get_object()
        if report.status != Report.Status.READY or not report.file.exists():
            raise Http404("The report is not ready.")
        name = f"orders-{report.first_day}-{report.last_day}.pdf"
        return FileResponse(report.file.open("rb"), as_attachment=True, filename=name)


class BuildAgain(OneReport):
    """Ask once more for a report that failed."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        failed = self.get_object()
        if failed.status == Report.Status.FAILED:
            services.request_report(request.user, failed.first_day, failed.last_day, failed.scope)
        return redirect("reports")
