"""The files kept with opportunities, in reach where they are; never shown while the customer is in a pool."""

from __future__ import annotations

from typing import Any

from crm.attachments.policies import AttachPolicy
from crm.customfields.files import why_kept
from customers.customers.actions import hold_customer
from customers.customers.models import Customer
from sales.opportunities.models import Opportunity


def _opportunities(user: Any, right: str) -> Any:
    return Opportunity.objects.within(user, right).live().exclude(customer__status=Customer.Status.POOL)


def _hold(opportunity: Opportunity, actor: Any) -> None:
    hold_customer(opportunity.customer)
    Opportunity.objects.select_for_update(of=("self",), no_key=True).get(pk=opportunity.pk)


OPPORTUNITY_FILES = AttachPolicy(
    "opportunity", "sales.view_opportunity", "sales.change_opportunity", _opportunities, lambda row: row.customer_id,
    _hold, why_kept=why_kept,
)  # fmt: skip
