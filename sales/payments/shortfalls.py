"""Money that goes back after it was invoiced: a fact nobody can refuse, and work for those who keep the books.

A contract that is paid before it is invoiced is then invoiced beyond what was paid (TRUST invariant 22): its page says
so, what was applied for is not issued any more, its owner has a task, and finance is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.notifications.actions import new_notice, notify_many
from crm.notifications.models import Notice
from crm.operations.moments import midnight
from crm.people.models import User
from customers.tasks.models import Task
from sales.contracts.models import Contract
from sales.documents.shown import money
from sales.payments.models import Payment

DAYS_TO_SETTLE = 3


def follow_up(contracts: Iterable[Contract], reversal: Payment, *, actor: User) -> None:
    """Inside the reversal, the contracts locked: plan what has to be done about those invoiced beyond what was paid."""
    short = [contract for contract in contracts if contract.invoiced_unpaid]
    if not short:
        return
    keepers = list(User.objects.active().filter(roles__grants__right="sales.issue_invoice").distinct())
    for contract in short:
        owner = contract.owner
        if owner is not None and owner.is_active:
            _plan_task(contract, owner, reversal, actor)
        notify_many([_notice(contract, person, reversal) for person in keepers if person.pk != actor.pk])


def _plan_task(contract: Contract, owner: User, reversal: Payment, actor: User) -> None:
    with translation.override(owner.language):
        title = _("Settle %(contract)s: invoiced beyond what was paid") % {"contract": contract}
        note = _("%(payment)s was reversed. Get %(amount)s paid again, or ask for a reissue of the invoice.") % {
            "payment": reversal.reverses,
            "amount": money(contract.invoiced_unpaid, contract.currency),
        }
    task = Task(
        title=title[:120], note=note, customer_id=contract.customer_id, owner=owner, created_by=actor,
        priority=Task.Priority.HIGH, due_at=midnight(timezone.localdate() + timedelta(days=DAYS_TO_SETTLE)),
        dedupe_key=f"invoiced-unpaid:{contract.pk}:{reversal.pk}",
    )  # fmt: skip
    with operation(actor, "task_added", task, anchor_id=contract.customer_id, is_part=True):
        task.save(force_insert=True)


def _notice(contract: Contract, person: User, reversal: Payment) -> Notice:
    with translation.override(person.language):
        text = _("%(contract)s is invoiced %(amount)s beyond what was paid: %(payment)s was reversed.") % {
            "contract": contract,
            "amount": money(contract.invoiced_unpaid, contract.currency),
            "payment": reversal.reverses,
        }
    key = f"invoiced-unpaid:{contract.pk}:{reversal.pk}"
    place = contract.get_absolute_url()
    return new_notice(person, "invoiced_unpaid", text, about=contract, url=place, dedupe_key=key)
