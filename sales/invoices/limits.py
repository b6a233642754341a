"""How much of a contract may still be invoiced: per line, per tax rate, as a whole, and of what was received.

Everything here is asked and kept under the lock on the contract row (TRUST 5.3, invariant 22).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from crm.ui.formats import yuan2
from sales.contracts.models import Contract, ContractLine
from sales.documents.shown import rate_text
from sales.invoices.models import Invoice, InvoiceLine
from sales.money import ZERO, Totals, cents

_COUNTED = (*Invoice.OPEN, *Invoice.ISSUED_ONCE)


@dataclass(frozen=True)
class Billable:
    """A line of a contract or of a supplement that adds to it, and what of it no invoice bills yet."""

    line: ContractLine
    left: Totals


def billable_lines(contract: Contract, without: Invoice | None = None) -> list[Billable]:
    """What can be billed of a contract, in order; `without` is an application that does not count. Two queries."""
    lines = list(_agreed_lines(contract).filter(document__direction=Contract.Direction.ADDS))
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
    whole = free_of_total(contract, without)
    if gross > whole:
        raise ValidationError(
            _("At most %(amount)s of this contract is not invoiced yet.") % {"amount": yuan2(max(whole, ZERO))},
            code="beyond_total",
        )
    paid = free_of_received(contract, without)
    if gross <= paid:
        return False
    if not may_come_before_payment(contract):
        raise ValidationError(
            _("Received is %(received)s, of which %(amount)s is not invoiced yet. The rest follows once it is paid.")
            % {"received": yuan2(contract.received), "amount": yuan2(max(paid, ZERO))},
            code="beyond_received",
        )
    return True


def refuse_beyond_rates(contract: Contract, lines: Sequence[InvoiceLine], without: Invoice | None = None) -> None:
    """ValidationError where a tax rate is billed with more than was agreed at that rate, supplements told in."""
    agreed: dict[Decimal, Decimal] = defaultdict(Decimal)
    known = list(_agreed_lines(contract).select_related("document"))
    for line in known:
        agreed[line.tax_rate] += line.gross * line.document.direction
    used = _used(known, without)
    for line in known:
        agreed[line.tax_rate] -= used.get(line.pk, Totals()).gross
    wanted: dict[Decimal, Decimal] = defaultdict(Decimal)
    for one in lines:
        wanted[one.tax_rate] += one.gross
    for rate, gross in wanted.items():
        if gross > agreed[rate]:
            raise ValidationError(
                _("At %(rate)s tax, %(amount)s of the contract is not invoiced yet.")
                % {"rate": rate_text(rate), "amount": yuan2(max(agreed[rate], ZERO))},
                code="beyond_rate",
            )


def count_again(contract: Contract) -> None:
    """Write what the rows come to onto their locked contract: invoiced, red letters told in, and applied for."""
    rows = Invoice.objects.filter(contract=contract, archived_at=None)
    sums = rows.aggregate(
        issued=Sum("gross", filter=Q(state__in=Invoice.ISSUED_ONCE)),
        applied=Sum("gross", filter=Q(state__in=Invoice.OPEN, kind=Invoice.Kind.BLUE)),
    )
    contract.invoiced, contract.applied = sums["issued"] or ZERO, sums["applied"] or ZERO
    Contract.objects.filter(pk=contract.pk).update(invoiced=contract.invoiced, applied=contract.applied)


def _applied(contract: Contract, without: Invoice | None) -> Decimal:
    counts = without is not None and without.pk and without.state in Invoice.OPEN
    kept = Invoice.objects.filter(pk=without.pk).values_list("gross", flat=True).first() if counts and without else ZERO
    return contract.applied - (kept or ZERO)


def _agreed_lines(contract: Contract):  # type: ignore[no-untyped-def]
    of_supplements = Q(document__main=contract, document__state__in=Contract.SIGNED_ONCE)
    rows = ContractLine.objects.filter(Q(document=contract) | of_supplements)
    return rows.order_by("document_id", "position")


def _used(lines: Iterable[ContractLine], without: Invoice | None) -> dict[int, Totals]:
    """What is billed of lines by id; red letters give it back."""
    rows = InvoiceLine.objects.filter(
        contract_line__in=[line.pk for line in lines], document__state__in=_COUNTED, document__archived_at=None
    )
    if without is not None and without.pk:
        rows = rows.exclude(document=without)
    sums = rows.values("contract_line").annotate(n=Sum("net"), t=Sum("tax"), g=Sum("gross"))
    return {row["contract_line"]: Totals(row["n"], row["t"], row["g"]) for row in sums}
