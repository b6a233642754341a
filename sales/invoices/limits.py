"""How much of a contract may still be invoiced: per line, per tax rate, as a whole, and of what was received.

Everything here is asked and kept under the lock on the contract row (TRUST 5.3, invariant 22).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from crm.ui.formats import yuan2
from sales.contracts.models import Contract, ContractLine
from sales.documents.shown import rate_text
from sales.invoices.models import Invoice, InvoiceLine
from sales.money import ZERO, Totals, cents

_COUNTED = (*Invoice.OPEN, *Invoice.ISSUED_ONCE)
_COUNT = """
WITH counted AS (SELECT
  coalesce(sum(gross) FILTER (WHERE state = ANY(%(issued)s)), 0) AS issued,
  coalesce(sum(gross) FILTER (WHERE state = ANY(%(open)s) AND kind = 'blue'), 0) AS held
  FROM sales_invoice WHERE contract_id = %(id)s AND archived_at IS NULL)
UPDATE sales_contract SET invoiced = counted.issued, applied = counted.held FROM counted
WHERE id = %(id)s RETURNING invoiced, applied"""


@dataclass(frozen=True)
class Billable:
    """A line of a contract or of a supplement that adds to it, and what of it no invoice bills yet."""

    line: ContractLine
    left: Totals

    @property
    def adds(self) -> bool:
        """Whether it can be billed: what takes away from a contract is not."""
        return self.line.document.direction == Contract.Direction.ADDS


def billable_lines(contract: Contract, without: Invoice | None = None) -> list[Billable]:
    """What can be billed of a contract, in order; `without` is an application that does not count. Two queries."""
    return [one for one in agreed_lines(contract, without) if one.adds]


def agreed_lines(contract: Contract, without: Invoice | None = None) -> list[Billable]:
    """All lines of a contract and its signed supplements, in order, those that take away too. Two queries."""
    of_supplements = Q(document__main=contract, document__state__in=Contract.SIGNED_ONCE)
    rows = ContractLine.objects.filter(Q(document=contract) | of_supplements).select_related("document")
    lines = list(rows.order_by("document_id", "position"))
    used = _used(lines, without)
    return [Billable(line, line.totals + -used.get(line.pk, Totals())) for line in lines]


def share_of(left: Totals, gross: Decimal, rate: Decimal) -> Totals:
    """Net and tax of a part of what is left; the last part takes what is left of both, none takes more."""
    if gross == left.gross:
        return left
    net = min(cents(gross / (1 + rate)), left.net)
    tax = min(gross - net, left.tax)
    return Totals(gross - tax, tax, gross)


def free_of_total(contract: Contract, without: Invoice | None = None) -> Decimal:
    """What of the whole contract is neither invoiced nor applied for."""
    return contract.total - contract.invoiced - _applied(contract, without)


def free_of_received(contract: Contract, without: Invoice | None = None) -> Decimal:
    """What of the money that came in is neither invoiced nor applied for; below nothing where it was reversed."""
    return min(contract.received, contract.total) - contract.invoiced - _applied(contract, without)


def may_come_before_payment(contract: Contract) -> bool:
    """Whether a contract of this type, that still runs, may be invoiced before it is paid."""
    return contract.type.may_invoice_before_payment and contract.is_running


def refuse_beyond(contract: Contract, gross: Decimal, without: Invoice | None = None) -> bool:
    """Whether so much comes before it is paid; ValidationError where it is more than may be invoiced (invariant 22)."""
    taken = contract.invoiced + _applied(contract, without)
    whole, paid = contract.total - taken, min(contract.received, contract.total) - taken
    if gross > whole:
        raise ValidationError(
            _("At most %(amount)s of this contract is not invoiced yet.") % {"amount": yuan2(max(whole, ZERO))},
            code="beyond_total",
        )
    if gross <= paid:
        return False
    if not may_come_before_payment(contract):
        raise ValidationError(
            _("Received is %(received)s, of which %(amount)s is not invoiced yet. The rest follows once it is paid.")
            % {"received": yuan2(contract.received), "amount": yuan2(max(paid, ZERO))},
            code="beyond_received",
        )
    return True


def refuse_beyond_rates(agreed: Iterable[Billable], lines: Sequence[InvoiceLine]) -> None:
    """ValidationError where a tax rate is billed with more than is left of it, supplements told in."""
    left: dict[Decimal, Decimal] = defaultdict(Decimal)
    for one in agreed:
        # what takes away from a contract was never billed itself
        left[one.line.tax_rate] += one.left.gross * one.line.document.direction
    wanted: dict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        wanted[line.tax_rate] += line.gross
    for rate, gross in wanted.items():
        if gross > left[rate]:
            raise ValidationError(
                _("At %(rate)s tax, %(amount)s of the contract is not invoiced yet.")
                % {"rate": rate_text(rate), "amount": yuan2(max(left[rate], ZERO))},
                code="beyond_rate",
            )


def count_again(contract: Contract) -> None:
    """Write what the rows come to onto their locked contract: invoiced, red letters told in, and applied for."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"id": contract.pk, "issued": list(Invoice.ISSUED_ONCE), "open": list(Invoice.OPEN)})
        contract.invoiced, contract.applied = cursor.fetchone()


def _applied(contract: Contract, without: Invoice | None) -> Decimal:
    counts = without is not None and without.pk and without.state in Invoice.OPEN
    kept = Invoice.objects.filter(pk=without.pk).values_list("gross", flat=True).first() if counts and without else ZERO
    return contract.applied - (kept or ZERO)


def _used(lines: Iterable[ContractLine], without: Invoice | None) -> dict[int, Totals]:
    """What is billed of lines by id; red letters give it back."""
    rows = InvoiceLine.objects.filter(
        contract_line__in=[line.pk for line in lines], document__state__in=_COUNTED, document__archived_at=None
    )
    if without is not None and without.pk:
        rows = rows.exclude(document=without)
    sums = rows.values("contract_line").annotate(n=Sum("net"), t=Sum("tax"), g=Sum("gross"))
    return {row["contract_line"]: Totals(row["n"], row["t"], row["g"]) for row in sums}
