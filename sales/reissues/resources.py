"""The columns of reissues in spreadsheets."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, FilteredRelation, Q, TextField, Value, When
from django.utils.translation import gettext, pgettext_lazy
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
from sales.invoices.models import Invoice, Reissue


class ExtentField(SheetField):
    """Whether the whole invoice or a part of it is taken back, in words."""

    def source(self) -> Any:
        """The word for the row."""
        whole = When(**{self.path: True}, then=Value(gettext("the whole invoice")))
        return Case(whole, default=Value(gettext("only part of it")), output_field=TextField())


class ReissueResource(SheetResource):
    """Requests to take invoices back, each with its red letter and the new invoice; amounts negative as in the list."""

    record = Reissue

    number = SheetField("number", _("Number"), TextWidget(32), readonly=True)
    state = SheetField("state", _("State"), ChoiceWidget(Reissue.State), readonly=True)
    customer = SheetField("customer_id", _("Customer"), TextWidget(200), path="customer__name", readonly=True)
    contract = SheetField("contract_id", _("Contract"), TextWidget(32), path="contract__number", readonly=True)
    invoice = SheetField(
        "invoice_id", _("Invoice taken back"), TextWidget(30), path="invoice__invoice_number", readonly=True
    )
    reason = SheetField("reason", _("Reason"), ChoiceWidget(Reissue.Reason), readonly=True)
    extent = ExtentField("is_full", _("How much"), TextWidget(40), readonly=True)
    currency = SheetField("currency", _("Currency"), TextWidget(3), readonly=True)
    net = SheetField("net", _("Without tax"), DecimalWidget(), path="taken_net", readonly=True)
    tax = SheetField("tax", _("Tax"), DecimalWidget(), path="taken_tax", readonly=True)
    gross = SheetField("gross", _("Taken back"), DecimalWidget(), path="taken_gross", readonly=True)
    confirmation = SheetField("confirmation", _("Confirmation form"), ChoiceWidget(Reissue.Confirmation), readonly=True)
    confirmation_number = SheetField(
        "confirmation_number", _("Number of the confirmation form"), TextWidget(40), readonly=True
    )
    red_number = SheetField("red", _("Red letter"), TextWidget(30), path="red__invoice_number", readonly=True)
    red_issued_on = SheetField("red", _("Red letter issued on"), DayWidget(), path="red__issued_on", readonly=True)
    new_number = SheetField("new", _("New invoice"), TextWidget(30), path="new__invoice_number", readonly=True)
    new_issued_on = SheetField("new", _("New invoice issued on"), DayWidget(), path="new__issued_on", readonly=True)
    owner = SheetField("owner_id", _("Owner"), TextWidget(60), path="owner__name", readonly=True)
    created_at = SheetField("created_at", _("Created at"), MomentWidget(), readonly=True)
    closed_at = SheetField("closed_at", pgettext_lazy("document", "Closed"), MomentWidget(), readonly=True)

    @classmethod
    def prepared(cls, queryset: Any) -> Any:
        """The queryset with the amounts taken back, the red letter as `red` and the issued new invoice as `new`."""
        return queryset.annotate(
            **{f"taken_{name}": -F(name) for name in ("net", "tax", "gross")},
            red=_issued(Invoice.Kind.RED),
            new=_issued(Invoice.Kind.BLUE),
        )


def _issued(kind: str) -> FilteredRelation:
    return FilteredRelation("invoices", condition=Q(invoices__kind=kind, invoices__state__in=Invoice.ISSUED_ONCE))
