"""Addresses of delegations and flows, under the settings."""

from django.urls import path

from crm.approvals import flow_views, settings_views

urlpatterns = [
    path("flows/", flow_views.flow_list, name="flow_list"),
    path("flows/new/<str:purpose>/", flow_views.flow_new, name="flow_new"),
    path("flows/ask/<str:purpose>/", flow_views.flow_ask, name="flow_ask"),
    path("flows/<int:pk>/", flow_views.flow_detail, name="flow_detail"),
    path("flows/<int:pk>/edit/", flow_views.flow_edit, name="flow_edit"),
    path("flows/<int:pk>/copy/", flow_views.flow_copy, name="flow_copy"),
    path("flows/<int:pk>/switch/", flow_views.flow_switch, name="flow_switch"),
    path("flows/<int:pk>/move/", flow_views.flow_move, name="flow_move"),
    path("flows/blocked/<int:pk>/retry/", flow_views.approval_retry, name="approval_retry"),
    path("delegations/", settings_views.delegation_list, name="delegation_list"),
    path("delegations/new/", settings_views.delegation_new, name="delegation_new"),
    path("delegations/<int:pk>/end/", settings_views.delegation_end, name="delegation_end"),
]
