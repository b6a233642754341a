"""The guard of minimum prices: what is below one meets a step that looks at that, or is not put up (invariant 13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.approvals.models import ApprovalRequest
from customers.customers.models import Customer
from sales.documents.lines import with_tax
from sales.documents.models import Line
from sales.products.prices import prices_for
from sales.products.secrets import FLOOR_RIGHT


def is_below(line: Line, floor: Decimal | None, *, is_tax_included: bool) -> bool:
    """Whether a unit of a line costs less than a minimum price without tax; None is no limit."""
    if floor is None:
        return False
    return line.price * (1 - line.discount) < with_tax(floor, line.tax_rate, is_tax_included=is_tax_included)


def any_below_today(lines: Iterable[Line], customer: Customer, *, is_tax_included: bool) -> bool:
    """Whether a line with a product costs less than the minimum price of today. One query."""
    sold = [(line, line.product) for line in lines if line.product is not None]
    if not sold:
        return False
    prices = prices_for([product for _line, product in sold], customer, timezone.localdate())
    return any(is_below(line, prices[product.pk].floor, is_tax_included=is_tax_included) for line, product in sold)


def meets_floor_step(steps: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a way holds the step that looks at minimum prices."""
    return any(
        step["key"] == "floor"
        or step.get("decide_right") == FLOOR_RIGHT
        or any(condition["fact"] == "below_floor" for condition in step.get("conditions", ()))
        for step in steps
    )


def refuse_without_floor_step(request: ApprovalRequest) -> None:
    """ValidationError where a line is below its minimum price and nobody of the way still to go looks at that."""
    if request.facts.get("below_floor") and not meets_floor_step(_steps_to_come(request)):
        raise ValidationError(
            _("A line is below its minimum price, but the approval flow has no step for that: tell an administrator."),
            code="no_floor_step",
        )


def _steps_to_come(request: ApprovalRequest) -> list[dict[str, Any]]:
    """The steps from the one a round begins with."""
    steps = request.steps()
    keys = [step["key"] for step in steps]
    return steps[keys.index(request.step) :] if request.step in keys else steps
