"""What contracts put up for approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.approvals.models import ApprovalRequest
from crm.approvals.purposes import Fact, Purpose
from crm.people.models import User
from sales.contracts.content import differences, snapshot
from sales.contracts.holding import hold_whole
from sales.contracts.models import Contract
from sales.documents.floors import any_below_today, refuse_without_floor_step
from sales.documents.submitting import moves_to
from sales.products.secrets import FLOOR_RIGHT

ROLLING_DAYS = 30
_COUNTED = ("pending", "blocked", "approved", *Contract.SIGNED_ONCE)


def lock(pk: int) -> Contract:
    """The contract with its lines and instalments, locked after its customer, its opportunity and its main contract."""
    return hold_whole(pk)


def facts(contract: Contract) -> Mapping[str, Any]:
    """What the routing may ask of a contract."""
    lines = list(contract.lines.all())
    categories = {pk for line in lines if line.product and line.product.category for pk in line.product.category.path}
    standard, own = contract.type.clauses.split(), contract.clauses.split()
    return {
        "amount": contract.gross,
        "discount": max((line.discount for line in lines), default=Decimal(0)),
        "has_discount": any(line.discount for line in lines),
        "other_terms": standard != own,
        "supplement": contract.main_id is not None,
        "below_floor": _is_below_floor(contract, lines),
        "department": contract.department.path,
        "category": sorted(categories),
        "level": contract.customer.level_id,
    }


def _is_below_floor(contract: Contract, lines: Sequence[Any]) -> bool:
    """Whether a supplement adds a product for less than its minimum price; what comes from quotes met its own."""
    if contract.main_id is None or contract.direction == Contract.Direction.TAKES:
        return False
    return any_below_today(lines, contract.customer, is_tax_included=contract.is_tax_included)


def _submitted(contract: Contract, actor: User | None, request: ApprovalRequest) -> None:
    refuse_without_floor_step(request)
    _WAITS(contract, actor, request)


_WAITS = moves_to("pending")


def rolling(contract: Contract) -> Decimal:
    """What else was put up for the same customer by the same owner in the last 30 days, and the rest of its chain."""
    since = timezone.now() - timedelta(days=ROLLING_DAYS)
    rows = Contract.objects.filter(
        customer_id=contract.customer_id, owner_id=contract.owner_id, currency=contract.currency, state__in=_COUNTED
    ).exclude(pk=contract.pk)
    if contract.main_id:
        chain = rows.filter(pk=contract.main_id) | rows.filter(main_id=contract.main_id)
        rows = chain | rows.filter(submitted_at__gte=since)
    else:
        rows = rows.filter(submitted_at__gte=since)
    return Decimal(rows.aggregate(sum=Sum("gross"))["sum"] or 0)


PURPOSE = Purpose(
    code="sales.contract",
    label=_("contract"),
    model="sales.Contract",
    view_right="sales.view_contract",
    part="sales/contracts/_decide.html",
    icon="file-pen-line",
    asked=(
        Fact("amount", _("Amount"), "amount"),
        Fact("discount", _("Largest discount of a line"), "percent", is_figure=True),
        Fact("has_discount", _("Has a discount"), "yes_no"),
        Fact("other_terms", _("Clauses differ from those of its type"), "yes_no"),
        Fact("supplement", _("Is a supplement"), "yes_no"),
        Fact("below_floor", _("A line is below its minimum price"), "yes_no"),
        Fact("department", _("Department"), "department"),
        Fact("category", _("Product category"), "category"),
        Fact("level", _("Customer level"), "level"),
    ),
    lock=lock,
    facts=facts,
    snapshot=snapshot,
    rolling=rolling,
    differences=differences,
    submitted=_submitted,
    approved=moves_to("approved", "approved_at"),
    rejected=moves_to("rejected"),
    returned=moves_to("returned"),
    withdrawn=moves_to("withdrawn"),
    blocked=moves_to("blocked"),
    standard_flows=(
        (
            _("Contracts"),
            {
                "conditions": [],
                "steps": [
                    {"key": "manager", "name": _("Manager"), "who": {"kind": "manager"}, "otherwise": "finance"},
                    {
                        "key": "floor",
                        "name": _("Finance: minimum price"),
                        "who": {"kind": "role", "role": "finance"},
                        "decide_right": FLOOR_RIGHT,
                        "conditions": [{"fact": "below_floor", "operator": "is", "value": True}],
                    },
                    {"key": "finance", "name": _("Finance"), "who": {"kind": "role", "role": "finance"}},
                    {
                        "key": "vice_president",
                        "name": _("Head of sales"),
                        "who": {"kind": "superior", "levels": 2},
                        "otherwise": "finance",
                        "conditions": [{"fact": "amount", "operator": "above", "value": "500000.00"}],
                    },
                ],
            },
        ),
    ),
)
