from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.wire import JSON, WhateverIsAsked
from apps.reports import services
from apps.reports.models import Report

MOST_DAYS = 3660


class RequestReportSerializer(serializers.Serializer):
    """`POST /api/reports/`."""

    first_day = serializers.DateField()
    last_day = serializers.DateField()
    scope = serializers.ChoiceField(Report.Scope.choices, default=Report.Scope.MINE)

    def validate_scope(self, scope: str) -> str:
        if scope == Report.Scope.SHOP and not self.context["request"].user.is_staff:
            raise serializers.ValidationError("Only the staff sees the orders of all.")
        return scope

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        days = (attrs["last_day"] - attrs["first_day"]).days
        if days < 0:
            raise serializers.ValidationError({"last_day": ["The last day is before the first."]})
        if days > MOST_DAYS:
            raise serializers.ValidationError({"last_day": [f"A report covers at most {MOST_DAYS} days."]})
        return attrs


class ReportSerializer(serializers.ModelSerializer):
    status_text = serializers.CharField(source="get_status_display")
    file = serializers.SerializerMethodField(help_text="Where the PDF is, once it is ready.")

    class Meta:
        model = Report
        fields = [
            "id",
            "scope",
            "first_day",
            "last_day",
            "status",
            "status_text",
            "error",
            "requested_at",
            "finished_at",
            "file",
        ]

    def get_file(self, report: Report) -> str | None:
        if report.status != Report.Status.READY:
            return None
        return self.context["request"].build_absolute_uri(reverse("api-report-file", args=[report.pk]))


class Reports(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Report]):
    """One's own reports; the staff sees all."""

    queryset = Report.objects.all()
    serializer_class = ReportSerializer
    parser_classes = [JSON]
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Report]:
        return super().get_queryset().seen_by(self.request.user)

    @extend_schema(request=RequestReportSerializer, responses={202: ReportSerializer})
    def create(self, request: Request) -> Response:
        """Ask for a report. It is built by a task: ask for it again until its status is `ready`."""
        asked = RequestReportSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        report = services.request_report(request.user, **asked.validated_data)
        report.refresh_from_db()
        return Response(self.get_serializer(report).data, status=202)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, content_negotiation_class=WhateverIsAsked, renderer_classes=[JSONRenderer])
    def file(self, request: Request, pk: int) -> FileResponse:
        """The PDF."""
        report = self.get_object()
        if report.status != Report.Status.READY or not report.file.exists():
            raise Http404("The report is not ready.")
        return FileResponse(
            report.file.open("rb"), filename=f"orders-{report.first_day}-{report.last_day}.pdf"
        )
