from __future__ import annotations

from django.urls import path

from apps.reports import views

urlpatterns = [
    path("reports/", views.MyReports.as_view(), name="reports"),
    path("reports/<int:pk>/row/", views.ReportRow.as_view(), name="report-row"),
    path("reports/<int:pk>/progress/", views.ReportProgress.as_view(), name="report-progress"),
    path("reports/<int:pk>/orders.pdf", views.ReportFile.as_view(), name="report-file"),
    path("reports/<int:pk>/again/", views.BuildAgain.as_view(), name="report-again"),
]
