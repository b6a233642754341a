"""Addresses."""

from django.urls import path

from reports import views

app_name = "reports"
urlpatterns = [
    path("", views.report_list, name="report_list"),
    path("<slug:slug>.pdf", views.report_file, {"file_format": "pdf"}, name="report_pdf"),
    path("<slug:slug>.xlsx", views.report_file, {"file_format": "xlsx"}, name="report_xlsx"),
    path("<slug:slug>/", views.report_detail, name="report_detail"),
]
