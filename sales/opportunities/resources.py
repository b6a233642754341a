"""The columns of opportunities in spreadsheets."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.custom import custom_sheet_fields
from crm.records.sheets import (
    ChoiceWidget,
    DayWidget,
    DecimalWidget,
    MomentWidget,
    SheetField,
    SheetResource,
    TextWidget,
    WholeNumberWidget,
)
from sales.opportunities.models import Opportunity


class OpportunityResource(SheetResource):
    """Talks about amounts; `seen_customer` is what the export names of the customer."""

    record = Opportunity

    number = SheetField("number", _("Number"), TextWidget(32), readonly=True)
    name = SheetField("name", pgettext_lazy("thing", "Name"), TextWidget(120), readonly=True)
    customer = SheetField("customer_id", _("Customer"), TextWidget(200), path="seen_customer", readonly=True)
    amount = SheetField("amount", _("Amount"), DecimalWidget(), readonly=True)
    currency = SheetField("currency", _("Currency"), TextWidget(3), readonly=True)
    stage = SheetField("stage_id", _("Stage"), TextWidget(60), path="stage__name", readonly=True)
    probability = SheetField("probability", _("Probability in percent"), WholeNumberWidget(), readonly=True)
    state = SheetField("state", _("State"), ChoiceWidget(Opportunity.State), readonly=True)
    expected_close_on = SheetField("expected_close_on", _("Expected close"), DayWidget(), readonly=True)
    owner = SheetField("owner_id", _("Owner"), TextWidget(60), path="owner__name", readonly=True)
    department = SheetField("department_id", _("Department"), TextWidget(60), path="department__name", readonly=True)
    loss_reason = SheetField("loss_reason_id", _("Loss reason"), TextWidget(60), path="loss_reason__name",
                             readonly=True)  # fmt: skip
    loss_note = SheetField("loss_note", _("What we learned"), TextWidget(500), readonly=True)
    closed_at = SheetField("closed_at", pgettext_lazy("document", "Closed"), MomentWidget(), readonly=True)
    created_at = SheetField("created_at", _("Created at"), MomentWidget(), readonly=True)

    @classmethod
    def columns(cls) -> dict[str, SheetField]:
        """The declared columns, and one for each custom field."""
        return {**super().columns(), **custom_sheet_fields("sales.Opportunity")}
