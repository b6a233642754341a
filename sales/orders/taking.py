"""What a supplement takes away of what is still to be delivered: the same product, else what goes by the same name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from sales.contracts.models import Contract, ContractLine
from sales.documents.shown import number_text
from sales.orders.following import cancel_order, settle_order
from sales.orders.models import Delivery, DeliveryLine, Order, OrderLine

NOTHING = Decimal(0)


def refuse_delivered(supplement: Contract) -> None:
    """ValidationError where a supplement takes away what was delivered or is planned to be."""
    _taken(supplement, _lines(_orders(supplement)))


def take_from_orders(supplement: Contract, *, actor: User) -> None:
    """Inside the signing of a supplement that takes away: the orders of its locked main contract shrink by it.

    What has no match in them (a lower price, for instance) takes money away only.
    """
    orders = list(_orders(supplement).select_for_update(of=("self",), no_key=True))
    lines = _lines(orders)
    for line, quantity in _taken(supplement, lines):
        line.quantity -= quantity
    changed = {line.document_id for line in lines if line.quantity != line.quantity_before}  # type: ignore[attr-defined]
    for order in orders:
        if order.pk in changed:
            _shrink(order, [line for line in lines if line.document_id == order.pk], supplement, actor)


def _shrink(order: Order, lines: Sequence[OrderLine], supplement: Contract, actor: User) -> None:
    reason = _("Supplement %(number)s") % {"number": supplement.number}
    with operation(actor, "order_changed", order, anchor_id=order.customer_id, reason=reason, is_part=True):
        OrderLine.objects.bulk_update(lines, ["quantity"])
        if any(line.quantity for line in lines):
            settle_order(order, actor=actor, day=supplement.signed_on or timezone.localdate())
        else:
            cancel_order(order, actor=actor)


def _orders(supplement: Contract) -> QuerySet[Order]:
    rows = Order.objects.filter(contract=supplement.main_id).exclude(state=Order.State.CANCELLED)
    return rows.order_by("pk")


def _lines(orders: Iterable[Order]) -> list[OrderLine]:
    """The lines of these orders, the newest first: what came last is taken away first."""
    rows = OrderLine.objects.filter(document__in=orders).select_related("contract_line")
    lines = list(rows.order_by("-document_id", "-position"))
    for line in lines:
        line.quantity_before = line.quantity  # type: ignore[attr-defined]
    return lines


def _taken(supplement: Contract, lines: Sequence[OrderLine]) -> list[tuple[OrderLine, Decimal]]:
    """How much of which line a supplement takes away; ValidationError where that is not open any more."""
    goes = DeliveryLine.objects.filter(
        order_line__in=lines, delivery__state__in=(Delivery.State.PLANNED, *Delivery.GONE)
    )
    gone = dict(goes.values_list("order_line").annotate(sum=Sum("quantity")))
    free = {line.pk: line.quantity - gone.get(line.pk, NOTHING) for line in lines}
    taken: list[tuple[OrderLine, Decimal]] = []
    wrong = []
    for asked in supplement.lines.all():
        matching = [line for line in lines if _is_same(line.contract_line, asked)]
        left, whole = asked.quantity, sum((free[line.pk] for line in matching), NOTHING)
        if matching and left > whole:
            wrong.append(_refusal(asked, whole))
        for line in matching:
            share = min(left, free[line.pk])
            free[line.pk] -= share
            left -= share
            if share:
                taken.append((line, share))
    if wrong:
        raise ValidationError(wrong, code="delivered")
    return taken


def _is_same(ordered: ContractLine, asked: ContractLine) -> bool:
    if asked.product_id or ordered.product_id:
        return asked.product_id == ordered.product_id
    return (asked.name, asked.unit) == (ordered.name, ordered.unit)


def _refusal(asked: ContractLine, whole: Decimal) -> str:
    words = {"name": asked.name, "open": f"{number_text(whole)} {asked.unit}".strip()}
    return (
        _(
            "Only %(open)s of “%(name)s” can be taken away: the rest is delivered or planned to be. "
            "Cancel the planned delivery, or write a line of its own for a lower price."
        )
        % words
    )
