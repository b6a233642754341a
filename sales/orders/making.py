"""Where orders come from: what a signed contract or supplement promises to deliver."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from crm.history.operations import operation
from crm.people.models import User
from crm.records.numbering import next_numbers
from sales.contracts.models import Contract, ContractLine
from sales.documents.holding import next_id
from sales.orders.models import Order, OrderLine


def delivered_lines(contract: Contract) -> QuerySet[ContractLine]:
    """The lines of a contract that are delivered: those of products that are, and those typed freely."""
    return contract.lines.filter(Q(product=None) | Q(product__is_delivered=True)).order_by("position")


def open_order(contract: Contract, *, actor: User) -> Order | None:
    """Open the order of a contract that is being signed; of a supplement that adds, one more for its main contract.

    None where nothing is delivered.
    """
    lines = list(delivered_lines(contract))
    if not lines or contract.direction == Contract.Direction.TAKES:
        return None
    days = [line.delivered_on for line in lines if line.delivered_on]
    main = contract.main or contract
    order = Order(
        pk=next_id(Order), number=next_numbers("order")[0], contract=main, customer_id=contract.customer_id,
        owner_id=contract.owner_id, department_id=contract.department_id, created_by=actor, changed_by=actor,
        due_on=max(days, default=None),
        state=Order.State.HELD if main.state == Contract.State.SUSPENDED else Order.State.OPEN,
    )  # fmt: skip
    with operation(actor, "order_opened", order, anchor_id=order.customer_id):
        order.save(force_insert=True)
        OrderLine.objects.bulk_create(
            OrderLine(
                document=order, contract_line=line, position=line.position, code=line.code, name=line.name,
                unit=line.unit, quantity=line.quantity, due_on=line.delivered_on,
            )
            for line in lines
        )  # fmt: skip
    return order
