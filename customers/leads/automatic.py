"""What the schedules do with leads: hand them out by rule."""

from __future__ import annotations

import logging

from django.db import OperationalError
from django.db.models import QuerySet

from customers.customers.models import Customer
from customers.leads.actions import run_allotment
from customers.leads.models import Allotment

logger = logging.getLogger("harbour.leads")


def hand_out_new_leads() -> int:
    """Run every automatic rule for new leads, in their order; how many leads were handed out.

    What one rule cannot place, because all its receivers are away or full, the next one may. Waiting leads are rows of
    the database, so nothing is lost while the doorbell is silent.
    """
    return _run(Allotment.objects.for_new_leads().filter(is_automatic=True))


def hand_out_lead(customer: Customer) -> None:
    """Give a lead that has just come to whom the rules say; where they are busy, the next run of the schedule does."""
    if _run(Allotment.objects.for_new_leads().filter(is_automatic=True), customer.pk):
        customer.refresh_from_db()


def hand_out_of_pools() -> int:
    """Run every automatic rule that hands out of a pool; how many customers were handed out."""
    return _run(Allotment.objects.filter(is_automatic=True, pool__isnull=False).select_related("pool"))


def _run(rules: QuerySet[Allotment], only: int | None = None) -> int:
    count = 0
    for rule in rules.order_by("position", "pk"):
        if only is not None and count:
            break
        try:
            count += run_allotment(rule, only=only).count
        except OperationalError:  # somebody holds the quotas for long; the next run will do
            logger.warning("allotment is busy", extra={"rule": rule.pk})
    return count
