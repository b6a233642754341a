"""What was known of people: the values by which texts elsewhere still name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Func, Q, TextField, Value

from crm.history.changes import event_model
from customers.contacts.models import Contact
from customers.customers.identity import display_phone
from customers.customers.models import Customer

SHORTEST_REACH, SHORTEST_NAME = 5, 2
CUT = "***"


@dataclass(frozen=True)
class Known:
    """Values of contacts now and earlier: `reach` names one person wherever it stands, a name only at `companies`."""

    contact_ids: list[int]
    companies: list[int]
    reach: list[str]
    names: list[str]

    @property
    def words(self) -> list[str]:
        """Both, the longest first, so that nothing is cut in half."""
        return _longest_first([*self.reach, *self.names])


def known_of(contact_ids: Iterable[int]) -> Known:
    """What the rows and their history say of these contacts."""
    ids = sorted(set(contact_ids))
    told = ("customer_id", "name", "phone", "email", "wechat")
    rows = list(event_model(Contact)._default_manager.filter(pgh_obj_id__in=ids).values_list(*told).distinct())
    rows += list(Contact.objects.filter(pk__in=ids).values_list(*told))
    companies = sorted({row[0] for row in rows})
    company_names = Customer.objects.filter(pk__in=companies).values_list("name", "short_name")
    names = {row[1] for row in rows if len(row[1]) >= SHORTEST_NAME} - {one for pair in company_names for one in pair}
    values = {value for row in rows for value in row[2:] if len(value) >= SHORTEST_REACH}
    return Known(ids, companies, _longest_first(values), _longest_first(names))


def only_theirs(known: Known) -> Known:
    """The same without phones, e-mails and WeChat names that others have as well, in all their spellings."""
    others = Contact.objects.exclude(pk__in=known.contact_ids)
    fits = Q(phone__in=known.reach) | Q(email__in=known.reach)
    shared: set[str] = set()
    for row in others.filter(fits | Q(wechat__in=known.reach)).values_list("phone", "email", "wechat"):
        shared.update(row)
    for pair in Customer.objects.filter(fits).values_list("phone", "email"):
        shared.update(pair)
    own = [value for value in known.reach if value not in shared]
    return Known(known.contact_ids, known.companies, _longest_first(spellings(own)), known.names)


def spellings(values: Iterable[str]) -> set[str]:
    """The ways in which the product itself writes phones and e-mails."""
    found: set[str] = set()
    for value in values:
        shown = display_phone(value)
        found |= {value, value.removeprefix("+86"), shown, shown.replace(" ", "-"), quote_plus(value)}
    return {one for one in found if len(one) >= SHORTEST_REACH}


def naming(text: Any, words: Iterable[str]) -> Func:
    """The condition, as an expression, that one of these words stands in a text."""
    known = Value(list(words), output_field=ArrayField(TextField()))
    return Func(text, known, function="privacy_names", output_field=BooleanField())


def others_of(known: Known) -> list[str]:
    """Values of the other people at the same companies, but for those that are in a value of the person."""
    ids = Contact.objects.filter(customer__in=known.companies).exclude(pk__in=known.contact_ids)
    theirs = known_of(ids.values_list("pk", flat=True))
    words = {*spellings(theirs.reach), *theirs.names}
    own = [*spellings(known.reach), *known.names]
    return _longest_first(word for word in words if not any(word in one for one in own))


def without(text: str, words: Iterable[str]) -> str:
    """A text with stars where these words stood."""
    for word in words:
        text = text.replace(word, CUT)
    return text


def _longest_first(words: Iterable[str]) -> list[str]:
    unique: Sequence[str] = sorted(set(words))
    return sorted(unique, key=len, reverse=True)
