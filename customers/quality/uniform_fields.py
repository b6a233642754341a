"""The fields that have a uniform spelling, of customers and of their contacts, and what each would read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Model, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from customers.base_data.lookups import Lookups
from customers.contacts.models import Contact
from customers.customers.models import Customer
from customers.quality import spelling

_WIDE = "[０-９Ａ-Ｚａ-ｚ　＆\u200b-\u200f\ufeff]"
_BLANKS = r"^\s|\s$|\s\s"
_HAN = "[\u3400-\u9fff]"
_ODD_EMAIL = "[^!-@\\[-~]"
_KEPT_PHONE = r"^\+[1-9][0-9]{6,14}$"


@dataclass(frozen=True)
class Field:
    """A field that has a uniform spelling: the column written, and whether it tells a contact detail.

    `of` is the kind of record that holds it: a customer, or each of its contacts.
    """

    code: str
    label: str | Promise
    column: str
    suspicious: Q
    uniform: Callable[[Any, Lookups], Any]
    is_personal: bool = False
    of: type[Model] = Customer


class Change(NamedTuple):
    """What one field of a customer, or of one of its contacts, would read."""

    field: Field
    before: Any
    after: Any
    person: Contact | None = None


def _text(column: str, uniform: Callable[[str], str], of: type[Model] = Customer) -> Callable[[Any, Lookups], Any]:
    longest = of._meta.get_field(column).max_length or 0  # type: ignore[union-attr]

    def read(row: Any, lookups: Lookups) -> Any:
        value = getattr(row, column)
        ready = uniform(value) if value else value
        return ready if ready and len(ready) <= longest else value

    return read


def _region(row: Any, lookups: Lookups) -> Any:
    return row.region_id or (spelling.region_in(row.address, lookups) if row.address else None)


def _industry(row: Any, lookups: Lookups) -> Any:
    return row.industry_id or (spelling.industry_in(row.remark, lookups) if row.remark else None)


def _odd_name(column: str) -> Q:
    odd = Q(**{f"{column}__regex": f"{_WIDE}|{_BLANKS}|[()]|{_HAN} | {_HAN}"})
    latin = ~Q(**{f"{column}__regex": _HAN})
    return odd | latin & Q(**{f"{column}__regex": "[（）]"}) | latin & Q(**{f"{column}__iregex": r"co\.? ?,? ?ltd"})


def _odd_phone(column: str) -> Q:
    return ~Q(**{column: ""}) & ~Q(**{f"{column}__regex": _KEPT_PHONE})


def _company(
    code: str, label: Any, column: str, suspicious: Q, uniform: Callable[[str], str], *, is_personal: bool = False
) -> Field:
    return Field(code, label, column, suspicious, _text(column, uniform), is_personal)


def _person(
    code: str, label: Any, column: str, suspicious: Q, uniform: Callable[[str], str], *, is_personal: bool = False
) -> Field:
    return Field(code, label, column, suspicious, _text(column, uniform, Contact), is_personal, Contact)


_OF_CUSTOMERS = [
    _company("name", gettext_lazy("name"), "name", _odd_name("name"), spelling.uniform_name),
    _company("short_name", gettext_lazy("short name"), "short_name", _odd_name("short_name"), spelling.uniform_name),
    _company(
        "credit_code",
        gettext_lazy("credit code"),
        "credit_code",
        ~Q(credit_code="") & ~Q(credit_code__regex="^[0-9A-Z]{18}$"),
        spelling.uniform_code,
    ),
    _company(
        "website",
        gettext_lazy("website"),
        "website",
        ~Q(website="") & ~Q(website__regex=r"^https?://[a-z0-9.-]+(:[0-9]+)?([/?#]|$)"),
        spelling.uniform_website,
    ),
    Field(
        "industry",
        gettext_lazy("industry"),
        "industry_id",
        Q(industry=None, remark__iregex=r"(行业|industry)\s*[:：]"),
        _industry,
    ),
    _company("phone", gettext_lazy("phone"), "phone", _odd_phone("phone"), spelling.uniform_phone, is_personal=True),
    _company(
        "email", gettext_lazy("e-mail"), "email", Q(email__regex=_ODD_EMAIL), spelling.uniform_email, is_personal=True
    ),
    _company(
        "address",
        gettext_lazy("address"),
        "address",
        Q(address__regex=f"{_WIDE}|{_BLANKS}"),
        spelling.uniform_line,
        is_personal=True,
    ),
    Field("region", gettext_lazy("region"), "region_id", Q(region=None) & ~Q(address=""), _region, is_personal=True),
]
_OF_CONTACTS = [
    _person(
        "person_name",
        gettext_lazy("name of the contact"),
        "name",
        Q(name__regex=f"{_WIDE}|{_BLANKS}|{_HAN} {_HAN}"),
        spelling.uniform_person,
    ),
    _person(
        "person_title",
        gettext_lazy("job title"),
        "job_title",
        Q(job_title__regex=f"{_WIDE}|{_BLANKS}"),
        spelling.uniform_line,
    ),
    _person(
        "person_phone",
        gettext_lazy("phone of the contact"),
        "phone",
        _odd_phone("phone"),
        spelling.uniform_phone,
        is_personal=True,
    ),
    _person(
        "person_email",
        gettext_lazy("e-mail of the contact"),
        "email",
        Q(email__regex=_ODD_EMAIL),
        spelling.uniform_email,
        is_personal=True,
    ),
]
FIELDS = {field.code: field for field in [*_OF_CUSTOMERS, *_OF_CONTACTS]}


def columns_of(model: type[Model]) -> tuple[str, ...]:
    """The columns of a kind of record that are written, each once."""
    return tuple(dict.fromkeys(field.column for field in FIELDS.values() if field.of is model))


def odd(model: type[Model]) -> Q:
    """The condition for records of a kind that may hold something spelled another way."""
    condition = Q()
    for field in FIELDS.values():
        if field.of is model:
            condition |= field.suspicious
    return condition


def changes_in(row: Customer | Contact, codes: Iterable[str], lookups: Lookups) -> list[Change]:
    """What these fields of one customer, or of one contact, would read."""
    person = row if isinstance(row, Contact) else None
    found = []
    for field in (FIELDS[code] for code in codes):
        if field.of is type(row):
            before, after = getattr(row, field.column), field.uniform(row, lookups)
            if after != before:
                found.append(Change(field, before, after, person))
    return found
