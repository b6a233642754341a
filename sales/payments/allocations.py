"""What of a payment settles which instalment, and the sums that follow; everything happens under the locks of holding.

`Instalment.received`, `Payment.allocated`, `Contract.received` and `Contract.overpaid` are counted anew from the rows,
never added up, so that they cannot drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.people.models import User
from sales.contracts.models import Instalment
from sales.documents.shown import money
from sales.money import ZERO
from sales.payments.holding import Account
from sales.payments.models import Allocation, Payment

Parts = Sequence[tuple[int, Decimal]]

# what an instalment received, and what a contract did: what settles its instalments, and what was paid for it and
# settles nothing yet
_COUNT = """
WITH parts AS (UPDATE sales_instalment i SET received = coalesce((SELECT sum(a.amount) FROM sales_allocation a
  WHERE a.instalment_id = i.id AND a.ended_at IS NULL), 0) WHERE i.id = ANY(%s)),
counted AS (SELECT c.id, c.total,
  coalesce((SELECT sum(a.amount) FROM sales_allocation a JOIN sales_instalment i ON i.id = a.instalment_id
            WHERE i.contract_id = c.id AND a.ended_at IS NULL), 0)
  + coalesce((SELECT sum(p.amount - p.allocated) FROM sales_payment p
              WHERE p.contract_id = c.id AND p.state = 'approved' AND p.reverses_id IS NULL), 0) AS received
  FROM sales_contract c WHERE c.id = ANY(%s))
UPDATE sales_contract c SET received = counted.received, overpaid = greatest(counted.received - counted.total, 0)
FROM counted WHERE counted.id = c.id
  AND (c.received, c.overpaid) IS DISTINCT FROM (counted.received, greatest(counted.received - counted.total, 0))
RETURNING c.id, c.received"""


def spread(
    amount: Decimal, wanted: Parts, parts: Sequence[Instalment], rooms: Mapping[int, Decimal]
) -> list[tuple[int, Decimal]]:
    """How an amount falls on open instalments: first as wanted, as far as they are open, then in their order.

    `rooms` is how much of a contract it may settle at most, where there is a limit.
    """
    left, taken = amount, dict.fromkeys((part.pk for part in parts), ZERO)
    known, room = {part.pk: part for part in parts}, dict(rooms)
    wishes = [(pk, wish) for pk, wish in wanted if pk in taken]
    for pk, wish in [*wishes, *((part.pk, part.amount) for part in parts)]:
        part = known[pk]
        share = min(left, wish, part.open_amount - taken[pk], room.get(part.contract_id, left))
        taken[pk] += share
        left -= share
        if part.contract_id in room:
            room[part.contract_id] -= share
    return [(pk, share) for pk, share in taken.items() if share > 0]


def settle(payment: Payment, parts: Parts, *, actor: User) -> None:
    """Write what of a payment settles which instalments."""
    Allocation.objects.bulk_create(
        Allocation(payment=payment, instalment_id=pk, amount=share, made_by=actor) for pk, share in parts
    )


def take_back(rows: Iterable[Allocation]) -> list[int]:
    """End allocations; the instalments they settled."""
    found = list(rows)
    Allocation.objects.filter(pk__in=[row.pk for row in found]).update(ended_at=timezone.now())
    return [row.instalment_id for row in found]


def allocated_now(payment: Payment) -> Decimal:
    """What of a payment settles instalments, from its rows."""
    return sum(payment.allocations.living().values_list("amount", flat=True), ZERO)


def count_again(account: Account, instalment_ids: Iterable[int], contract_ids: Iterable[int | None]) -> None:
    """Bring instalments, and their contracts with others named, up to date; the payment was saved before."""
    ids = sorted(set(instalment_ids))
    contracts = {account.instalments[pk].contract_id for pk in ids if pk in account.instalments}
    contracts |= {pk for pk in contract_ids if pk}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [ids, sorted(contracts)])
        for pk, received in cursor.fetchall():
            if pk in account.contracts:
                account.contracts[pk].received = received


def refuse_less_than_invoiced(account: Account) -> None:
    """ValidationError where a contract that is paid before it is invoiced would keep less than was invoiced."""
    for contract in account.contracts.values():
        invoiced = contract.invoiced + contract.applied
        if not contract.type.may_invoice_before_payment and contract.received < invoiced:
            raise ValidationError(
                _("%(amount)s of %(contract)s is invoiced already; so much of what was paid for it stays with it.")
                % {"amount": money(invoiced, contract.currency), "contract": contract},
                code="invoiced",
            )
