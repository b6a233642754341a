"""Addresses of opportunities."""

from django.urls import path

from crm.access.gate import needs
from sales.opportunities import views
from sales.opportunities.exports import opportunity_export
from sales.opportunities.lists import OpportunityListView

urlpatterns = [
    path("opportunities/", needs(views.VIEW)(OpportunityListView.as_view()), name="opportunity_list"),
    path("opportunities/new/", views.opportunity_add, name="opportunity_add"),
    path("opportunities/export/", opportunity_export, name="opportunity_export"),
    path("opportunities/filter/", views.opportunity_filter, name="opportunity_filter"),
    path("opportunities/<int:pk>/", views.opportunity_detail, name="opportunity_detail"),
    path("opportunities/<int:pk>/edit/", views.opportunity_edit, name="opportunity_edit"),
    path("opportunities/<int:pk>/stage/", views.opportunity_stage, name="opportunity_stage"),
    path("opportunities/<int:pk>/lose/", views.opportunity_lose, name="opportunity_lose"),
    path("opportunities/<int:pk>/reopen/", views.opportunity_reopen, name="opportunity_reopen"),
]
