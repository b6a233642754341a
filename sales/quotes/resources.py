"""The columns of quotes in spreadsheets; company secrets are no columns."""

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
from sales.quotes.models import Quote


class QuoteResource(SheetResource):
    """Quotes with their sums; `seen_customer` is what QuoteExport names of the customer."""

    record = Quote

    number = SheetField("number", _("Number"), TextWidget(32), readonly=True)
    title = SheetField("title", _("Title"), TextWidget(120), readonly=True)
    state = SheetField("state", _("State"), ChoiceWidget(Quote.State), readonly=True)
    customer = SheetField("customer_id", _("Customer"), TextWidget(200), path="seen_customer", readonly=True)
    opportunity = SheetField(
        "opportunity_id", _("Opportunity"), TextWidget(120), path="opportunity__name", readonly=True
    )
    owner = SheetField("owner_id", _("Owner"), TextWidget(60), path="owner__name", readonly=True)
    currency = SheetField("currency", _("Currency"), TextWidget(3), readonly=True)
    net = SheetField("net", _("Without tax"), DecimalWidget(), readonly=True)
    tax = SheetField("tax", _("Tax"), DecimalWidget(), readonly=True)
    gross = SheetField("gross", _("Total with tax"), DecimalWidget(), readonly=True)
    issued_on = SheetField("issued_on", _("Date of the quote"), DayWidget(), readonly=True)
    valid_until = SheetField("valid_until", _("Valid until"), DayWidget(), readonly=True)
    payment_terms = SheetField("payment_terms", _("Payment terms"), TextWidget(300), readonly=True)
    sent_at = SheetField("sent_at", _("Sent at"), MomentWidget(), readonly=True)
    answered_at = SheetField("answered_at", _("Answered at"), MomentWidget(), readonly=True)
    created_at = SheetField("created_at", _("Created at"), MomentWidget(), readonly=True)
