"""The columns of requirements in spreadsheets."""

from __future__ import annotations

from typing import Any

from django.db.models import DecimalField, F, OuterRef, Subquery, Sum
from django.db.models.functions import Round
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
from sales.documents.models import DocumentState
from sales.requirements.models import Requirement, RequirementLine

_MONEY: Any = DecimalField()


class RequirementResource(SheetResource):
    """Requirements with the amount hoped for; `seen_customer` is what RequirementExport names of the customer."""

    record = Requirement

    number = SheetField("number", _("Number"), TextWidget(32), readonly=True)
    title = SheetField("title", _("Title"), TextWidget(120), readonly=True)
    state = SheetField("state", _("State"), ChoiceWidget(DocumentState), readonly=True)
    customer = SheetField("customer_id", _("Customer"), TextWidget(200), path="seen_customer", readonly=True)
    opportunity = SheetField(
        "opportunity_id", _("Opportunity"), TextWidget(120), path="opportunity__name", readonly=True
    )
    currency = SheetField("currency", _("Currency"), TextWidget(3), readonly=True)
    hoped_for = SheetField("hoped_for", _("What the customer hopes to pay"), DecimalWidget(), readonly=True)
    wanted_on = SheetField("wanted_on", _("Wanted on"), DayWidget(), readonly=True)
    check = SheetField("check_result", _("Technical check"), ChoiceWidget(Requirement.Check), readonly=True)
    owner = SheetField("owner_id", _("Owner"), TextWidget(60), path="owner__name", readonly=True)
    created_at = SheetField("created_at", _("Created at"), MomentWidget(), readonly=True)

    @classmethod
    def prepared(cls, queryset: Any) -> Any:
        """The queryset with `hoped_for`, as sales.requirements.lines.estimate; empty where no line says a price."""
        amount = Round(F("quantity") * F("target_price"), 2, output_field=_MONEY)
        lines = RequirementLine.objects.filter(document=OuterRef("pk")).order_by().values("document")
        return queryset.annotate(
            hoped_for=Subquery(lines.annotate(whole=Sum(amount)).values("whole"), output_field=_MONEY)
        )
