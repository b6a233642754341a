"""Cold customers: proposed for the archive, archived in bulk with a reason, put back by undo or from the bin."""

from __future__ import annotations

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.company.actions import company_setting
from crm.history.models import Operation
from crm.history.operations import operation
from crm.people.models import User
from crm.records.selection import Selection
from customers.customers.models import Customer
from customers.customers.querysets import CustomerQuerySet
from customers.quality.quiet import is_existing, months_ago, nothing_since

RIGHT = "customers.archive_customer"
SETTING, VERB = "quality.archive_months", "customers_archived"
AT_MOST = 10_000


class Archived(NamedTuple):
    """The operation, how many went, and how many stayed because something happened meanwhile."""

    entry: Operation
    number: int
    skipped: int


def may_archive(user: User) -> bool:
    """Whether the pages of the archive are for this person."""
    return user.reach.has(RIGHT)


def cold(user: User, *, with_existing: bool = False, months: int | None = None) -> CustomerQuerySet:
    """The customers a person may archive with whom nobody dealt for the company's time; none where that is off."""
    rows: CustomerQuerySet = Customer.objects.within(user, RIGHT)
    period = company_setting(SETTING) if months is None else months
    if not period:
        return rows.none()
    before = months_ago(period)
    rows = rows.live().filter(nothing_since(before))
    return rows if with_existing else rows.exclude(is_existing())


def chosen_rows(selection: Selection, user: User, *, with_existing: bool) -> CustomerQuerySet:
    """The chosen ones among the cold."""
    rows = cold(user, with_existing=with_existing)
    return rows if selection.is_all else rows.filter(pk__in=selection.ids)


def takes_nearly_all(count: int, user: User) -> bool:
    """Whether an archive of so many leaves less than half of the live customers the person may archive."""
    return count * 2 > Customer.objects.within(user, RIGHT).live().count()


def archive_cold(
    selection: Selection, *, actor: User, reason: str, with_existing: bool = False, confirmed: int | None = None
) -> Archived:
    """Put the chosen cold customers into the archive, ten thousand at a time, judged again under a lock.

    ValidationError where none is cold any more, and where most of what the person may archive would go and
    `confirmed` is not the number that goes.
    """
    rows = chosen_rows(selection, actor, with_existing=with_existing)
    chosen = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_MOST])
    if chosen and takes_nearly_all(len(chosen), actor) and confirmed != len(chosen):
        text = _("This archives most of your customers. Type their number, %(count)s, to confirm.")
        raise ValidationError({"confirmed": text % {"count": len(chosen)}}, code="confirm")
    with transaction.atomic():
        locked = Customer.objects.filter(pk__in=chosen).select_for_update(no_key=True).order_by("pk")
        held = list(locked.values_list("pk", flat=True))
        still = cold(actor, with_existing=with_existing).filter(pk__in=held)
        ids = list(still.order_by("pk").values_list("pk", flat=True))
        if not ids:
            raise ValidationError(_("None of the chosen customers is cold any more."), code="nothing")
        with operation(actor, VERB, reason=reason, row_count=len(ids)) as entry:
            now = timezone.now()
            Customer.objects.filter(pk__in=ids).update(archived_at=now, changed_at=now, changed_by=actor)
    return Archived(entry, len(ids), len(chosen) - len(ids))
