"""The columns of contracts in spreadsheets."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.records.sheets import (
    ChoiceWidget,
    DayWidget,
    DecimalWidget,
    MomentWidget,
    SheetField,
    SheetResource,
    TextWidget,
)
from sales.contracts.models import Contract


class ContractResource(SheetResource):
    """Contracts and supplements with their sums."""

    record = Contract

    number = SheetField("number", _("Number"), TextWidget(32), readonly=True)
    title = SheetField("title", _("Title"), TextWidget(120), readonly=True)
    state = SheetField("state", _("State"), ChoiceWidget(Contract.State), readonly=True)
    customer = SheetField("customer_id", _("Customer"), TextWidget(200), path="customer__name", readonly=True)
    main = SheetField("main_id", _("Main contract"), TextWidget(32), path="main__number", readonly=True)
    type = SheetField("type_id", _("Type"), TextWidget(60), path="type__name", readonly=True)
    owner = SheetField("owner_id", _("Owner"), TextWidget(60), path="owner__name", readonly=True)
    currency = SheetField("currency", _("Currency"), TextWidget(3), readonly=True)
    net = SheetField("net", _("Without tax"), DecimalWidget(), readonly=True)
    tax = SheetField("tax", _("Tax"), DecimalWidget(), readonly=True)
    gross = SheetField("gross", _("Total with tax"), DecimalWidget(), readonly=True)
    total = SheetField("total", _("With supplements"), DecimalWidget(), readonly=True)
    received = SheetField("received", _("Received"), DecimalWidget(), readonly=True)
    invoiced = SheetField("invoiced", _("Invoiced"), DecimalWidget(), readonly=True)
    signed_on = SheetField("signed_on", _("Signed on"), DayWidget(), readonly=True)
    starts_on = SheetField("starts_on", _("Starts on"), DayWidget(), readonly=True)
    ends_on = SheetField("ends_on", _("Ends on"), DayWidget(), readonly=True)
    created_at = SheetField("created_at", _("Created at"), MomentWidget(), readonly=True)
