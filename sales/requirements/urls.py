"""Addresses of requirements."""

from django.urls import path

from crm.access.gate import needs
from sales.requirements import views
from sales.requirements.exports import requirement_export
from sales.requirements.lists import RequirementListView

urlpatterns = [
    path("requirements/", needs(views.VIEW)(RequirementListView.as_view()), name="requirement_list"),
    path("requirements/filter/", views.requirement_filter, name="requirement_filter"),
    path("requirements/export/", requirement_export, name="requirement_export"),
    path("requirements/new/", views.requirement_add, name="requirement_add"),
    path("requirements/lines/", views.requirement_lines, name="requirement_lines"),
    path("requirements/<int:pk>/", views.requirement_detail, name="requirement_detail"),
    path("requirements/<int:pk>/edit/", views.requirement_edit, name="requirement_edit"),
    path("requirements/<int:pk>/submit/", views.requirement_submit, name="requirement_submit"),
    path("requirements/<int:pk>/withdraw/", views.requirement_withdraw, name="requirement_withdraw"),
    path("requirements/<int:pk>/void/", views.requirement_void, name="requirement_void"),
    path("requirements/<int:pk>/check/", views.requirement_check, name="requirement_check"),
]
