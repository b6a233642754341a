"""Two customers side by side, as one person may see them: what differs, who is the same person, what would move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.access.masks import CONTACT_FIELDS, masked, may_know_contact_details, shown
from crm.customfields.definitions import fields_of
from customers.contacts.models import Contact
from customers.customers.custom import CUSTOMER, people_named, told_value
from customers.customers.identity import display_phone
from customers.customers.models import Customer
from customers.customers.names import Names, look_up, merged, wanted_by
from customers.duplicates.merging import CHOOSABLE
from customers.duplicates.references import references_to
from customers.pool.hiding import hidden_columns

_COLUMNS = {name: Customer._meta.get_field(name).attname for name in CHOOSABLE}  # type: ignore[union-attr]
_KINDS = {
    "stage_id": "stage",
    "level_id": "level",
    "industry_id": "industry",
    "region_id": "region",
    "source_id": "source",
}


@dataclass(frozen=True)
class Line:
    """A field of both: its words on either side; `is_open` where one may choose."""

    name: str
    label: str
    ours: str
    theirs: str
    is_open: bool


@dataclass(frozen=True)
class Pair:
    """A contact of either that may be one person."""

    ours: Contact
    theirs: Contact

    @property
    def key(self) -> str:
        """How a form names the pair."""
        return f"{self.theirs.pk}-{self.ours.pk}"


def lines_of(survivor: Customer, loser: Customer, user: Any) -> list[Line]:
    """Every field either of them has a value for; what is hidden of either cannot be chosen nor compared."""
    rows = (survivor, loser)
    people = people_named(CUSTOMER, [row.custom for row in rows])
    names = look_up(merged(wanted_by(rows, _KINDS), {"person": people}))
    knows = all(may_know_contact_details(user, row) for row in rows)
    hidden = {row.pk: hidden_columns(user, row) for row in rows}
    lines = []
    for name, column in _COLUMNS.items():
        values = [getattr(row, column) for row in rows]
        if not any(values):
            continue
        label = str(Customer._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        words = [
            masked("", str(value or "")) if column in hidden[row.pk] else _words(row, name, column, value, user, names)
            for row, value in zip(rows, values, strict=True)
        ]
        differs = all(values) and values[0] != values[1]
        is_told = not any(column in columns for columns in hidden.values())
        is_open = differs and is_told and (knows or name not in CONTACT_FIELDS)
        lines.append(Line(name, label, words[0], words[1], is_open))
    return lines + list(_custom_lines(survivor, loser, user, names["person"], knows))


def pairs_of(survivor: Customer, loser: Customer, user: Any) -> list[Pair]:
    """Contacts with the same name, or with the same phone or e-mail where the person may know them."""
    if not user.reach.has("customers.view_contact"):
        return []
    knows = all(may_know_contact_details(user, row) for row in (survivor, loser))
    columns = ("name", "phone", "email") if knows else ("name",)
    seen = Contact.objects.visible_to(user).live().order_by("id")
    ours, pairs = list(seen.filter(customer=survivor)), []
    for theirs in seen.filter(customer=loser):
        same = (
            row
            for row in ours
            if any(getattr(row, name) and getattr(row, name) == getattr(theirs, name) for name in columns)
        )
        if match := next(same, None):
            ours.remove(match)
            pairs.append(Pair(match, theirs))
    return pairs


def moving(loser: Customer) -> list[tuple[str, int]]:
    """What would move, in words: the name of the records and how many there are."""
    counts: dict[str, int] = {}
    for found in references_to(Customer):
        count = found.rows(loser).count()
        if count and not (found.is_generic or found.field.name == "merged_into"):
            label = str(found.model._meta.verbose_name_plural)
            counts[label] = counts.get(label, 0) + count
    return list(counts.items())


def _custom_lines(
    survivor: Customer, loser: Customer, user: Any, people: Mapping[int, Any], knows: bool
) -> Iterable[Line]:
    for one in fields_of(CUSTOMER).active:
        values = [row.custom.get(one.key) for row in (survivor, loser)]
        if values != [None, None]:
            words = [
                told_value(one.member, value, row, user, people)
                for value, row in zip(values, (survivor, loser), strict=True)
            ]
            differs = None not in values and values[0] != values[1]
            yield Line(one.member, one.title, words[0], words[1], differs and (knows or not one.is_personal))


def _words(row: Customer, name: str, column: str, value: Any, user: Any, names: Names) -> str:
    if not value:
        return ""
    if column in _KINDS:
        found = names[_KINDS[column]].get(value)
        return found.name if found else _("unknown")
    if name in CONTACT_FIELDS:
        visible = shown(user, row, name, value)
        return display_phone(visible) if name == "phone" and visible == value else visible
    return str(row.get_size_display()) if name == "size" else str(value)
