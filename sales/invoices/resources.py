"""The columns of invoices in spreadsheets."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.sheets import (
    ChoiceWidget,
    DayWidget,
    DecimalWidget,
    MomentWidget,
    SheetField,
    SheetResource,
    TextWidget,
)
from sales.invoices.models import Invoice, InvoiceType


class InvoiceResource(SheetResource):
    """Applications, invoices and red letters."""

    record = Invoice

    number = SheetField("number", _("Number"), TextWidget(32), readonly=True)
    kind = SheetField("kind", pgettext_lazy("invoice", "Kind"), ChoiceWidget(Invoice.Kind), readonly=True)
    type = SheetField("type", _("Type"), ChoiceWidget(InvoiceType), readonly=True)
    state = SheetField("state", _("State"), ChoiceWidget(Invoice.State), readonly=True)
    invoice_number = SheetField("invoice_number", _("Invoice number"), TextWidget(30), readonly=True)
    issued_on = SheetField("issued_on", _("Issued on"), DayWidget(), readonly=True)
    customer = SheetField("customer_id", _("Customer"), TextWidget(200), path="customer__name", readonly=True)
    contract = SheetField("contract_id", _("Contract"), TextWidget(32), path="contract__number", readonly=True)
    owner = SheetField("owner_id", _("Owner"), TextWidget(60), path="owner__name", readonly=True)
    currency = SheetField("currency", _("Currency"), TextWidget(3), readonly=True)
    net = SheetField("net", _("Without tax"), DecimalWidget(), readonly=True)
    tax = SheetField("tax", _("Tax"), DecimalWidget(), readonly=True)
    gross = SheetField("gross", _("Total with tax"), DecimalWidget(), readonly=True)
    red_gross = SheetField("red_gross", _("Taken back"), DecimalWidget(), readonly=True)
    sent_at = SheetField("sent_at", _("Sent to the customer"), MomentWidget(), readonly=True)
    created_at = SheetField("created_at", _("Created at"), MomentWidget(), readonly=True)
