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
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from crm.history.changes import event_model
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
    """A document that names a person: which one, of which day, in which fields; `earlier` ones did so once."""

    source: PersonDocuments
    number: str
    customer_number: str
    day: date | None
    fields: tuple[str, ...]
    earlier: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The label of its model."""
        return self.source.label

    @property
    def staying(self) -> tuple[str, ...]:
        """The fields in which the name still stands when the person was erased, in the document or in its history."""
        fates = personal_fields()[self.label]
        named = (*self.fields, *self.earlier)
        return tuple(name for name in named if name in fates and fates[name].fate in (Fate.KEPT, Fate.READ))

    @property
    def kind(self) -> str:
        """What such a document is called."""
        return str(apps.get_model(self.label)._meta.verbose_name)

    @property
    def told_fields(self) -> str:
        """The fields in words."""
        words = [self.source.word(name) for name in self.fields]
        words += [_("%(field)s (earlier)") % {"field": self.source.word(name)} for name in self.earlier]
        return pgettext("list", ", ").join(words)


def documents_naming(known: Known, others: Sequence[str] | None = None) -> list[NamingDocument]:
    """Every document, archived ones too, that names the person or did so in its history; two queries for each kind.

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
    texts = _texts(kind.label)

    def named(row: dict[str, Any]) -> tuple[str, ...]:
        """The fields of a row, or of an event of one, that name the person."""
        is_theirs = row["told_contact"] in known.contact_ids
        words = spellings(known.reach) | (set() if row["told_contact"] in namesakes else set(known.names))
        found = [name for name in texts if _tells(row[f"text_{name}"], words, others)]
        return (kind.contact, *found) if is_theirs else tuple(found)

    earlier: dict[int, set[str]] = {}
    for event in _events(kind, texts, known):
        earlier.setdefault(event["pgh_obj_id"], set()).update(named(event))
    for row in _rows(kind, texts, known, [pk for pk, fields in earlier.items() if fields]):
        now = named(row)
        before = tuple(name for name in (kind.contact, *texts) if name in earlier.get(row["pk"], set()) - set(now))
        if now or before:
            number = row["told_number"] or f"#{row['pk']}"
            yield NamingDocument(kind, number, row["told_customer"], _day(kind, row), now, before)


def _rows(kind: PersonDocuments, texts: Sequence[str], known: Known, more: list[int]) -> Iterable[dict[str, Any]]:
    """The documents in which a value of the person stands, or that point to their contact, and these."""
    fits = Q(_named(texts, known), **{f"{kind.customer}__in": known.companies}) | Q(pk__in=more)
    if kind.contact:
        fits |= Q(**{f"{kind.contact}__in": known.contact_ids})
    rows = apps.get_model(kind.label)._default_manager.filter(fits).order_by("pk")
    told = {"told_number": F(kind.number), "told_customer": F(f"{kind.customer}__number"), **_told(kind, texts)}
    return rows.values("pk", *kind.days, **told)


def _events(kind: PersonDocuments, texts: Sequence[str], known: Known) -> Iterable[dict[str, Any]]:
    """The same of the history of the documents of the companies."""
    model = apps.get_model(kind.label)
    fits = Q(_named(texts, known))
    if kind.contact:
        fits |= Q(**{f"{kind.contact}__in": known.contact_ids})
    documents = model._default_manager.filter(**{f"{kind.customer}__in": known.companies}).order_by().values("pk")
    rows = event_model(model)._default_manager.filter(fits, pgh_obj_id__in=documents)
    return rows.values("pgh_obj_id", **_told(kind, texts))


def _named(texts: Iterable[str], known: Known) -> Func:
    whole = Concat(
        Value(""), *(piece for name in texts for piece in (_text(name), Value(" "))), output_field=TextField()
    )
    return naming(whole, [*spellings(known.reach), *known.names])


def _told(kind: PersonDocuments, texts: Iterable[str]) -> dict[str, Any]:
    contact = F(f"{kind.contact}_id") if kind.contact else Value(None, output_field=TextField())
    return {"told_contact": contact, **{f"text_{name}": _text(name) for name in texts}}


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
