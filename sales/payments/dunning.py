"""Reminding owners of overdue instalments: one, seven and thirty days after the day, once each."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone, translation
from django.utils.translation import ngettext

from crm.history.operations import operation
from crm.notifications.actions import new_notice, notify_many
from crm.notifications.models import Notice
from sales.contracts.models import Instalment
from sales.documents.shown import money
from sales.payments.models import Dunning

STEPS = (1, 7, 30)
CHUNK = 500


def remind_of_overdue() -> int:
    """Tell owners of contracts what is overdue, each step once; how many instalments were told of.

    After days in which nothing ran only the latest step is told. Safe to run twice or together.
    """
    today, count = timezone.localdate(), 0
    for step, following in zip(STEPS, (*STEPS[1:], None), strict=True):
        while told_now := _remind(today, step, following):
            count += told_now
    return count


def _remind(today: date, step: int, following: int | None) -> int:
    """One chunk of what is overdue for at least `step` days, and not yet for `following`."""
    told_of = Dunning.objects.filter(instalment=OuterRef("pk"), days__gte=step)
    rows = Instalment.objects.of_running().open().filter(~Exists(told_of), due_on__lte=today - timedelta(days=step))
    if following is not None:
        rows = rows.filter(due_on__gt=today - timedelta(days=following))
    with transaction.atomic():
        locked = rows.select_for_update(of=("self",), skip_locked=True, no_key=True)
        parts = list(locked.select_related("contract__owner", "contract__customer__owner").order_by("pk")[:CHUNK])
        if parts:
            with operation(None, "payment_reminded", via="system", row_count=len(parts)):
                Dunning.objects.bulk_create(Dunning(instalment=part, days=step) for part in parts)
                notify_many([notice for part in parts if (notice := _notice(part, today, step)) is not None])
    return len(parts)


def overdue_days(part: Instalment, today: date) -> int:
    """For how many days an instalment is overdue, 0 where it is not."""
    return max((today - part.due_on).days, 0) if part.due_on and part.open_amount else 0


def _notice(part: Instalment, today: date, step: int) -> Notice | None:
    contract = part.contract
    people = (contract.owner, contract.customer.owner)
    person = next((one for one in people if one is not None and one.is_active), None)
    if person is None or part.due_on is None:
        return None
    days = overdue_days(part, today)
    with translation.override(person.language):
        text = ngettext(
            "%(amount)s of %(customer)s is overdue for %(count)s day: %(contract)s, %(name)s",
            "%(amount)s of %(customer)s is overdue for %(count)s days: %(contract)s, %(name)s",
            days,
        ) % {
            "amount": money(part.open_amount, contract.currency), "customer": contract.customer.name, "count": days,
            "contract": contract.number, "name": part.name,
        }  # fmt: skip
    key = f"overdue:{part.pk}:{step}"
    return new_notice(
        person, "instalment_overdue", text, about=contract, url=contract.get_absolute_url(), dedupe_key=key
    )
