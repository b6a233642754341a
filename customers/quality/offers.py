"""Uniform spelling as it is offered: to whom, how many, and what each sees of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from crm.access.masks import REVEAL_RIGHT, VIEW_RIGHT, may_know_contact_details, shown
from crm.people.models import User
from customers.base_data.lookups import Lookups
from customers.contacts.models import Contact
from customers.customers.models import Customer
from customers.customers.querysets import CustomerQuerySet
from customers.quality.marking import COMPANY_READ, PERSON_READ
from customers.quality.uniform_fields import FIELDS, Change, changes_in, odd

PEOPLE_RIGHT = "customers.change_contact"


def offered(user: User, codes: Iterable[str] = ()) -> CustomerQuerySet:
    """The customers a person may change and whose marks they may know, narrowed to some fields."""
    rows: CustomerQuerySet = Customer.objects.editable_by(user)
    return rows.live().outside_pools().filter(_marked(user, list(codes) or list(FIELDS)))


def counts_of(user: User) -> dict[str, int]:
    """How many customers each field would change; one query."""
    each: dict[str, Any] = {code: Count("pk", filter=_marked(user, [code])) for code in FIELDS}
    return offered(user).order_by().aggregate(**each)


def _marked(user: User, codes: list[str]) -> Q:
    condition = Q()
    for is_personal in (False, True):
        for of in (Customer, Contact):
            group = [code for code in codes if (FIELDS[code].is_personal, FIELDS[code].of) == (is_personal, of)]
            if group:
                allowed = (entitled(user) if is_personal else Q()) & (_people_of(user) if of is Contact else Q())
                condition |= Q(quality__proposals__overlap=group) & allowed
    return condition


def entitled(user: User) -> Q:
    """The condition for customers whose contact details the person may know; who has them all knows all."""
    scopes = [user.reach.rows(right) for right in (VIEW_RIGHT, REVEAL_RIGHT)]
    return Q() if None in scopes else scopes[0] | scopes[1]  # type: ignore[operator]


def _people_of(user: User) -> Q:
    """The condition for customers whose contacts the person may change."""
    return user.reach.rows(PEOPLE_RIGHT) or Q()


def readable(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With the columns that proposals are made of, and the contacts that may have some as `people`."""
    people = Contact.objects.live().filter(odd(Contact)).only(*PERSON_READ).order_by("pk")
    return rows.only(*COMPANY_READ).prefetch_related(Prefetch("contacts", people, to_attr="people"))


def changes_for(user: User, row: Any, codes: Iterable[str], lookups: Lookups) -> list[Change]:
    """What these fields of a customer and its `people` would read, without what the person may not know or change."""
    is_entitled = may_know_contact_details(user, row)
    known = [code for code in codes if is_entitled or not FIELDS[code].is_personal]
    people = row.people if user.reach.covers(PEOPLE_RIGHT, row) else []
    return [change for one in (row, *people) for change in changes_in(one, known, lookups)]


def told(user: User, row: Any, change: Change, lookups: Lookups) -> tuple[str, str, str]:
    """Label, before and after as this person may see them: entries by name, contact details masked as on any page."""
    field, label = change.field, str(change.field.label)
    if field.column == "region_id":
        return label, "", lookups.name("regions", change.after)
    if field.column == "industry_id":
        return label, "", lookups.name("industries", change.after)
    if change.person is not None:
        label = f"{change.person.name} · {label}"
    if field.is_personal:
        return label, shown(user, row, field.column, change.before), shown(user, row, field.column, change.after)
    return label, change.before, change.after
