"""Addresses of retention among the settings."""

from django.urls import path

from customers.quality.retention import views

urlpatterns = [
    path("retention/", views.retention, name="retention"),
    path("retention/run/", views.retention_run, name="retention_run"),
]
