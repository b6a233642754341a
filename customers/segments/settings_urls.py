"""Addresses of the settings pages of classification rules."""

from django.urls import path

from customers.segments import settings_views as views

urlpatterns = [
    path("classification/", views.rule_list, name="classification_list"),
    path("classification/new/", views.rule_new, name="classification_new"),
    path("classification/preview/", views.rule_preview, name="classification_preview"),
    path("classification/run/", views.rule_run, name="classification_run"),
    path("classification/<int:pk>/edit/", views.rule_edit, name="classification_edit"),
    path("classification/<int:pk>/remove/", views.rule_remove, name="classification_remove"),
]
