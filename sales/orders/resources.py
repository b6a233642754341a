"""The columns of orders in spreadsheets."""

from __future__ import annotations

from typing import Any

from django.db.models import DecimalField, F, Func, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Round
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
from sales.orders.models import Delivery, DeliveryLine, Order, OrderLine

_NUMBER: Any = DecimalField()


class OrderResource(SheetResource):
    """Orders, with what is delivered of them and what it is worth by the prices of the contract."""

    record = Order

    number = SheetField("number", _("Number"), TextWidget(32), readonly=True)
    state = SheetField("state", _("State"), ChoiceWidget(Order.State), readonly=True)
    customer = SheetField("customer_id", _("Customer"), TextWidget(200), path="customer__name", readonly=True)
    contract = SheetField("contract_id", _("Contract"), TextWidget(32), path="contract__number", readonly=True)
    currency = SheetField("currency", _("Currency"), TextWidget(3), path="contract__currency", readonly=True)
    amount = SheetField("amount", _("Amount with tax"), DecimalWidget(), readonly=True)
    ordered = SheetField("ordered", _("Quantity ordered"), DecimalWidget(), readonly=True)
    delivered = SheetField("delivered", _("Quantity delivered"), DecimalWidget(), readonly=True)
    accepted = SheetField("accepted", _("Quantity accepted"), DecimalWidget(), readonly=True)
    due_on = SheetField("due_on", _("Deliver until"), DayWidget(), readonly=True)
    owner = SheetField("owner_id", _("Owner"), TextWidget(60), path="owner__name", readonly=True)
    department = SheetField("department_id", _("Department"), TextWidget(60), path="department__name", readonly=True)
    remark = SheetField("remark", _("Remark"), TextWidget(500), readonly=True)
    created_at = SheetField("created_at", _("Created at"), MomentWidget(), readonly=True)

    @classmethod
    def prepared(cls, queryset: Any) -> Any:
        """The queryset with the sums over the lines of each order."""
        lines = OrderLine.objects.filter(document=OuterRef("pk"))
        accepted = DeliveryLine.objects.filter(delivery__order=OuterRef("pk"), delivery__state=Delivery.State.ACCEPTED)
        # a supplement may have taken a part of a line away: what is left counts by its share
        worth = Round(F("contract_line__gross") * F("quantity") / F("contract_line__quantity"), 2, output_field=_NUMBER)
        return queryset.annotate(
            amount=_sum(lines, "document", worth),
            ordered=_plain(_sum(lines, "document", F("quantity"))),
            delivered=_plain(_sum(lines, "document", F("delivered"))),
            accepted=_plain(_sum(accepted, "delivery__order", F("quantity"))),
        )


def _sum(rows: QuerySet[Any], order: str, value: Any) -> Coalesce:
    """The sum of a value over the rows that belong to one order; 0 where there are none."""
    sums = rows.order_by().values(order).annotate(whole=Sum(value)).values("whole")
    return Coalesce(Subquery(sums, output_field=_NUMBER), Value(0, output_field=_NUMBER), output_field=_NUMBER)


def _plain(quantity: Any) -> Func:
    """A quantity without zeros at its end."""
    return Func(quantity, function="trim_scale", output_field=_NUMBER)
