"""Merging 合并: one customer takes over everything of another, and gives it back when the merge is taken back."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.customfields.values import keep_unique, release_records
from crm.history.operations import operation
from crm.notifications.actions import notify
from crm.people.models import User
from customers.contacts.models import Contact
from customers.customers.actions import EDITABLE, refuse_archived
from customers.customers.covered import refuse_unknown_details
from customers.customers.custom import CONTACT, CUSTOMER, PREFIX, refuse_unknown_custom
from customers.customers.holds import refuse_held
from customers.customers.identity import name_key
from customers.customers.models import Customer
from customers.customers.relations import hold_tree
from customers.customers.search import refresh_search
from customers.duplicates.models import DuplicateCandidate, Merge
from customers.duplicates.references import references_to

RIGHT = "customers.merge_customer"
# what may be taken from either; tags come from both, dates and people stay those of the survivor
CHOOSABLE = tuple(name for name in EDITABLE if name not in ("tag_ids", "next_follow_on"))
CONTACT_FILLED = ("job_title", "power", "attitude", "phone", "email", "wechat", "birthday", "remark")
_ADVANCE: list[str] = [Customer.Status.LEAD, Customer.Status.OPPORTUNITY, Customer.Status.EXISTING]


def merge_customers(
    survivor: Customer,
    loser: Customer,
    *,
    actor: User,
    fields: Collection[str] = (),
    joins: Mapping[int, int] | None = None,
    reason: str = "",
) -> Merge:
    """Move everything of `loser` to `survivor` and put the loser away; its number and address lead to the survivor.

    `fields` names the values to take from the loser (`custom.key` for a custom field); what the survivor lacks is
    taken anyway. `joins` says which contacts of the loser are the same person as one of the survivor. ValidationError
    where a record is archived, out of the actor's reach or held by a fact, or where an owner would lose a customer.
    """
    with operation(actor, "customers_merged", loser, anchor_id=survivor.pk, reason=reason) as entry:
        survivor, loser = _held(survivor, loser, actor)
        chosen = _values(survivor, loser, fields, actor)
        before = {"survivor": snapshot(survivor), "loser": snapshot(loser)}
        chosen["parent_id"] = _parent(survivor, loser)
        joined, contacts = _join_contacts(survivor, loser, joins or {}, actor)
        moved: dict[str, Any] = {"joined": joined, "contacts": contacts | _one_primary(survivor, loser)}
        moved["rows"] = _moved(Customer, loser, survivor)
        _put_away(loser, survivor, actor)
        _write(survivor, chosen, actor)
        moved["candidate"] = _close_candidate(survivor, loser, actor)
        moved["loser_after"] = snapshot(loser)
        refresh_search([survivor.pk, loser.pk])
        merge = Merge.objects.create(
            survivor=survivor, loser=loser, fields=sorted(fields), before=before, after=snapshot(survivor),
            moved=moved, merged_by=actor,
        )  # fmt: skip
        _tell_owners(survivor, loser, actor, entry.pk)
    return merge


def snapshot(row: Any) -> dict[str, Any]:
    """The columns of a row as PostgreSQL holds them, to the microsecond."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT to_jsonb(r) FROM "{row._meta.db_table}" r WHERE id = %s', [row.pk])  # noqa: S608 - a table of ours
        found: dict[str, Any] = json.loads(cursor.fetchone()[0])
        return found


def hold_both(one_id: int, other_id: int) -> dict[int, Customer]:
    """Both customers, locked in the order of their ids, and the trees of companies, in which their children move."""
    hold_tree()
    rows = Customer.objects.filter(pk__in=[one_id, other_id]).order_by("pk").select_for_update(of=("self",))
    return {row.pk: row for row in rows}


