"""Addresses."""

from django.urls import path

from crm.jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.job_list, name="job_list"),
    path("failed/", views.outbox_list, name="outbox_list"),
    path("failed/<int:pk>/retry/", views.outbox_retry, name="outbox_retry"),
    path("<int:pk>/", views.job_detail, name="job_detail"),
    path("<int:pk>/progress/", views.job_progress, name="job_progress"),
    path("<int:pk>/cancel/", views.job_cancel, name="job_cancel"),
    path("<int:pk>/download/", views.job_download, name="job_download"),
]
