"""Uniform spelling written: chosen customers and their contacts, at once or as a job, by one operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.models import Operation
from crm.history.operations import operation, tied_to
from crm.jobs.actions import start_job
from crm.jobs.models import Job
from crm.people.models import User
from crm.records.selection import Selection
from customers.base_data.lookups import Lookups
from customers.contacts.models import Contact
from customers.customers.identity import name_key
from customers.customers.models import Customer
from customers.customers.search import refresh_search
from customers.quality.marking import COMPANY_READ, mark, odd_people
from customers.quality.offers import changes_for, offered
from customers.quality.uniform_fields import FIELDS, Change, columns_of

RIGHT = "customers.change_customer"
KIND, VERB = "normalise", "customers_normalised"
AT_MOST, CHUNK = 10_000, 1000


@dataclass(frozen=True)
class Outcome:
    """What became of chosen customers: those changed, and how many stayed as they are."""

    changed: list[int]
    skipped: int


def chosen_ids(selection: Selection, user: User, codes: Sequence[str]) -> list[int]:
    """The chosen customers among those offered, ten thousand at a time."""
    rows = offered(user, codes)
    if not selection.is_all:
        rows = rows.filter(pk__in=selection.ids)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_MOST])


def normalise(
    selection: Selection, *, actor: User, codes: Sequence[str], seen: datetime
) -> tuple[Operation, Outcome | Job]:
    """Write the uniform spelling of these fields: at once for up to a thousand customers, as a job above.

    `seen` is when the person looked: a customer changed after that stays as it is, and is counted. ValidationError
    where nothing is left to change.
    """
    codes = list(codes) or list(FIELDS)
    ids = chosen_ids(selection, actor, codes)
    facts = {"fields": codes}
    if len(ids) > CHUNK:
        with operation(actor, VERB, row_count=len(ids), facts=facts) as entry:
            asked = {**selection.as_params(), "fields": codes, "seen": seen.isoformat()}
            return entry, start_job(KIND, _("Uniform spelling"), requested_by=actor, params=asked, operation=entry)
    with transaction.atomic():
        going, skipped = _held(ids, actor, codes, seen, Lookups())
        if not going:
            raise ValidationError(_("None of the chosen customers would change now."), code="nothing")
        with operation(actor, VERB, row_count=len(going), facts=facts) as entry:
            _write(going, actor)
    return entry, Outcome(list(going), skipped)


def normalise_part(ids: list[int], *, actor: User, codes: Sequence[str], seen: datetime, entry: Operation) -> Outcome:
    """One part of a job, under the operation it belongs to."""
    with tied_to(entry):
        going, skipped = _held(ids, actor, codes, seen, Lookups())
        if going:
            _write(going, actor)
    return Outcome(list(going), skipped)


def after_undo(ids: Mapping[str, list[int]]) -> None:
    """What follows from spellings that were put back: keys, search rows, marks."""
    people = Contact.objects.filter(pk__in=ids.get("customers.Contact", []))
    touched = {*ids.get("customers.Customer", []), *people.values_list("customer_id", flat=True)}
    if not touched:
        return
    names = dict(Customer.objects.filter(pk__in=touched).values_list("pk", "name"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_customer c SET name_key = n.key FROM unnest(%s::bigint[], %s::text[]) AS n (id, key) "
            "WHERE c.id = n.id AND c.name_key <> n.key",
            [list(names), [name_key(name) for name in names.values()]],
        )
    refresh_search(list(names))
    mark(list(names))


_Going = dict[int, tuple[Any, list[Change]]]


def _held(ids: list[int], actor: User, codes: Sequence[str], seen: datetime, lookups: Lookups) -> tuple[_Going, int]:
    """Lock the customers and answer those that still are as they were seen and would change, and how many stay."""
    rows = offered(actor, codes).filter(pk__in=ids).order_by("pk").select_for_update(of=("self",), no_key=True)
    held = [row for row in rows.only(*COMPANY_READ) if row.changed_at <= seen]
    _hold_people(held, seen)
    going: _Going = {}
    for row in held:
        if changes := changes_for(actor, row, codes, lookups):
            going[row.pk] = (row, changes)
    _drop_known_codes(going)
    return going, len(ids) - len(going)


def _hold_people(customers: list[Any], seen: datetime) -> None:
    """Lock the contacts of locked customers that may change; who was changed since they were seen stays as they are."""
    by_id = {row.pk: row for row in customers}
    for row in customers:
        row.people = []
    people = odd_people(Customer.objects.filter(pk__in=by_id)).order_by("pk")
    for person in people.select_for_update(of=("self",), no_key=True):
        if person.changed_at <= seen:
            by_id[person.customer_id].people.append(person)


def _drop_known_codes(going: _Going) -> None:
    """A credit code another live customer has cannot be written; the customer keeps its own, with all its details."""
    codes = {pk: change.after for pk, (_row, changes) in going.items() for change in changes
             if change.field.code == "credit_code"}  # fmt: skip
    if not codes:
        return
    known = list(Customer.objects.live().filter(credit_code__in=codes.values()).values_list("credit_code", flat=True))
    for pk, code in codes.items():
        if code in known:
            del going[pk]
        known.append(code)


_WRITE = """
UPDATE customers_customer c SET name = n.name, short_name = n.short_name, credit_code = n.credit_code,
    website = n.website, phone = n.phone, email = n.email, address = n.address, region_id = n.region_id,
    industry_id = n.industry_id, name_key = n.name_key, changed_at = %s, changed_by_id = %s
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[],
    %s::text[], %s::bigint[], %s::text[])
    AS n (id, name, short_name, credit_code, website, industry_id, phone, email, address, region_id, name_key)
WHERE c.id = n.id
"""
_WRITE_PEOPLE = """
UPDATE customers_contact c SET name = n.name, job_title = n.job_title, phone = n.phone, email = n.email,
    changed_at = %s, changed_by_id = %s
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[]) AS n (id, name, job_title, phone, email)
WHERE c.id = n.id
"""


def _write(going: _Going, actor: User) -> None:
    companies: dict[int, Any] = {}
    people: dict[int, Any] = {}
    for row, changes in going.values():
        for change in changes:
            target = change.person or row
            setattr(target, change.field.column, change.after)
            (companies if target is row else people)[target.pk] = target
    stamp: list[Any] = [timezone.now(), actor.pk]
    with connection.cursor() as cursor:
        if companies:
            keys = [name_key(row.name) for row in companies.values()]
            cursor.execute(_WRITE, [*stamp, *_columns(Customer, companies), keys])
        if people:
            cursor.execute(_WRITE_PEOPLE, [*stamp, *_columns(Contact, people)])
    ids = list(going)
    refresh_search(ids)
    mark(ids)


def _columns(model: type[Customer] | type[Contact], rows: Mapping[int, Any]) -> list[list[Any]]:
    return [[getattr(row, column) for row in rows.values()] for column in ("id", *columns_of(model))]
