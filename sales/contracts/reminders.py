"""Telling people in time that a contract ends."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import ngettext

from crm.history.operations import operation
from crm.notifications.actions import new_notice, notify_many
from crm.notifications.models import Notice
from sales.contracts.models import Contract
from sales.contracts.querysets import ContractQuerySet

STEPS = (90, 30, 7)
CHUNK = 500


def remind_of_ends() -> int:
    """Tell owners 90, 30 and 7 days before a signed contract ends, once each; how many were told.

    After a time in which nothing ran, only the step that counts today is told. Safe to run twice or together.
    """
    today, told = timezone.localdate(), 0
    while True:
        with transaction.atomic():
            rows = list(
                _due(today).select_for_update(of=("self",), skip_locked=True, no_key=True).order_by("pk")[:CHUNK]
            )
            if not rows:
                return told
            with operation(None, "contracts_end_told", via="system", row_count=len(rows)):
                notify_many([_notice(row, today) for row in rows if row.owner and row.owner.is_active])
                for step in STEPS:
                    ids = [row.pk for row in rows if _step(row, today) == step]
                    Contract.objects.filter(pk__in=ids).update(reminded_days=step)
            told += len(rows)


def _due(today: date) -> ContractQuerySet:
    """Signed main contracts that end within a step they were not told of."""
    condition = Q()
    for step in STEPS:
        is_near = Q(ends_on__lte=today + timedelta(days=step))
        condition |= is_near & (Q(reminded_days=None) | Q(reminded_days__gt=step))
    rows = Contract.objects.filter(state=Contract.State.SIGNED, main=None, ends_on__gte=today)
    return rows.filter(condition).select_related("owner")


def _step(contract: Contract, today: date) -> int:
    assert contract.ends_on is not None
    left = (contract.ends_on - today).days
    return min(step for step in STEPS if left <= step)


def _notice(contract: Contract, today: date) -> Notice:
    assert contract.owner is not None and contract.ends_on is not None
    left = (contract.ends_on - today).days
    with translation.override(contract.owner.language):
        text = ngettext(
            "The contract %(number)s ends in %(count)s day: %(title)s",
            "The contract %(number)s ends in %(count)s days: %(title)s",
            left,
        ) % {"number": contract.number, "count": left, "title": contract.title}
    key = f"contract-ends:{contract.pk}:{contract.ends_on}:{_step(contract, today)}"
    return new_notice(
        contract.owner, "contract_ends", text, about=contract, url=contract.get_absolute_url(), dedupe_key=key
    )
