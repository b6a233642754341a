"""The documents of the apps above that name a person, as the lists of settings.HARBOUR_PERSON_DOCUMENTS declare them.

A field names a person where it holds one of their values at their companies, or points to their contact; which fields
to read, and what becomes of them when the person is erased, is what the map of personal data says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import F, Q, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from crm.ui.formats import n0
from customers.contacts.models import Contact
from customers.privacy.datamap import Fate, Kind, personal_fields
from customers.privacy.known import Known, known_of, naming, others_of, spellings, without

_WORDS = {"custom": gettext_lazy("custom fields")}


@dataclass(frozen=True)
class PersonDocuments:
    """A kind of document: the lawful ground on which it outlives an erasure, and the paths to what tells one.

    `days` are the fields of its day, the first that is filled counts; `contact` is "" where it points to none;
    `words` calls fields that have no name of their own.
    """

    label: str
    ground: str | Promise
    days: tuple[str, ...]
    customer: str = "customer"
    number: str = "number"
    contact: str = ""
    words: Mapping[str, str | Promise] = field(default_factory=dict)

    def word(self, name: str) -> str:
        """What a field is called."""
        known = {**_WORDS, **self.words}
        meta = apps.get_model(self.label)._meta
        return str(known[name] if name in known else meta.get_field(name).verbose_name)


@dataclass(frozen=True)
class NamingDocument:
    """A document that names a person: which one, of which day, in which fields."""

    source: PersonDocuments
    number: str
    customer_number: str
    day: date | None
    fields: tuple[str, ...]

    @property
    def label(self) -> str:
        """The label of its model."""
        return self.source.label

    @property
    def staying(self) -> tuple[str, ...]:
        """The fields in which the name still stands when the person was erased."""
        fates = personal_fields()[self.label]
        return tuple(name for name in self.fields if name in fates and fates[name].fate in (Fate.KEPT, Fate.READ))

    @property
    def kind(self) -> str:
        """What such a document is called."""
        return str(apps.get_model(self.label)._meta.verbose_name)

    @property
    def told_fields(self) -> str:
        """The fields in words."""
        return pgettext("list", ", ").join(map(self.source.word, self.fields))


def documents_naming(known: Known, others: Sequence[str] | None = None) -> list[NamingDocument]:
    """Every document, archived ones too, that names the person; two queries for each kind at most.

    `others` are the values of the other people of the companies: where only one of those stands, nobody is named.
    """
    told = others_of(known) if others is None else others
    namesakes = _namesakes(known)
    return [found for kind in declared_documents() for found in _of_kind(kind, known, told, namesakes)]


def kept_documents(contact_ids: Iterable[int]) -> list[NamingDocument]:
    """The documents in which the name of these contacts still stands after their erasure."""
    return [one for one in documents_naming(known_of(contact_ids)) if one.staying]


def told_kept(documents: Iterable[NamingDocument]) -> list[tuple[str, str | Promise]]:
    """How many of each kind there are, and on which ground they are kept."""
    counts = Counter((one.label, one.source.ground) for one in documents)
    return [
        (_("%(records)s: %(count)s") % {"records": apps.get_model(label)._meta.verbose_name_plural, "count": n0(count)},
         ground)
        for (label, ground), count in counts.items()
    ]  # fmt: skip


def declared_documents() -> Iterable[PersonDocuments]:
    """The kinds of all installed apps, in the order of the settings."""
    return [kind for name in settings.HARBOUR_PERSON_DOCUMENTS for kind in import_string(name)]


def _of_kind(
    kind: PersonDocuments, known: Known, others: Sequence[str], namesakes: frozenset[int]
) -> Iterator[NamingDocument]:
    reach, names = spellings(known.reach), set(known.names)
    texts = _texts(kind.label)
    for row in _rows(kind, texts, known):
        is_theirs = row["told_contact"] in known.contact_ids
        words = reach if row["told_contact"] in namesakes else reach | names
        found = [name for name in texts if _tells(row[f"text_{name}"], words, others)]
        if is_theirs or found:
            number = row["told_number"] or f"#{row['pk']}"
            fields = (kind.contact, *found) if is_theirs else tuple(found)
            yield NamingDocument(kind, number, row["told_customer"], _day(kind, row), fields)


def _rows(kind: PersonDocuments, texts: Sequence[str], known: Known) -> Iterable[dict[str, Any]]:
    """The documents in which a value of the person stands, or that point to their contact."""
    whole = Concat(
        Value(""), *(piece for name in texts for piece in (_text(name), Value(" "))), output_field=TextField()
    )
    words = [*spellings(known.reach), *known.names]
    fits = Q(naming(whole, words), **{f"{kind.customer}__in": known.companies})
    if kind.contact:
        fits |= Q(**{f"{kind.contact}__in": known.contact_ids})
    told = {f"text_{name}": _text(name) for name in texts}
    rows = apps.get_model(kind.label)._default_manager.filter(fits).order_by("pk")
    contact = F(f"{kind.contact}_id") if kind.contact else Value(None, output_field=TextField())
    return rows.values(
        "pk",
        *kind.days,
        told_number=F(kind.number),
        told_customer=F(f"{kind.customer}__number"),
        told_contact=contact,
        **told,
    )


def _texts(label: str) -> list[str]:
    """The fields that may name a person outside the company."""
    return [name for name, personal in personal_fields()[label].items() if personal.kind != Kind.STAFF]


def _text(name: str) -> Cast:
    return Cast(name, TextField())


def _tells(text: str | None, words: Iterable[str], others: Sequence[str]) -> bool:
    rest = without(text or "", others)
    return any(word in rest for word in words)


def _day(kind: PersonDocuments, row: dict[str, Any]) -> date | None:
    found = next((row[name] for name in kind.days if row[name]), None)
    return timezone.localtime(found).date() if isinstance(found, datetime) else found


def _namesakes(known: Known) -> frozenset[int]:
    """Other contacts of the same companies with the same name: a document of theirs means them."""
    rows = Contact.objects.filter(customer__in=known.companies, name__in=known.names)
    return frozenset(rows.exclude(pk__in=known.contact_ids).values_list("pk", flat=True))
