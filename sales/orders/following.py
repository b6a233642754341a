"""The state of an order follows from its deliveries and from its contract; milestones follow from the state."""

from __future__ import annotations

from datetime import date

from django.db.models import F, QuerySet
from django.utils import timezone

from crm.people.models import User
from sales.contracts.models import Contract, Instalment
from sales.contracts.planning import reach_milestone, unreach_milestone
from sales.orders.models import Delivery, Order

_FULL = (Order.State.DELIVERED, Order.State.ACCEPTED)
_AT_REST = (Order.State.HELD, Order.State.CANCELLED)


def settle_order(order: Order, *, actor: User | None, day: date) -> Order:
    """Give a locked order the state its deliveries say, and its contract the milestones it reached on a day."""
    if order.state in _AT_REST:
        return order
    _save(order, _state_of(order), actor)
    follow_milestones(order.contract_id, day)
    return order


def follow_milestones(contract_id: int, day: date) -> None:
    """Reach or take back the milestones of a locked contract, as its orders stand."""
    states = set(
        Order.objects.filter(contract_id=contract_id).exclude(state="cancelled").values_list("state", flat=True)
    )
    _milestone(contract_id, Instalment.Basis.DELIVERY, bool(states) and states <= set(_FULL), day)
    _milestone(contract_id, Instalment.Basis.ACCEPTANCE, states == {Order.State.ACCEPTED}, day)


def hold_orders(contract: Contract, *, actor: User) -> None:
    """Let the orders of a contract rest that are not through yet."""
    for order in _orders(contract).exclude(state__in=(*_AT_REST, Order.State.ACCEPTED)):
        _save(order, Order.State.HELD, actor)


def release_orders(contract: Contract, *, actor: User) -> None:
    """Let resting orders of a contract go on."""
    for order in _orders(contract).filter(state=Order.State.HELD):
        _save(order, _state_of(order), actor)


def cancel_orders(contract: Contract, *, actor: User) -> None:
    """Cancel what was not delivered: planned deliveries, and orders that are not accepted in full."""
    planned = Delivery.objects.filter(order__contract=contract, state=Delivery.State.PLANNED)
    planned.update(state=Delivery.State.CANCELLED)
    for order in _orders(contract).exclude(state__in=(Order.State.ACCEPTED, Order.State.CANCELLED)):
        _save(order, Order.State.CANCELLED, actor)


def cancel_order(order: Order, *, actor: User) -> None:
    """Cancel a locked order of which nothing is left; milestones of its contract follow."""
    _save(order, Order.State.CANCELLED, actor)
    follow_milestones(order.contract_id, timezone.localdate())


def _orders(contract: Contract) -> QuerySet[Order]:
    return Order.objects.select_for_update(of=("self",), no_key=True).filter(contract=contract).order_by("pk")


def _state_of(order: Order) -> str:
    lines = order.lines.all()
    if lines.filter(delivered__lt=F("quantity")).exists():
        return Order.State.PART if lines.filter(delivered__gt=0).exists() else Order.State.OPEN
    waiting = order.deliveries.filter(state=Delivery.State.DELIVERED)
    return Order.State.DELIVERED if waiting.exists() else Order.State.ACCEPTED


def _milestone(contract_id: int, basis: str, is_reached: bool, day: date) -> None:
    if is_reached:
        reach_milestone(contract_id, basis, day)
    else:
        unreach_milestone(contract_id, basis)


def _save(order: Order, state: str, actor: User | None) -> None:
    if order.state != state:
        order.state, order.changed_at, order.changed_by = state, timezone.now(), actor
        order.save(update_fields=["state", "changed_at", "changed_by"])
