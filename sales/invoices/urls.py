"""Addresses of invoices, billing data and quotas."""

from django.urls import path

from crm.access.gate import needs
from sales.invoices import billing_views, verb_views, views
from sales.invoices.exports import invoice_export
from sales.invoices.lists import InvoiceListView

urlpatterns = [
    path("invoices/", needs("sales.view_invoice")(InvoiceListView.as_view()), name="invoice_list"),
    path("invoices/new/", views.invoice_add, name="invoice_add"),
    path("invoices/filter/", views.invoice_filter, name="invoice_filter"),
    path("invoices/export/", invoice_export, name="invoice_export"),
    path("invoices/quotas/", billing_views.quota_list, name="quota_list"),
    path("invoices/<int:pk>/", views.invoice_detail, name="invoice_detail"),
    path("invoices/<int:pk>/edit/", views.invoice_edit, name="invoice_edit"),
    path("invoices/<int:pk>/submit/", verb_views.invoice_submit, name="invoice_submit"),
    path("invoices/<int:pk>/withdraw/", verb_views.invoice_withdraw, name="invoice_withdraw"),
    path("invoices/<int:pk>/void/", verb_views.invoice_void, name="invoice_void"),
    path("invoices/<int:pk>/issue/", verb_views.invoice_issue, name="invoice_issue"),
    path("invoices/<int:pk>/order/", verb_views.invoice_order, name="invoice_order"),
    path("invoices/<int:pk>/sent/", verb_views.invoice_sent, name="invoice_sent"),
    path("billing/", billing_views.billing_list, name="billing_list"),
    path("billing/new/", billing_views.billing_add, name="billing_add"),
    path("billing/<int:pk>/edit/", billing_views.billing_edit, name="billing_edit"),
    path("billing/<int:pk>/archive/", billing_views.billing_archive, name="billing_archive"),
]
