"""Where customers stand: contracted, due, paid, invoiced, open; the same figures on every page and in every report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from sales.contracts.models import Contract
from sales.money import ZERO

_SIGNED = list(Contract.SIGNED_ONCE)
_BALANCES = """
WITH agreed AS (
  SELECT c.customer_id, c.currency, sum(c.total) AS contracted, sum(c.invoiced) AS invoiced
  FROM sales_contract c WHERE c.customer_id = ANY(%(ids)s) AND c.state = ANY(%(signed)s) AND c.main_id IS NULL
    AND (%(contracts)s::bigint[] IS NULL OR c.id = ANY(%(contracts)s::bigint[]))
  GROUP BY 1, 2
), parts AS (
  SELECT c.customer_id, c.currency, sum(i.amount) FILTER (WHERE i.due_on <= %(day)s) AS due,
    sum(i.amount - i.received) FILTER (WHERE c.state = ANY(%(running)s)) AS open,
    sum(i.amount - i.received) FILTER (WHERE c.state = ANY(%(running)s) AND i.due_on < %(day)s) AS overdue
  FROM sales_instalment i JOIN sales_contract c ON c.id = i.contract_id
  WHERE c.customer_id = ANY(%(ids)s) AND c.state = ANY(%(signed)s) AND i.voided_at IS NULL
    AND (%(contracts)s::bigint[] IS NULL OR c.id = ANY(%(contracts)s::bigint[]))
  GROUP BY 1, 2
), money AS (
  SELECT customer_id, currency, sum(amount) AS paid, sum(amount - allocated) AS prepaid
  FROM sales_payment WHERE customer_id = ANY(%(ids)s) AND state = 'approved' AND reverses_id IS NULL
    AND (%(payments)s::bigint[] IS NULL OR id = ANY(%(payments)s::bigint[]))
  GROUP BY 1, 2
)
SELECT customer_id, currency, contracted, due, paid, invoiced, open, overdue, prepaid
FROM agreed FULL JOIN parts USING (customer_id, currency) FULL JOIN money USING (customer_id, currency)
ORDER BY customer_id, currency"""


@dataclass(frozen=True)
class Balance:
    """Where one customer stands in one currency.

    `due` is what instalments up to and with the day ask for, `open` what running contracts still ask for, `overdue` the
    part of it whose day is over, `prepaid` confirmed money that settles nothing yet.
    """

    customer_id: int
    currency: str
    contracted: Decimal = ZERO
    due: Decimal = ZERO
    paid: Decimal = ZERO
    invoiced: Decimal = ZERO
    open: Decimal = ZERO
    overdue: Decimal = ZERO
    prepaid: Decimal = ZERO

    @property
    def receivable(self) -> Decimal:
        """What was contracted and not paid (invariant 32); below nothing where more was paid."""
        return self.contracted - self.paid

    @property
    def paid_not_invoiced(self) -> Decimal:
        """What was paid and is not invoiced yet."""
        return max(self.paid - self.invoiced, ZERO)

    @property
    def invoiced_not_paid(self) -> Decimal:
        """What was invoiced and is not paid yet."""
        return max(self.invoiced - self.paid, ZERO)


def balance_of(
    customer_ids: Iterable[int],
    day: date | None = None,
    *,
    contracts: Sequence[int] | None = None,
    payments: Sequence[int] | None = None,
) -> dict[int, list[Balance]]:
    """The balances of customers by id, one for each currency they deal in. One query; the caller minds the reach.

    Only these contracts and payments count where they are given (by id).
    """
    ids = sorted(set(customer_ids))
    found: dict[int, list[Balance]] = {pk: [] for pk in ids}
    with connection.cursor() as cursor:
        cursor.execute(
            _BALANCES,
            {
                "ids": ids,
                "signed": _SIGNED,
                "running": list(Contract.RUNNING),
                "day": day or timezone.localdate(),
                "contracts": None if contracts is None else list(contracts),
                "payments": None if payments is None else list(payments),
            },
        )
        for pk, currency, *amounts in cursor.fetchall():
            found[pk].append(Balance(pk, currency, *(amount or ZERO for amount in amounts)))
    return found
