"""Addresses of delegations and flows, under the settings."""

from django.urls import path

from crm.approvals import settings_views

urlpatterns = [
    path("delegations/", settings_views.delegation_list, name="delegation_list"),
    path("delegations/new/", settings_views.delegation_new, name="delegation_new"),
    path("delegations/<int:pk>/end/", settings_views.delegation_end, name="delegation_end"),
]