def _held(survivor: Customer, loser: Customer, actor: User) -> tuple[Customer, Customer]:
    """Both customers, locked; ValidationError where they cannot be merged."""
    if survivor.pk == loser.pk:
        raise ValidationError(_("A customer cannot be merged with itself."), code="same")
    rows = hold_both(survivor.pk, loser.pk)
    if Customer.objects.within(actor, RIGHT).filter(pk__in=rows).count() < 2:
        raise ValidationError(_("You may not merge one of these customers."), code="out_of_reach")
    survivor, loser = rows[survivor.pk], rows[loser.pk]
    refuse_archived(survivor)
    refuse_archived(loser)
    if survivor.owner_id is None and loser.owner_id is not None:
        words = {"name": loser, "owner": loser.owner}
        text = _("“%(name)s” belongs to %(owner)s. Keep that one, or its owner would lose it.") % words
        raise ValidationError(text, code="owner")
    refuse_held(rows)
    return survivor, loser


# ── the values of the survivor ──


def _values(survivor: Customer, loser: Customer, fields: Collection[str], actor: User) -> dict[str, Any]:
    """What the survivor gets by column; ValidationError for a field nobody may choose, or may not know."""
    custom = {name.removeprefix(PREFIX) for name in fields if name.startswith(PREFIX)}
    if unknown := {name for name in fields if not name.startswith(PREFIX)} - set(CHOOSABLE):
        raise ValidationError({name: _("This field cannot be chosen here.") for name in unknown})
    for row in (survivor, loser):
        refuse_unknown_details(actor, row, fields)
        taken = {**row.custom, **dict.fromkeys(custom)}
        refuse_unknown_custom(actor, row, CUSTOMER, row.custom, taken)
    values = {}
    for name in CHOOSABLE:
        column = Customer._meta.get_field(name).attname  # type: ignore[union-attr]
        ours, theirs = getattr(survivor, column), getattr(loser, column)
        values[column] = theirs if name in fields or ours in (None, "") else ours
    values["tag_ids"] = list(dict.fromkeys([*survivor.tag_ids, *loser.tag_ids]))
    values["custom"] = {
        **loser.custom,
        **survivor.custom,
        **{key: loser.custom[key] for key in custom & set(loser.custom)},
    }
    values["next_follow_on"] = survivor.next_follow_on or loser.next_follow_on
    if loser.status in _ADVANCE and survivor.status in _ADVANCE:
        values["status"] = max(survivor.status, loser.status, key=_ADVANCE.index)
    if survivor.owner_id == loser.owner_id:  # else the talks of another would restart the clock
        talks = [moment for moment in (survivor.last_followed_at, loser.last_followed_at) if moment]
        values["last_followed_at"] = max(talks, default=None)
    return values


def _write(survivor: Customer, values: Mapping[str, Any], actor: User) -> None:
    before = survivor.custom
    for column, value in values.items():
        setattr(survivor, column, value)
    survivor.name_key = name_key(survivor.name)
    survivor.changed_at, survivor.changed_by = timezone.now(), actor
    survivor.save()
    keep_unique(CUSTOMER, survivor.pk, before, survivor.custom)


def _put_away(loser: Customer, survivor: Customer, actor: User) -> None:
    loser.archived_at = loser.changed_at = timezone.now()
    loser.merged_into, loser.changed_by = survivor, actor
    loser.save(update_fields=["archived_at", "merged_into", "changed_at", "changed_by"])
    release_records(CUSTOMER, [loser.pk])  # so that the survivor may hold its unique values


def _parent(survivor: Customer, loser: Customer) -> int | None:
    """The parent of the survivor: its own, or the loser's where it has none; never itself nor the loser."""
    if survivor.parent_id is None or loser.pk in _above(survivor):
        return None if survivor.pk in _above(loser) else loser.parent_id
    return survivor.parent_id


def _above(customer: Customer) -> set[int]:
    """The companies a company belongs to."""
    found: set[int] = set()
    above = customer.parent_id
    while above is not None and above not in found:
        found.add(above)
        above = Customer.objects.filter(pk=above).values_list("parent_id", flat=True).get()
    return found


# ── contacts ──


