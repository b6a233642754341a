"""Where orders come from: what a signed contract or supplement promises to deliver."""

from __future__ import annotations

from crm.history.operations import operation
from crm.people.models import User
from crm.records.numbering import next_numbered
from sales.contracts.models import Contract, ContractLine
from sales.orders.models import Order, OrderLine


def delivers(contract: Contract) -> bool:
    """Whether something of a contract is delivered: products that are, or what was typed freely."""
    return any(_is_delivered(line) for line in contract.lines.all())


def _is_delivered(line: ContractLine) -> bool:
    return line.product is None or line.product.is_delivered


def open_order(contract: Contract, *, actor: User) -> Order | None:
    """Open the order of a contract that is being signed; of a supplement that adds, one more for its main contract.

    None where nothing is delivered.
    """
    lines = [line for line in contract.lines.all() if _is_delivered(line)]
    if not lines or contract.direction == Contract.Direction.TAKES:
        return None
    days = [line.delivered_on for line in lines if line.delivered_on]
    main = contract.main or contract
    pk, number = next_numbered("order", Order)
    order = Order(
        pk=pk, number=number, contract=main, customer_id=contract.customer_id,
        owner_id=contract.owner_id, department_id=contract.department_id, created_by=actor, changed_by=actor,
        due_on=max(days, default=None),
        state=Order.State.HELD if main.state == Contract.State.SUSPENDED else Order.State.OPEN,
    )  # fmt: skip
    with operation(actor, "order_opened", order, anchor_id=order.customer_id, is_part=True):
        order.save(force_insert=True)
        OrderLine.objects.bulk_create(
            OrderLine(
                document=order, contract_line=line, position=line.position, code=line.code, name=line.name,
                unit=line.unit, quantity=line.quantity, due_on=line.delivered_on,
            )
            for line in lines
        )  # fmt: skip
    return order
