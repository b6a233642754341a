"""Verbs on many customers at once: one operation, a handful of statements, undo for an hour."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Func, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.models import Operation
from crm.history.operations import operation
from crm.people.models import User
from customers.base_data.models import CustomerStage, Tag
from customers.customers.models import Customer

ROWS_AT_MOST = 10_000


def tag_customers(rows: QuerySet[Any], *, actor: User, tag: Tag, takes_off: bool = False) -> Operation:
    """Put a tag on these customers, or take it off; those that have it already stay untouched."""
    function, has_it = (
        ("array_remove", Q(tag_ids__contains=[tag.pk]))
        if takes_off
        else ("array_append", ~Q(tag_ids__contains=[tag.pk]))
    )
    changed = Func(F("tag_ids"), Value(tag.pk), function=function)
    return _update(rows.filter(has_it), actor, "customers_tagged", {"tag_ids": changed}, str(tag))


def stage_customers(rows: QuerySet[Any], *, actor: User, stage: CustomerStage) -> Operation:
    """Put these customers into a stage."""
    return _update(rows.exclude(stage=stage), actor, "customers_staged", {"stage": stage}, str(stage))


def archive_customers(rows: QuerySet[Any], *, actor: User, reason: str = "") -> Operation:
    """Put these customers into the recycle bin."""
    return _update(rows, actor, "customers_archived", {"archived_at": timezone.now()}, reason)


def _update(rows: QuerySet[Any], actor: User, verb: str, values: dict[str, Any], reason: str) -> Operation:
    chosen = list(rows.order_by("pk").values_list("pk", flat=True)[: ROWS_AT_MOST + 1])
    if len(chosen) > ROWS_AT_MOST:
        raise ValidationError(
            _("These are more than %(limit)s customers. Narrow the list down first.") % {"limit": ROWS_AT_MOST},
            code="too_many",
        )
    if not chosen:
        raise ValidationError(_("None of the chosen customers can be changed like this."), code="nothing")
    with operation(actor, verb, reason=reason, row_count=len(chosen)) as entry:
        locked = (
            Customer.objects.live().filter(pk__in=chosen).select_for_update(of=("self",), no_key=True).order_by("pk")
        )
        ids = list(locked.values_list("pk", flat=True))
        Customer.objects.filter(pk__in=ids).update(**values, changed_at=timezone.now(), changed_by=actor)
    return entry
