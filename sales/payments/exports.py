"""The export of payments."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.records.export_views import export_page
from crm.records.sheets import (
    ChoiceWidget,
    DayWidget,
    DecimalWidget,
    MomentWidget,
    SheetField,
    SheetResource,
    TextWidget,
)
from sales.documents.exporting import SalesExport, told_names
from sales.payments.filters import PaymentFilter
from sales.payments.models import Payment

RIGHT, DETAILS_RIGHT = "sales.export_payment", "customers.export_contact_details"


class PaymentResource(SheetResource):
    """Payments and reversals."""

    record = Payment

    number = SheetField("number", _("Number"), TextWidget(32), readonly=True)
    state = SheetField("state", _("State"), ChoiceWidget(Payment.State), readonly=True)
    customer = SheetField("customer_id", _("Customer"), TextWidget(200), path="customer__name", readonly=True)
    contract = SheetField("contract_id", _("Contract"), TextWidget(32), path="contract__number", readonly=True)
    currency = SheetField("currency", _("Currency"), TextWidget(3), readonly=True)
    amount = SheetField("amount", _("Amount"), DecimalWidget(), readonly=True)
    allocated = SheetField("allocated", _("Allocated"), DecimalWidget(), readonly=True)
    method = SheetField("method", _("Method"), ChoiceWidget(Payment.Method), readonly=True)
    paid_on = SheetField("paid_on", _("Paid on"), DayWidget(), readonly=True)
    payer_name = SheetField("payer_name", _("Payer"), TextWidget(120), readonly=True)
    reference = SheetField("reference", _("Bank reference"), TextWidget(80), readonly=True)
    reverses = SheetField("reverses_id", _("Reverses"), TextWidget(32), path="reverses__number", readonly=True)
    owner = SheetField("owner_id", _("Owner"), TextWidget(60), path="owner__name", readonly=True)
    confirmed_by = SheetField(
        "confirmed_by_id", _("Confirmed by"), TextWidget(60), path="confirmed_by__name", readonly=True
    )
    approved_at = SheetField("approved_at", _("Confirmed at"), MomentWidget(), readonly=True)
    created_at = SheetField("created_at", _("Created at"), MomentWidget(), readonly=True)


EXPORT = SalesExport(_("Payments"), PaymentResource, PaymentFilter, RIGHT, DETAILS_RIGHT, look_up=told_names)


@needs(RIGHT)
def payment_export(request: SignedInRequest) -> HttpResponse:
    return export_page(request, "sales.Payment", reverse("sales:payment_list"))
