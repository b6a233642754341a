"""Addresses of contracts."""

from django.urls import path

from crm.access.gate import needs
from sales.contracts import verb_views, views
from sales.contracts.exports import contract_export
from sales.contracts.lists import ContractListView

urlpatterns = [
    path("contracts/", needs("sales.view_contract")(ContractListView.as_view()), name="contract_list"),
    path("contracts/new/", views.contract_add, name="contract_add"),
    path("contracts/filter/", views.contract_filter, name="contract_filter"),
    path("contracts/export/", contract_export, name="contract_export"),
    path("contracts/<int:pk>/", views.contract_detail, name="contract_detail"),
    path("contracts/<int:pk>/edit/", views.contract_edit, name="contract_edit"),
    path("contracts/<int:pk>/instalments/edit/", views.contract_instalments, name="contract_instalments"),
    path("contracts/<int:pk>/supplement/", views.contract_supplement, name="contract_supplement"),
    path("contracts/<int:pk>/totals/", views.contract_totals, name="contract_totals"),
    path("contracts/<int:pk>/submit/", verb_views.contract_submit, name="contract_submit"),
    path("contracts/<int:pk>/withdraw/", verb_views.contract_withdraw, name="contract_withdraw"),
    path("contracts/<int:pk>/revise/", verb_views.contract_revise, name="contract_revise"),
    path("contracts/<int:pk>/void/", verb_views.contract_void, name="contract_void"),
    path("contracts/<int:pk>/sign/", verb_views.contract_sign, name="contract_sign"),
    path("contracts/<int:pk>/suspend/", verb_views.contract_suspend, name="contract_suspend"),
    path("contracts/<int:pk>/resume/", verb_views.contract_resume, name="contract_resume"),
    path("contracts/<int:pk>/terminate/", verb_views.contract_terminate, name="contract_terminate"),
    path("contracts/<int:pk>/close/", verb_views.contract_close, name="contract_close"),
]
