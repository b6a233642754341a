"""What quotes put up for approval, and what follows.

A line below its minimum price must meet the floor step (TRUST invariant 13): a step of the key "floor", one that asks
for the fact `below_floor`, or one decided by holders of the right to see minimum prices. A way without it is refused.
The margin is no fact on purpose: a route that tells it would tell the cost (class B1).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, Prefetch, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext_lazy

from crm.approvals.models import ApprovalRequest
from crm.approvals.purposes import Fact, Purpose
from crm.people.models import User
from sales.documents.floors import refuse_without_floor_step
from sales.documents.holding import carry_customer, lock_customer
from sales.documents.submitting import move, moves_to
from sales.links.actions import end_links
from sales.products.secrets import FLOOR_RIGHT
from sales.quotes.actions import hold_versions, refuse_contracted
from sales.quotes.content import differences, snapshot
from sales.quotes.figures import is_below_floor, largest_discount
from sales.quotes.models import Quote, QuoteLine

ROLLING_DAYS = 30
_COUNTED = ("pending", "blocked", *Quote.RELEASED)
# what an approved version takes the place of
_REPLACED = (*Quote.RELEASED, Quote.State.DECLINED)


def lock(pk: int) -> Quote:
    """The quote, fresh, locked with its other versions after its customer; its lines are read with it, once."""
    customer = lock_customer(Quote.objects.filter(pk=pk))
    quote = hold_versions(pk)[pk]
    carry_customer(quote, customer)
    lines = QuoteLine.objects.select_related("product__category")
    prefetch_related_objects([quote], Prefetch("lines", queryset=lines))
    return quote


def facts(quote: Quote) -> Mapping[str, Any]:
    """What the routing may ask of a quote."""
    lines = list(quote.lines.all())
    categories = {pk for line in lines if line.product and line.product.category for pk in line.product.category.path}
    is_included = quote.is_tax_included
    return {
        "amount": quote.gross,
        "discount": largest_discount(lines, is_tax_included=is_included),
        "below_floor": any(is_below_floor(line, is_tax_included=is_included) for line in lines),
        "without_product": any(line.product_id is None for line in lines),
        "department": quote.department.path,
        "category": sorted(categories),
        "level": quote.customer.level_id,
    }


def rolling(quote: Quote) -> Decimal:
    """What else was quoted to the customer by the same owner in the last 30 days, each quote by its largest version."""
    rows = Quote.objects.filter(
        customer_id=quote.customer_id, owner_id=quote.owner_id, currency=quote.currency, state__in=_COUNTED,
        submitted_at__gte=timezone.now() - timedelta(days=ROLLING_DAYS),
    )  # fmt: skip
    others = rows.exclude(root_id=quote.root_id).order_by().values("root_id").annotate(largest=Max("gross"))
    return sum((row["largest"] for row in others), Decimal("0.00"))


def _submitted(quote: Quote, actor: User | None, request: ApprovalRequest) -> None:
    refuse_without_floor_step(request)
    if quote.state != Quote.State.PENDING:
        move(quote, Quote.State.PENDING, actor=actor)


def _approved(quote: Quote, actor: User | None, request: ApprovalRequest) -> None:
    """Put the version in force, in the place of the one before."""
    refuse_contracted(quote)
    replaced = Quote.objects.filter(root_id=quote.root_id, state__in=_REPLACED).exclude(pk=quote.pk).order_by("pk")
    for version in replaced:
        end_links(version)
        move(version, Quote.State.SUPERSEDED, actor=actor)
    move(quote, Quote.State.APPROVED, actor=actor, approved_at=timezone.now())


PURPOSE = Purpose(
    code="sales.quote",
    label=gettext_lazy("quote"),
    model="sales.Quote",
    view_right="sales.view_quote",
    part="sales/quotes/_decide.html",
    icon="file-text",
    asked=(
        Fact("amount", gettext_lazy("Amount"), "amount"),
        Fact("discount", gettext_lazy("Largest discount of a line"), "percent", is_figure=True),
        Fact("below_floor", gettext_lazy("A line is below its minimum price"), "yes_no"),
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
    submitted=_submitted,
    approved=_approved,
    rejected=moves_to("rejected"),
    returned=moves_to("returned"),
    withdrawn=moves_to("withdrawn"),
    blocked=moves_to("blocked"),
    standard_flows=(
        (
            gettext_lazy("Quotes"),
            {
                "conditions": [],
                "steps": [
                    {
                        "key": "manager",
                        "name": gettext_lazy("Manager"),
                        "who": {"kind": "manager"},
                        "otherwise": "finance",
                    },
                    {
                        "key": "amount",
                        "name": gettext_lazy("Director: amount"),
                        "who": {"kind": "superior", "levels": 2},
                        "otherwise": "finance",
                        "conditions": [{"fact": "amount", "operator": "above", "value": "200000.00"}],
                    },
                    {
                        "key": "discount",
                        "name": gettext_lazy("Director: discount"),
                        "who": {"kind": "superior", "levels": 2},
                        "otherwise": "finance",
                        "conditions": [{"fact": "discount", "operator": "above", "value": "0.15"}],
                    },
                    {
                        "key": "floor",
                        "name": gettext_lazy("Finance: minimum price"),
                        "who": {"kind": "role", "role": "finance"},
                        "decide_right": FLOOR_RIGHT,
                        "conditions": [{"fact": "below_floor", "operator": "is", "value": True}],
                    },
                ],
            },
        ),
    ),
)
