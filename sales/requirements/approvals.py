"""What requirements put up for approval: a technician first, then the manager."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.approvals.models import ApprovalRequest
from crm.approvals.purposes import Fact, Purpose
from crm.people.models import User
from customers.customers.standing import become_opportunities
from sales.documents.holding import carry_customer, lock_customer
from sales.documents.submitting import move, moves_to
from sales.requirements.content import differences, snapshot
from sales.requirements.lines import estimate
from sales.requirements.models import Requirement, RequirementLine
from sales.requirements.querysets import CHECK_RIGHT


def lock(pk: int) -> Requirement:
    """The requirement, fresh, locked after its customer."""
    customer = lock_customer(Requirement.objects.filter(pk=pk))
    rows = Requirement.objects.select_for_update(of=("self",), no_key=True).select_related("owner", "department")
    found: Requirement = rows.get(pk=pk)
    carry_customer(found, customer)
    # what is hashed, routed and shown is read once
    lines = RequirementLine.objects.select_related("product__category")
    prefetch_related_objects([found], Prefetch("lines", queryset=lines))
    return found


def facts(requirement: Requirement) -> Mapping[str, Any]:
    """What the routing may ask of a requirement."""
    lines = list(requirement.lines.all())
    categories = {pk for line in lines if line.product and line.product.category for pk in line.product.category.path}
    return {
        "amount": estimate(lines),
        "without_product": any(line.product_id is None for line in lines) or not lines,
        "department": requirement.department.path,
        "category": sorted(categories),
        "level": requirement.customer.level_id,
    }


def rolling(requirement: Requirement) -> Decimal:
    """Nothing: a wish moves no money, so there is nothing to split."""
    return Decimal("0.00")


def _approved(requirement: Requirement, actor: User | None, request: ApprovalRequest) -> None:
    """Let the customer count as an opportunity."""
    if requirement.check_result == Requirement.Check.IMPOSSIBLE:
        raise ValidationError(
            _("The technical check says that this is not feasible. Return or reject it."), code="impossible"
        )
    move(requirement, "approved", actor=actor, approved_at=timezone.now())
    if requirement.customer.owner_id is not None:
        become_opportunities([requirement.customer_id])


PURPOSE = Purpose(
    code="sales.requirement",
    label=gettext_lazy("requirement"),
    model="sales.Requirement",
    view_right="sales.view_requirement",
    part="sales/requirements/_decide.html",
    icon="clipboard-list",
    asked=(
        Fact("amount", gettext_lazy("What the customer hopes to pay"), "amount"),
        Fact("without_product", gettext_lazy("Has lines without a product"), "yes_no"),
        Fact("department", gettext_lazy("Department"), "department"),
        Fact("category", gettext_lazy("Product category"), "category"),
        Fact("level", gettext_lazy("Customer level"), "level"),
    ),
    lock=lock,
    facts=facts,
    snapshot=snapshot,
    rolling=rolling,
    differences=differences,
    submitted=moves_to("pending"),
    approved=_approved,
    rejected=moves_to("rejected"),
    returned=moves_to("returned"),
    withdrawn=moves_to("withdrawn"),
    blocked=moves_to("blocked"),
    standard_flows=(
        (
            gettext_lazy("Requirements"),
            {
                "conditions": [],
                "steps": [
                    {
                        "key": "technician",
                        "name": gettext_lazy("Technical check"),
                        "who": {"kind": "role", "role": "technician"},
                        "decide_right": CHECK_RIGHT,
                    },
                    {
                        "key": "manager",
                        "name": gettext_lazy("Manager"),
                        "who": {"kind": "manager"},
                        "otherwise": "director",
                    },
                ],
            },
        ),
    ),
)
