"""Custom fields of customers and contacts: what a person sees of them, and what they may change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from crm.access.masks import may_know_contact_details, sees_contact_details
from crm.customfields.definitions import FieldSet, fields_of
from crm.customfields.fields import kind_of, people_in, shown
from crm.customfields.models import CustomField
from crm.people.models import User
from crm.records.custom import HIDDEN, linked
from customers.customers.models import Customer

CUSTOMER, CONTACT = "customers.Customer", "customers.Contact"
PREFIX = "custom."


def custom_facts(
    label: str, values: Mapping[str, Any], customer: Customer, user: Any, people: Mapping[int, Any]
) -> list[tuple[str, str, str]]:
    """The custom values a page shows: label, value, and `custom.key` where it is hidden but there."""
    sees = sees_contact_details(user, customer)
    facts = []
    for one in fields_of(label).active:
        value = values.get(one.key)
        if value is None:
            continue
        is_hidden = one.is_personal and not sees
        text = HIDDEN if is_hidden or hides_file(one, customer) else linked(one, value, shown(one, value, people))
        facts.append((one.title, text, one.member if is_hidden else ""))
    return facts


def people_named(label: str, rows: Iterable[Mapping[str, Any]]) -> set[int]:
    """The ids of the colleagues that custom values name."""
    fields = fields_of(label).active
    return {pk for values in rows for pk in people_in(fields, values)}


def told_label(name: str, label: str = CUSTOMER) -> str:
    """The words for a changed custom field (`custom.key`); its key where the field is gone."""
    found = _field(name, label)
    return found.title if found else name.removeprefix(PREFIX)


def told_value(name: str, value: Any, customer: Customer, user: Any, people: Mapping[int, Any]) -> str:
    """A value of a changed custom field of a customer in words, as this person may see it."""
    found = _field(name, CUSTOMER)
    if value is None or found is None:
        return "" if value is None else str(value)
    if _is_hidden(found, customer, user):
        return HIDDEN
    return shown(found, value, people)


def told_people(name: str, values: Iterable[Any]) -> set[int]:
    """The ids of colleagues a changed custom field of a customer names."""
    found = _field(name, CUSTOMER) if name.startswith(PREFIX) else None
    if found is None or found.kind != CustomField.Kind.USER:
        return set()
    return {value for value in values if isinstance(value, int)}


def in_api(
    label: str, values: Mapping[str, Any], customer: Customer, user: Any, usernames: Mapping[int, str]
) -> dict[str, Any]:
    """The `custom` object of the API: every field in use, null without a value, personal ones hidden."""
    sees = sees_contact_details(user, customer)
    return {
        one.key: _told(
            one, values.get(one.key), usernames, is_hidden=hides_file(one, customer) or (one.is_personal and not sees)
        )
        for one in fields_of(label).active
    }


def usernames(label: str) -> Mapping[int, str]:
    """The user names that values of the API may need; nothing is read where no custom field names a colleague."""
    has_people = any(one.kind == CustomField.Kind.USER for one in fields_of(label).active)
    return dict(User.objects.values_list("pk", "username")) if has_people else {}


def told_in_api(name: str, value: Any, customer: Customer, user: Any, usernames: Mapping[int, str]) -> Any:
    """A value of a changed custom field of a customer, as the API tells it."""
    found = _field(name, CUSTOMER)
    if found is None:
        return value
    return _told(found, value, usernames, is_hidden=_is_hidden(found, customer, user))


def hides_file(one: CustomField, customer: Customer) -> bool:
    """Whether a value is a file that nobody sees now: those of customers in a pool."""
    return one.kind == CustomField.Kind.FILE and customer.status == Customer.Status.POOL


def hidden_files() -> dict[str, Q]:
    """For each column of files in the export of customers, the rows where it is hidden."""
    fields = [one for one in fields_of(CUSTOMER).active if one.kind == CustomField.Kind.FILE]
    return {one.parameter: Q(status=Customer.Status.POOL) for one in fields}


def refuse_unknown_custom(
    actor: Any, customer: Customer, label: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """ValidationError by `custom.key` for personal fields the person may not know: nobody overwrites what is hidden."""
    if before == after or may_know_contact_details(actor, customer):
        return
    text = _("This field is hidden from you, so you cannot change it.")
    personal = [one for one in fields_of(label).active if one.is_personal]
    if wrong := {one.member: text for one in personal if before.get(one.key) != after.get(one.key)}:
        raise ValidationError(wrong)


def personal_value(label: str, values: Mapping[str, Any], name: str) -> str | None:
    """The full value of a hidden custom field (`custom.key`) for uncovering; None where there is no such field."""
    found = _field(name, label)
    if found is None or not found.is_personal or not found.is_active:
        return None
    return shown(found, values.get(found.key), {})


def _is_hidden(one: CustomField, customer: Customer, user: Any) -> bool:
    return hides_file(one, customer) or (one.is_personal and not sees_contact_details(user, customer))


def _told(one: CustomField, value: Any, usernames: Mapping[int, str], *, is_hidden: bool) -> Any:
    if value is None:
        return None
    return HIDDEN if is_hidden else kind_of(one).told(value, usernames)


def _field(name: str, label: str) -> CustomField | None:
    known: FieldSet = fields_of(label)
    return known.by_key.get(name.removeprefix(PREFIX))