def _join_contacts(
    survivor: Customer, loser: Customer, joins: Mapping[int, int], actor: User
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Let one person stand once: what belongs to the loser's contact goes to the survivor's, which keeps its own.

    Answers which rows moved from whom to whom, and the contacts as they were and as they are.
    """
    contacts = Contact.objects.live().filter(pk__in=[*joins, *joins.values()]).select_for_update().in_bulk()
    pairs = [(contacts.get(source_id), contacts.get(target_id)) for source_id, target_id in sorted(joins.items())]
    before = {pk: snapshot(contact) for pk, contact in contacts.items()}
    joined = []
    for source, target in pairs:
        if source is None or target is None or (source.customer_id, target.customer_id) != (loser.pk, survivor.pk):
            raise ValidationError({"joins": _("These two contacts cannot be joined.")})
        joined.append({"from": source.pk, "to": target.pk, "rows": _moved(Contact, source, target)})
        _take_over(target, source, actor)
    return joined, {str(pk): {"before": row, "after": snapshot(contacts[pk])} for pk, row in before.items()}


def _take_over(target: Contact, source: Contact, actor: User) -> None:
    """Fill what one contact lacks from the other, and put the other away."""
    now, before = timezone.now(), target.custom
    others = Contact.objects.live().filter(customer_id=target.customer_id, is_primary=True)
    is_primary = target.is_primary or (source.is_primary and not others.exists())
    source.archived_at, source.is_primary, source.changed_at, source.changed_by = now, False, now, actor
    source.save(update_fields=["archived_at", "is_primary", "changed_at", "changed_by"])
    release_records(CONTACT, [source.pk])
    for name in CONTACT_FILLED:
        if getattr(target, name) in (None, ""):
            setattr(target, name, getattr(source, name))
    target.custom, target.is_primary = {**source.custom, **target.custom}, is_primary
    target.changed_at, target.changed_by = now, actor
    target.save(update_fields=[*CONTACT_FILLED, "custom", "is_primary", "changed_at", "changed_by"])
    keep_unique(CONTACT, target.pk, before, target.custom)


def _moved(model: type[Customer] | type[Contact], source: Any, target: Any) -> dict[str, list[int]]:
    """Everything that pointed to one record points to the other: the ids that moved, by column."""
    return {found.label: ids for found in references_to(model) if (ids := found.move(source, target))}


def _one_primary(survivor: Customer, loser: Customer) -> dict[str, Any]:
    """Where both have a main contact, the survivor's stays it."""
    primary = Contact.objects.live().filter(is_primary=True)
    theirs = primary.filter(customer=loser).first()
    if theirs is None or not primary.filter(customer=survivor).exists():
        return {}
    before = snapshot(theirs)
    Contact.objects.filter(pk=theirs.pk).update(is_primary=False)
    return {str(theirs.pk): {"before": before, "after": snapshot(theirs)}}


# ── around it ──


def _close_candidate(survivor: Customer, loser: Customer, actor: User) -> dict[str, Any] | None:
    first, second = sorted((survivor.pk, loser.pk))
    candidate = DuplicateCandidate.objects.filter(first=first, second=second).select_for_update(no_key=True).first()
    if candidate is None:
        return None
    before = snapshot(candidate)
    candidate.state, candidate.decided_by = DuplicateCandidate.State.MERGED, actor
    candidate.decided_at = timezone.now()
    candidate.save(update_fields=["state", "decided_by", "decided_at"])
    return before


def _tell_owners(survivor: Customer, loser: Customer, actor: User, key: int) -> None:
    for owner in {survivor.owner, loser.owner} - {None, actor}:
        assert owner is not None
        is_seen = Customer.objects.visible_to(owner).filter(pk=survivor.pk).exists()
        with translation.override(owner.language):
            text = (
                _("“%(loser)s” was merged into “%(name)s”.") % {"loser": loser, "name": survivor}
                if is_seen
                else _("“%(loser)s” was merged into a customer you do not see.") % {"loser": loser}
            )
        about, url = (survivor, survivor.get_absolute_url()) if is_seen else (None, "")
        notify(owner, "customer_merged", text, about=about, url=url, dedupe_key=f"merged:{key}")
