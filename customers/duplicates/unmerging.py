"""Taking a merge back: both customers as they were; what somebody changed since is kept and listed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.attachments.models import Attachment
from crm.attachments.policies import policy_of
from crm.company.actions import company_setting
from crm.customfields.values import keep_unique
from crm.history.operations import operation
from crm.people.models import User
from customers.contacts.models import Contact
from customers.customers.custom import CONTACT, CUSTOMER
from customers.customers.models import Customer
from customers.customers.relations import refuse_loop
from customers.customers.search import refresh_search
from customers.duplicates.merging import RIGHT, hold_both, snapshot
from customers.duplicates.models import DuplicateCandidate, Merge
from customers.duplicates.references import references_to

# follow from other columns, so nobody is told about them
_UNTOLD = frozenset({"name_key", "changed_at", "changed_by_id", "customer_id"})


@dataclass
class Unmerged:
    """How many records went back, and what is not as it was (label and reason)."""

    put_back: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)


def undo_until(merge: Merge) -> datetime:
    """Until when a merge can be taken back."""
    return merge.merged_at + timedelta(days=company_setting("duplicates.unmerge_days"))


def unmerge(merge: Merge, *, actor: User) -> Unmerged:
    """Restore both customers; ValidationError where that is too late, done already, or a later merge lies upon it."""
    outcome = Unmerged()
    with _room_for_both(), operation(actor, "merge_undone", merge.loser, anchor_id=merge.survivor_id):
        rows = hold_both(merge.survivor_id, merge.loser_id)
        merge = Merge.objects.select_for_update(no_key=True).get(pk=merge.pk)
        survivor, loser = rows[merge.survivor_id], rows[merge.loser_id]
        _refuse(merge, survivor, loser, actor)
        custom = survivor.custom
        _restore(survivor, merge.before["survivor"], merge.after, outcome)
        survivor.refresh_from_db()
        keep_unique(CUSTOMER, survivor.pk, custom, survivor.custom)
        _move_back(Customer, loser, survivor, merge.moved["rows"], outcome)
        for pair in merge.moved["joined"]:
            source, target = (Contact.objects.get(pk=pair[end]) for end in ("from", "to"))
            _move_back(Contact, source, target, pair["rows"], outcome)
        _restore_contacts(merge.moved["contacts"], outcome)
        _restore(loser, merge.before["loser"], merge.moved["loser_after"], outcome)
        loser.refresh_from_db()
        keep_unique(CUSTOMER, loser.pk, {}, loser.custom)
        _part_links(survivor, loser, outcome)
        _anchor_files(survivor, loser)
        refuse_loop([survivor, loser])
        _reopen_candidate(merge.moved["candidate"])
        merge.undone_by, merge.undone_at = actor, timezone.now()
        merge.save(update_fields=["undone_by", "undone_at"])
        refresh_search([survivor.pk, loser.pk])
    return outcome


@contextmanager
def _room_for_both() -> Iterator[None]:
    """Turns a promise of the database that the records of before would break into a sentence."""
    try:
        yield
    except IntegrityError as fault:
        text = _("Another record holds meanwhile what one of the two had (a credit code, for instance).")
        raise ValidationError(text, code="taken") from fault


def _refuse(merge: Merge, survivor: Customer, loser: Customer, actor: User) -> None:
    if merge.undone_at is not None:
        raise ValidationError(_("This merge has been taken back already."), code="undone")
    if undo_until(merge) < timezone.now():
        days = company_setting("duplicates.unmerge_days")
        raise ValidationError(_("A merge can be taken back for %(days)s days.") % {"days": days}, code="too_late")
    if Customer.objects.within(actor, RIGHT).filter(pk__in=[survivor.pk, loser.pk]).count() < 2:
        raise ValidationError(_("You may not take back the merge of these customers."), code="out_of_reach")
    if survivor.merged_into_id is not None:
        words = {"name": survivor, "other": survivor.merged_into}
        raise ValidationError(_("“%(name)s” was merged into “%(other)s” later. Take that merge back first.") % words)
    if survivor.archived_at is not None:
        raise ValidationError(_("“%(name)s” is archived. Put it back first.") % {"name": survivor}, code="archived")


def _restore(row: Any, before: dict[str, Any], after: dict[str, Any], outcome: Unmerged) -> None:
    """Put the columns a merge wrote back where they still hold what it wrote."""
    now = snapshot(row)
    written = [name for name, value in before.items() if name in after and name in now and after[name] != value]
    untouched = [name for name in written if now[name] == after[name]]
    for name in written:
        if name not in untouched and name not in _UNTOLD:
            label = str(type(row)._meta.get_field(name.removesuffix("_id")).verbose_name)
            outcome.kept.append((f"{row} · {label}", _("It has been changed since.")))
    _write_back(row, before, [name for name in untouched if name != "customer_id"])
    outcome.put_back += bool(untouched)


def _write_back(row: Any, before: dict[str, Any], columns: list[str]) -> None:
    if not columns:
        return
    table = row._meta.db_table
    names, values = (", ".join(f'{prefix}"{name}"' for name in columns) for prefix in ("", "r."))
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" SET ({names}) = '  # noqa: S608 - tables and columns of ours
            f'(SELECT {values} FROM jsonb_populate_record(NULL::"{table}", %s::jsonb) r) WHERE id = %s',
            [json.dumps(before), row.pk],
        )


def _restore_contacts(written: dict[str, Any], outcome: Unmerged) -> None:
    contacts = Contact.objects.select_for_update().in_bulk([int(pk) for pk in written])
    # those put away give their unique values back before others take them again
    for contact in sorted(contacts.values(), key=lambda row: row.archived_at is not None):
        before, after = (written[str(contact.pk)][name] for name in ("before", "after"))
        others = Contact.objects.live().filter(customer=contact.customer_id, is_primary=True).exclude(pk=contact.pk)
        if before["is_primary"] and not after["is_primary"] and others.exists():
            before = {**before, "is_primary": False}
            outcome.kept.append((str(contact), _("Somebody else is the main contact meanwhile.")))
        was_away, custom = contact.archived_at is not None, contact.custom
        _restore(contact, before, after, outcome)
        contact.refresh_from_db()
        keep_unique(CONTACT, contact.pk, {} if was_away else custom, contact.custom)


def _move_back(
    model: type[Customer] | type[Contact], source: Any, target: Any, moved: dict[str, list[int]], outcome: Unmerged
) -> None:
    for found in references_to(model):
        ids = moved.get(found.label, [])
        count = found.move_back(ids, source, target)
        outcome.put_back += count
        if left := len(ids) - count:
            text = ngettext(
                "%(count)s record belongs elsewhere meanwhile.", "%(count)s records belong elsewhere meanwhile.", left
            )
            outcome.kept.append((str(found.model._meta.verbose_name), text % {"count": left}))


def _part_links(survivor: Customer, loser: Customer, outcome: Unmerged) -> None:
    """What was linked since the merge no longer leads from a record of one customer to a contact of the other."""
    pair = [survivor.pk, loser.pk]
    for found in references_to(Contact):
        name, columns = found.field.name, {column.name for column in found.model._meta.concrete_fields}
        if not (found.field.is_relation and found.field.null and "customer" in columns):
            continue
        linked = found.model._base_manager.filter(**{"customer__in": pair, f"{name}__customer__in": pair})
        parted = list(linked.exclude(customer=F(f"{name}__customer")).order_by("pk"))
        found.model._base_manager.filter(pk__in=[row.pk for row in parted]).update(**{name: None})
        text = _("It led to a contact of the other customer and has been removed.")
        outcome.kept += [(f"{row} · {found.field.verbose_name}", text) for row in parted]


def _anchor_files(survivor: Customer, loser: Customer) -> None:
    """Files added since the merge go with the record they are kept with: each is told of at that record's customer."""
    files = list(Attachment.objects.filter(anchor_id=survivor.pk).prefetch_related("record"))
    theirs = [file.pk for file in files if file.record and policy_of(type(file.record)).anchor(file.record) == loser.pk]
    Attachment.objects.filter(pk__in=theirs).update(anchor_id=loser.pk)


def _reopen_candidate(before: dict[str, Any] | None) -> None:
    candidate = DuplicateCandidate.objects.filter(pk=before["id"]).first() if before else None
    if before and candidate and candidate.state == DuplicateCandidate.State.MERGED:
        _write_back(candidate, before, ["state", "decided_by_id", "decided_at"])
