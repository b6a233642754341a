"""Writing down what happened with a customer, and being reminded of what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.attachments.actions import attach_files
from crm.attachments.receiving import CheckedFile
from crm.history.operations import operation
from crm.notifications.actions import new_notice, notify_many
from crm.notifications.models import Notice
from crm.people.models import User
from customers.activities.checkin import CheckIn, read_stamp
from customers.activities.models import Activity
from customers.comments.mentions import mentioned_in, tell_mentioned
from customers.contacts.models import Contact
from customers.customers.actions import hold_customer
from customers.customers.identity import clean_line
from customers.customers.models import Customer
from customers.customers.querysets import CustomerQuerySet
from customers.duplicates.models import Merge

EDIT_HOURS = 24
LONGEST_CONTENT = 5000
OLDEST_YEARS = 10
PLANNED_DAYS_AT_MOST = 730
CHUNK = 1000


def log_activity(
    customer: Customer,
    *,
    actor: User,
    kind: str,
    content: str,
    happened_at: datetime | None = None,
    contact: Contact | None = None,
    place: str = "",
    next_follow_on: date | None = None,
    stamp: str = "",
    message_id: str = "",
    counts: bool = True,
    files: Sequence[CheckedFile] = (),
) -> Activity:
    """Write a follow-up; one by the owner that is not a note moves the recycle clock and plans the next one.

    Colleagues named with @ are told, but not by a mail that came in (`message_id`); `stamp` is the check-in of a visit
    (see checkin.py); with `counts` False it is no valid follow-up whoever wrote it.
    """
    check_in = read_stamp(stamp, customer, actor=actor) if kind == Activity.Kind.VISIT else None
    happened_at = happened_at or (check_in.at if check_in else timezone.now())
    activity = Activity(
        customer=customer, author=actor, kind=kind, content=clean_content(content), happened_at=happened_at,
        contact=contact, place=clean_line(place), next_follow_on=next_follow_on, message_id=message_id,
    )  # fmt: skip
    _note_check_in(activity, check_in)
    _refuse_values(activity)
    people = [] if message_id else mentioned_in(activity.content, customer, author=actor)
    with operation(actor, "activity_logged", activity, anchor_id=customer.pk):
        locked = hold_customer(customer)
        _refuse_foreign_contact(contact, locked)
        activity.is_valid_follow_up = counts and locked.owner_id == actor.pk and kind != Activity.Kind.NOTE
        activity.save(force_insert=True)
        attach_files(activity, files, actor=actor)
        _move_clock(locked, activity, actor)
        _tell(activity, people)
    return activity


def _note_check_in(activity: Activity, check_in: CheckIn | None) -> None:
    if check_in:
        activity.checked_in_at = check_in.at
        activity.latitude, activity.longitude = check_in.latitude, check_in.longitude


def _refuse_foreign_contact(contact: Contact | None, customer: Customer) -> None:
    if contact is not None and contact.customer_id != customer.pk:
        raise ValidationError({"contact": _("This contact belongs to another customer.")})


def update_activity(activity: Activity, *, actor: User, values: dict[str, Any]) -> Activity:
    """Correct a follow-up of one's own within 24 hours."""
    with operation(actor, "activity_changed", activity, anchor_id=activity.customer_id):
        customer = hold_customer(activity.customer)
        locked = _live(activity)
        _refuse_late(locked, actor)
        was_at = locked.happened_at
        for name in ("kind", "happened_at", "next_follow_on", "contact", "place"):
            if name in values:
                setattr(locked, name, values[name])
        if "content" in values:
            locked.content = clean_content(values["content"])
        _refuse_values(locked)
        people = mentioned_in(locked.content, customer, author=actor)
        _refuse_foreign_contact(locked.contact, customer)
        locked.is_valid_follow_up = locked.is_valid_follow_up and locked.kind != Activity.Kind.NOTE
        locked.changed_at = timezone.now()
        locked.save()
        _recount_clock(customer, actor, was_at)
        _turn_clock_on(customer, locked, actor)
        _tell(locked, people)
    return locked


def archive_activity(activity: Activity, *, actor: User) -> None:
    """Take a follow-up off the timeline: its author within 24 hours, or whoever leads the owner's department."""
    with operation(actor, "activity_archived", activity, anchor_id=activity.customer_id):
        customer = hold_customer(activity.customer)
        locked = _live(activity)
        if not actor.reach.covers("customers.archive_customer", customer):
            _refuse_late(locked, actor)
        locked.archived_at = locked.changed_at = timezone.now()
        locked.save(update_fields=["archived_at", "changed_at"])
        _recount_clock(customer, actor, locked.happened_at)


def may_correct(activity: Activity, user: User) -> bool:
    """Whether a person may still correct a follow-up."""
    return activity.author_id == user.pk and is_young(activity.created_at) and activity.archived_at is None


def is_young(created_at: datetime | None) -> bool:
    """Whether a follow-up of this moment may still be corrected."""
    return created_at is not None and created_at > timezone.now() - timedelta(hours=EDIT_HOURS)


