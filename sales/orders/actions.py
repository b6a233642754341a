"""What can be done with orders and deliveries; the contract is locked first, then the order, then the delivery."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.records.numbering import next_numbers
from customers.customers.identity import clean_line
from sales.contracts.holding import hold_contract
from sales.documents.holding import next_id
from sales.links.actions import end_links, use_link
from sales.links.models import CustomerLink
from sales.orders.following import settle_order
from sales.orders.models import Delivery, DeliveryLine, Order, OrderLine

ON_THE_WAY = ("planned_on", "carrier", "tracking_number", "place", "remark")
Quantities = Mapping[int, Decimal]


def change_order(order: Order, *, actor: User, due_on: date | None, remark: str) -> Order:
    """Change until when an order is delivered, and what is said about it."""
    with operation(actor, "order_changed", order, anchor_id=order.customer_id):
        locked = hold_order(order)
        locked.due_on, locked.remark = due_on, clean_line(remark)[:500]
        locked.changed_at, locked.changed_by = timezone.now(), actor
        locked.save(update_fields=["due_on", "remark", "changed_at", "changed_by"])
    return locked


def plan_delivery(order: Order, *, actor: User, quantities: Quantities, values: Mapping[str, Any]) -> Delivery:
    """Plan a delivery of some lines of an order: {line id: quantity}, at most what no other delivery takes."""
    delivery = Delivery(pk=next_id(Delivery), order=order, created_by=actor)
    with operation(actor, "delivery_planned", delivery, anchor_id=order.customer_id):
        locked = hold_order(order)
        _refuse_at_rest(locked)
        _set(delivery, values)
        delivery.number = next_numbers("delivery")[0]
        delivery.save(force_insert=True)
        _keep_lines(delivery, locked, quantities)
    return delivery


def change_delivery(delivery: Delivery, *, actor: User, quantities: Quantities, values: Mapping[str, Any]) -> Delivery:
    """Change a planned delivery."""
    with operation(actor, "delivery_changed", delivery, anchor_id=delivery.order.customer_id):
        order = hold_order(delivery.order)
        _refuse_at_rest(order)
        locked = hold_delivery(delivery, Delivery.State.PLANNED)
        _set(locked, values)
        locked.save()
        _keep_lines(locked, order, quantities)
    return locked


def record_delivered(
    delivery: Delivery, *, actor: User, delivered_on: date, quantities: Quantities | None = None,
    carrier: str = "", tracking_number: str = "",
) -> Delivery:  # fmt: skip
    """Record that a planned delivery left the house, with what was really in it (as planned without `quantities`)."""
    with operation(actor, "delivery_delivered", delivery, anchor_id=delivery.order.customer_id):
        order = hold_order(delivery.order)
        _refuse_at_rest(order)
        locked = hold_delivery(delivery, Delivery.State.PLANNED)
        signed_on = order.contract.signed_on
        if delivered_on > timezone.localdate() or (signed_on and delivered_on < signed_on):
            raise ValidationError({"delivered_on": _("Choose a day between signing and today.")})
        if quantities is not None:
            _keep_lines(locked, order, quantities)
        locked.state, locked.delivered_on = Delivery.State.DELIVERED, delivered_on
        locked.carrier = clean_line(carrier)[:60] or locked.carrier
        locked.tracking_number = clean_line(tracking_number)[:60] or locked.tracking_number
        locked.save()
        _count_delivered(order)
        settle_order(order, actor=actor, day=delivered_on)
    return locked


def cancel_delivery(delivery: Delivery, *, actor: User, reason: str) -> Delivery:
    """Cancel a delivery that is planned, or one that came back unanswered; its quantities are open again."""
    with operation(actor, "delivery_cancelled", delivery, anchor_id=delivery.order.customer_id, reason=reason):
        order = hold_order(delivery.order)
        locked = hold_delivery(delivery, Delivery.State.PLANNED, Delivery.State.DELIVERED)
        if not clean_line(reason):
            raise ValidationError({"reason": _("Write a reason.")})
        locked.state = Delivery.State.CANCELLED
        locked.save(update_fields=["state"])
        end_links(locked)
        _count_delivered(order)
        settle_order(order, actor=actor, day=timezone.localdate())
    return locked


def answer_delivery(
    delivery: Delivery, *, actor: User | None, is_accepted: bool, name: str, note: str, address: str | None,
    link: CustomerLink | None = None,
) -> Delivery:  # fmt: skip
    """Record that the customer accepted a delivery or refused it, by a link of theirs or through us.

    What was refused is open again. ValidationError with code `over` where the link ended meanwhile.
    """
    via = "" if actor else "link"
    verb = "delivery_accepted" if is_accepted else "delivery_refused"
    with operation(actor, verb, delivery, anchor_id=delivery.order.customer_id, reason=note, via=via):
        order = hold_order(delivery.order)
        locked = hold_delivery(delivery, Delivery.State.DELIVERED)
        if link is not None:
            use_link(link)
        locked.state = Delivery.State.ACCEPTED if is_accepted else Delivery.State.REFUSED
        locked.answered_at, locked.answered_by = timezone.now(), name
        locked.answer_note, locked.answer_address = note, address
        locked.save()
        end_links(locked)
        _count_delivered(order)
        settle_order(order, actor=actor, day=timezone.localdate())
    return locked


def open_quantities(order: Order, *, besides: Delivery | None = None) -> dict[int, Decimal]:
    """What of each line no delivery (but `besides`) takes yet."""
    rows = DeliveryLine.objects.filter(order_line__document=order)
    taking = rows.filter(delivery__state__in=(Delivery.State.PLANNED, *Delivery.GONE))
    if besides is not None:
        taking = taking.exclude(delivery=besides)
    taken = dict(taking.values_list("order_line").annotate(sum=Sum("quantity")))
    return {line.pk: line.quantity - taken.get(line.pk, Decimal(0)) for line in order.lines.all()}


def hold_order(order: Order) -> Order:
    """An order, locked after its contract."""
    contract_id = Order.objects.filter(pk=order.pk).values_list("contract_id", flat=True).get()
    contract = hold_contract(contract_id)
    locked = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)
    locked.contract = contract
    return locked


def hold_delivery(delivery: Delivery, *states: str) -> Delivery:
    """A delivery, locked after its order; ValidationError where it is in none of these states."""
    locked = Delivery.objects.select_for_update(of=("self",), no_key=True).select_related("order").get(pk=delivery.pk)
    if locked.state not in states:
        raise ValidationError(
            _("%(name)s is %(state)s: this cannot be done now.")
            % {"name": locked, "state": locked.get_state_display()},
            code="state",
        )
    return locked


def _refuse_at_rest(order: Order) -> None:
    if order.state in (Order.State.HELD, Order.State.CANCELLED):
        raise ValidationError(
            _("%(name)s is %(state)s: nothing is delivered now.") % {"name": order, "state": order.get_state_display()},
            code="at_rest",
        )


def _set(delivery: Delivery, values: Mapping[str, Any]) -> None:
    if unknown := set(values) - set(ON_THE_WAY):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    for name, value in values.items():
        setattr(delivery, name, value if name == "planned_on" else clean_line(value or ""))
    delivery.clean_fields(exclude=[one.name for one in Delivery._meta.fields if one.name not in ON_THE_WAY])


def _keep_lines(delivery: Delivery, order: Order, quantities: Quantities) -> None:
    free = open_quantities(order, besides=delivery)
    wanted = {pk: quantity for pk, quantity in quantities.items() if quantity}
    if foreign := set(wanted) - set(free):
        raise ValidationError({f"line_{pk}": _("This line is not one of this order.") for pk in foreign})
    if not wanted:
        raise ValidationError(_("Choose what is delivered."), code="nothing")
    wrong = {
        f"line_{pk}": _("Between 0 and %(open)s.") % {"open": f"{free[pk].normalize():f}"}
        for pk, quantity in wanted.items()
        if not quantity.is_finite() or not 0 < quantity <= free[pk]
    }
    if wrong:
        raise ValidationError(wrong)
    delivery.lines.all().delete()
    DeliveryLine.objects.bulk_create(
        DeliveryLine(delivery=delivery, order_line_id=pk, quantity=quantity) for pk, quantity in wanted.items()
    )


def _count_delivered(order: Order) -> None:
    """`delivered` of each line is the sum of the deliveries that left the house and did not come back."""
    gone = DeliveryLine.objects.filter(order_line__document=order, delivery__state__in=Delivery.GONE)
    sums = dict(gone.values_list("order_line").annotate(sum=Sum("quantity")))
    lines = list(order.lines.select_for_update(no_key=True).order_by("pk"))
    for line in lines:
        line.delivered = sums.get(line.pk, Decimal(0))
    OrderLine.objects.bulk_update(lines, ["delivered"])
