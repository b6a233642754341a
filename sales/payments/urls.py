"""Addresses of payments, bank lines and receivables."""

from django.urls import path

from crm.access.gate import needs
from sales.payments import bank_views, verb_views, views
from sales.payments.exports import payment_export
from sales.payments.lists import BankLineListView, PaymentListView
from sales.payments.receivables import views as receivable_views
from sales.payments.receivables.exports import receivable_export

_LINES = "payments/bank-lines/"

urlpatterns = [
    path("payments/", needs("sales.view_payment")(PaymentListView.as_view()), name="payment_list"),
    path("payments/new/", views.payment_add, name="payment_add"),
    path("payments/filter/", views.payment_filter, name="payment_filter"),
    path("payments/export/", payment_export, name="payment_export"),
    path("payments/confirm/", verb_views.payments_confirm, name="payments_confirm"),
    path(_LINES, needs("sales.import_bank_line")(BankLineListView.as_view()), name="bank_line_list"),
    path(f"{_LINES}import/", bank_views.bank_line_import, name="bank_line_import"),
    path(f"{_LINES}filter/", bank_views.bank_line_filter, name="bank_line_filter"),
    path(f"{_LINES}ignore/", bank_views.bank_lines_ignore, name="bank_lines_ignore"),
    path(f"{_LINES}statements/<int:pk>/", bank_views.bank_line_statement, name="bank_line_statement"),
    path(f"{_LINES}<int:pk>/", bank_views.bank_line_detail, name="bank_line_detail"),
    path(f"{_LINES}<int:pk>/match/", bank_views.bank_line_match, name="bank_line_match"),
    path(f"{_LINES}<int:pk>/book/", bank_views.bank_line_book, name="bank_line_book"),
    path(f"{_LINES}<int:pk>/ignore/", bank_views.bank_line_ignore, name="bank_line_ignore"),
    path(f"{_LINES}<int:pk>/release/", bank_views.bank_line_release, name="bank_line_release"),
    path(f"{_LINES}<int:pk>/reopen/", bank_views.bank_line_reopen, name="bank_line_reopen"),
    path("payments/allocations/<int:pk>/release/", verb_views.allocation_release, name="allocation_release"),
    path("payments/<int:pk>/", views.payment_detail, name="payment_detail"),
    path("payments/<int:pk>/edit/", views.payment_edit, name="payment_edit"),
    path("payments/<int:pk>/submit/", verb_views.payment_submit, name="payment_submit"),
    path("payments/<int:pk>/withdraw/", verb_views.payment_withdraw, name="payment_withdraw"),
    path("payments/<int:pk>/void/", verb_views.payment_void, name="payment_void"),
    path("payments/<int:pk>/allocate/", verb_views.payment_allocate, name="payment_allocate"),
    path("payments/<int:pk>/reverse/", verb_views.payment_reverse, name="payment_reverse"),
    path("payments/<int:pk>/confirm-reversal/", verb_views.payment_confirm_reversal, name="payment_confirm_reversal"),
    path("payments/<int:pk>/refuse-reversal/", verb_views.payment_refuse_reversal, name="payment_refuse_reversal"),
    path(
        "receivables/",
        needs("sales.view_payment")(receivable_views.ReceivableListView.as_view()),
        name="receivable_list",
    ),
    path("receivables/filter/", receivable_views.receivable_filter, name="receivable_filter"),
    path("receivables/ageing/", receivable_views.receivable_ageing, name="receivable_ageing"),
    path("receivables/export/", receivable_export, name="receivable_export"),
]