def remind_of_follow_ups() -> int:
    """Tell owners once a day which customers are due today; how many were told. Set-based, safe to run twice."""
    today, told, last = timezone.localdate(), 0, 0
    while True:
        due: CustomerQuerySet = Customer.objects.live().filter(next_follow_on=today, owner__is_active=True, pk__gt=last)
        rows = list(due.select_related("owner").only("name", "owner__language", "owner__name").order_by("pk")[:CHUNK])
        if not rows:
            return told
        notify_many([_reminder(row, today) for row in rows])
        told, last = told + len(rows), rows[-1].pk


def clean_content(text: str) -> str:
    """What was written, without control characters, its lines kept."""
    return "\n".join(clean_line(line) for line in (text or "").replace("\r\n", "\n").split("\n")).strip()


def _tell(activity: Activity, people: list[User]) -> None:
    tell_mentioned(
        people,
        about=activity,
        author=activity.author,
        text=activity.content,
        dedupe_key=f"mention:activity:{activity.pk}",
    )


def _reminder(customer: Customer, today: date) -> Notice:
    owner = customer.owner
    assert owner is not None
    with translation.override(owner.language):
        text = _("Follow up “%(name)s” today.") % {"name": customer.name}
    key = f"follow-up:{today}:{customer.pk}"
    return new_notice(owner, "follow_up_due", text, about=customer, url=customer.get_absolute_url(), dedupe_key=key)


def _refuse_values(activity: Activity) -> None:
    now, today = timezone.now(), timezone.localdate()
    wrong: dict[str, str] = {}
    if not activity.content:
        wrong["content"] = _("Write what happened.")
    elif len(activity.content) > LONGEST_CONTENT:
        wrong["content"] = _("%(count)s characters are too many; %(limit)s fit.") % {
            "count": len(activity.content), "limit": LONGEST_CONTENT,
        }  # fmt: skip
    if activity.kind not in Activity.Kind.values:
        wrong["kind"] = _("“%(value)s” is not a kind of follow-up.") % {"value": str(activity.kind)[:20]}
    if activity.happened_at > now + timedelta(minutes=5):
        wrong["happened_at"] = _("This is in the future. Plan it as the next follow-up instead.")
    elif activity.happened_at < now - timedelta(days=366 * OLDEST_YEARS):
        wrong["happened_at"] = _("This is more than %(count)s years ago.") % {"count": OLDEST_YEARS}
    planned = activity.next_follow_on
    if planned and planned < today:
        wrong["next_follow_on"] = _("The next follow-up cannot lie in the past.")
    elif planned and planned > today + timedelta(days=PLANNED_DAYS_AT_MOST):
        wrong["next_follow_on"] = _("Plan at most two years ahead.")
    if len(activity.place) > 120:
        wrong["place"] = _("%(count)s characters are too many; %(limit)s fit.") % {
            "count": len(activity.place), "limit": 120,
        }  # fmt: skip
    if wrong:
        raise ValidationError(wrong)


def _refuse_late(activity: Activity, actor: User) -> None:
    if activity.author_id != actor.pk:
        raise PermissionDenied(_("Only its author changes a follow-up."))
    if not may_correct(activity, actor):
        raise ValidationError(
            _("A follow-up can be corrected for %(hours)s hours. Write another one.") % {"hours": EDIT_HOURS}
        )


def _move_clock(customer: Customer, activity: Activity, actor: User) -> None:
    changed: dict[str, Any] = {}
    if activity.is_valid_follow_up:
        if customer.last_followed_at is None or activity.happened_at > customer.last_followed_at:
            changed["last_followed_at"] = activity.happened_at
        if activity.next_follow_on or (customer.next_follow_on and customer.next_follow_on <= timezone.localdate()):
            changed["next_follow_on"] = activity.next_follow_on  # what was due is done
    if changed:
        Customer.objects.filter(pk=customer.pk).update(**changed, changed_at=timezone.now(), changed_by=actor)


def _turn_clock_on(customer: Customer, activity: Activity, actor: User) -> None:
    """The clock after a follow-up it did not stand on was corrected to a later moment."""
    if activity.is_valid_follow_up and activity.pk not in Merge.objects.foreign_talks(customer):
        rows = Customer.objects.filter(pk=customer.pk, last_followed_at__lt=activity.happened_at)
        rows.update(last_followed_at=activity.happened_at, changed_at=timezone.now(), changed_by=actor)


def _recount_clock(customer: Customer, actor: User, was_at: datetime) -> None:
    """The clock after the follow-up it stood on was corrected: the latest one that still counts."""
    if customer.last_followed_at != was_at:
        return
    counted = Activity.objects.live().filter(customer=customer, is_valid_follow_up=True)
    counted = counted.exclude(pk__in=Merge.objects.foreign_talks(customer))
    latest = counted.order_by("-happened_at").values_list("happened_at", flat=True).first()
    if latest != customer.last_followed_at:
        Customer.objects.filter(pk=customer.pk).update(
            last_followed_at=latest, changed_at=timezone.now(), changed_by=actor
        )


def _live(activity: Activity) -> Activity:
    locked = Activity.objects.select_for_update(of=("self",), no_key=True).get(pk=activity.pk)
    if locked.archived_at is not None:
        raise ValidationError(_("This follow-up is archived."), code="archived")
    return locked
