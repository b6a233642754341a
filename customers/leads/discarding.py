"""Discarding potential customers nobody wants, one or many, always with a reason."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.models import Operation
from crm.history.operations import operation
from crm.people.models import User
from customers.customers.actions import refuse_archived
from customers.customers.models import Customer

DISCARD_RIGHT = "customers.discard_customer"
DISCARDED_AT_MOST = 10_000


def discard_customer(customer: Customer, *, actor: User, reason: str) -> Operation:
    """Put a potential customer into the recycle bin, saying why; answers with the operation, for undo."""
    _refuse_silence(reason)
    with operation(actor, "customer_discarded", customer, anchor_id=customer.pk, reason=reason) as entry:
        locked = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)
        if not Customer.objects.within(actor, DISCARD_RIGHT).filter(pk=locked.pk).exists():
            raise ValidationError(_("This customer is not yours to discard."), code="no_right")
        refuse_archived(locked)
        if locked.status != Customer.Status.POTENTIAL:
            raise ValidationError(
                _("Only potential customers are discarded; “%(name)s” is worked on already.") % {"name": locked},
                code="not_potential",
            )
        now = timezone.now()
        Customer.objects.filter(pk=locked.pk).update(archived_at=now, changed_at=now, changed_by=actor)
    return entry


def discard_customers(rows: QuerySet[Any], *, actor: User, reason: str) -> Operation:
    """Discard those of the rows that are potential customers, all with one reason."""
    _refuse_silence(reason)
    with transaction.atomic():
        waiting = rows.filter(status=Customer.Status.POTENTIAL, archived_at=None).order_by("pk")
        ids = list(
            waiting.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True)[: DISCARDED_AT_MOST + 1]
        )
        if len(ids) > DISCARDED_AT_MOST:
            words = _("These are more than %(limit)s customers. Narrow the list down first.")
            raise ValidationError(words % {"limit": DISCARDED_AT_MOST}, code="too_many")
        if not ids:
            raise ValidationError(_("None of the chosen customers is a potential one."), code="nothing")
        with operation(actor, "customers_discarded", reason=reason, row_count=len(ids)) as entry:
            now = timezone.now()
            Customer.objects.filter(pk__in=ids).update(archived_at=now, changed_at=now, changed_by=actor)
    return entry


def _refuse_silence(reason: str) -> None:
    if not reason.strip():
        raise ValidationError({"reason": ValidationError(_("Say why nobody is to work on it."), code="required")})
