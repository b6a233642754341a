"""What a person gets who asks for their data: everything the map lets leave, as JSON and PDF, with the files.

Words of colleagues that also name other people of the same companies come without those.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from crm.attachments.models import Attachment
from crm.attachments.storage import path_of
from crm.history.changes import event_model
from crm.history.models import Operation
from crm.history.verbs import worded
from crm.records.pdf import render_pdf
from crm.ui.formats import long_day
from customers.activities.models import Activity
from customers.contacts.models import Contact
from customers.customers.identity import display_phone
from customers.messages.models import ContactMail
from customers.privacy.copies import WRITTEN
from customers.privacy.datamap import leaving_fields
from customers.privacy.documents import NamingDocument, documents_naming
from customers.privacy.known import CUT, Known, known_of, naming, others_of, spellings, without
from customers.privacy.models import Consent, PersonRequest

_CHANGES = {
    "insert": pgettext_lazy("change of a row", "added"),
    "update": pgettext_lazy("change of a row", "changed"),
    "delete": pgettext_lazy("change of a row", "deleted"),
}
LONG = 300  # rows from which the PDF is rendered in parts
# what a row says besides its personal fields
_ALONG: dict[str, tuple[str, ...]] = {
    "customers.Contact": ("customer__name", "created_at", "archived_at"),
    "customers.Consent": ("purpose", "basis", "channel", "given_at", "withdrawn_at"),
    "customers.ContactMail": ("purpose", "state", "planned_at", "sent_at"),
    "customers.PersonRequest": ("number", "kind", "state", "received_on", "closed_at"),
    "customers.Activity": ("kind", "happened_at", "archived_at"),
    "customers.Comment": ("created_at", "archived_at"),
    "customers.Task": ("created_at", "done_at"),
    "crm.Attachment": ("id", "media_type", "size", "created_at", "archived_at"),
}


@dataclass(frozen=True)
class Section:
    """The rows of one table, under the name of the table; `lines` are the same rows in words, for paper."""

    label: str
    title: str
    rows: list[dict[str, Any]]

    @property
    def lines(self) -> list[list[tuple[str, Any]]]:
        """Each row as names and values, empty ones left out."""
        return [
            [(_named(self.label, name), _worded(self.label, name, value)) for name, value in row.items() if value]
            for row in self.rows
        ]


def write_package(asked: PersonRequest, path: Path) -> int:
    """Write the ZIP of a request; how many rows are in it."""
    sections = gather(asked)
    count = sum(len(section.rows) for section in sections)
    facts = {
        "request": asked.number,
        "company": settings.COMPANY_NAME,
        "made_at": timezone.localtime(),
        "tables": {section.label: section.rows for section in sections},
    }
    context = {
        "document_title": _("Personal data"), "company_name": settings.COMPANY_NAME, "version": asked.number,
        "sections": sections, "asked": asked, "today": timezone.localdate(), "is_long": count > LONG,
    }  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("data.json", json.dumps(facts, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        package.writestr("data.pdf", render_pdf("customers/privacy/package.html", context))
        for file in files_about(asked.contact_ids):
            content = path_of(file.sha256)
            if content.is_file():
                package.write(content, f"files/{file.pk}-{file.name}")
    return count


def gather(asked: PersonRequest) -> list[Section]:
    """Every table with what it holds of the person, archived rows and history too."""
    ids = list(asked.contact_ids)
    known = known_of(ids)
    others = others_of(known)
    found = [
        _section("customers.Contact", Contact.objects.filter(pk__in=ids)),
        _events("customers.Contact", "pgh_obj_id", ids),
        _section("customers.Consent", Consent.objects.filter(contact__in=ids)),
        _events("customers.Consent", "contact_id", ids),
        _section("customers.ContactMail", ContactMail.objects.filter(contact__in=ids)),
        _section("customers.PersonRequest", PersonRequest.objects.filter(contact_ids__overlap=ids)),
        *(_section(label, written_about(label, known), others) for label in WRITTEN),
        _section("crm.Attachment", files_about(ids)),
        *_documents(known, others),
        _operations(known, others),
    ]
    return [section for section in found if section.rows]


def written_about(label: str, known: Known) -> QuerySet[Any]:
    """What colleagues wrote at the companies of the person that is tied to them or names them."""
    model = apps.get_model(label)
    texts = [name for name in leaving_fields(label) if name != "message_id"]
    whole = Concat(*(piece for name in texts for piece in (F(name), Value(" "))), output_field=TextField())
    words = [*spellings(known.reach), *known.names]
    fits = Q(naming(whole, words), customer__in=known.companies)
    if model is Activity:
        fits |= Q(contact__in=known.contact_ids)
    return model._default_manager.filter(fits).order_by("pk")


def files_about(contact_ids: Iterable[int]) -> QuerySet[Attachment]:
    """Files kept with the contact or with follow-ups about talks with them."""
    ids = list(contact_ids)
    kinds = ContentType.objects.get_for_models(Contact, Activity)
    talks = Activity.objects.filter(contact__in=ids).values("pk")
    fits = Q(content_type=kinds[Contact], object_id__in=ids) | Q(content_type=kinds[Activity], object_id__in=talks)
    return Attachment.objects.filter(fits).order_by("pk")


def _section(label: str, rows: QuerySet[Any], others: Sequence[str] = ()) -> Section:
    names = [*_ALONG[label], *leaving_fields(label)]
    title = str(apps.get_model(label)._meta.verbose_name_plural)
    return Section(label, title, [_without(row, others) for row in rows.order_by("pk").values(*names)])


def _events(label: str, link: str, ids: Sequence[int]) -> Section:
    """How the rows were before, one entry for each change."""
    model = event_model(apps.get_model(label))
    names = ["pgh_created_at", "pgh_label", *leaving_fields(label)]
    rows = model._default_manager.filter(**{f"{link}__in": ids}).order_by("pgh_id").values(*names)
    title = _("%(records)s: history") % {"records": apps.get_model(label)._meta.verbose_name_plural}
    return Section(model._meta.label, title, list(rows))


def _documents(known: Known, others: Sequence[str]) -> list[Section]:
    """Which documents name the person, a section for each kind; what else stands in them is the company's."""
    found: dict[str, list[NamingDocument]] = {}
    for one in documents_naming(known, others):
        found.setdefault(one.label, []).append(one)
    return [
        Section(
            label,
            str(apps.get_model(label)._meta.verbose_name_plural),
            [
                {"number": one.number, "day": one.day, "named_in": one.told_fields, "ground": str(one.source.ground)}
                for one in rows
            ],
        )
        for label, rows in found.items()
    ]


def _operations(known: Known, others: Sequence[str]) -> Section:
    own = Q(subject_type="customers.contact", subject_id__in=known.contact_ids)
    whole = Concat(F("reason"), Value(" "), F("facts"), output_field=TextField())
    told = Q(naming(whole, known.words), anchor_id__in=known.companies)
    rows = []
    for entry in Operation.objects.filter(own | told).order_by("pk"):
        is_own = entry.subject_type == "customers.contact" and entry.subject_id in known.contact_ids
        row = {
            "at": entry.at, "what": worded(entry.verb, entry.subject_label if is_own else CUT)[0],
            "reason": entry.reason, "facts": entry.facts if is_own else {},
        }  # fmt: skip
        rows.append(_without(row, others))
    return Section("crm.Operation", _("What was done"), rows)


def _without(row: dict[str, Any], words: Sequence[str]) -> dict[str, Any]:
    return {name: without(value, words) if isinstance(value, str) else value for name, value in row.items()}


def _named(label: str, name: str) -> str:
    """What a column is called on paper."""
    told = {
        "pgh_created_at": _("changed at"), "pgh_label": _("change"), "at": _("at"), "what": _("what"),
        "reason": _("reason"), "facts": _("details"), "customer__name": _("customer"), "custom": _("custom fields"),
        "archived_at": _("archived at"), "id": _("number"), "number": _("number"), "day": _("day"),
        "named_in": _("where the person is named"), "ground": _("why it is kept"),
    }  # fmt: skip
    if name in told:
        return told[name]
    if name == "person_name" or (name == "name" and label.startswith("customers.Contact")):
        return _("Name")
    return str(apps.get_model(label)._meta.get_field(name).verbose_name)


def _worded(label: str, name: str, value: Any) -> Any:
    """What a value reads like on paper: days, phones and choices as the pages show them."""
    if isinstance(value, date):
        return long_day(value)
    if name == "pgh_label":
        return _CHANGES.get(value, value)
    if isinstance(value, dict):
        return " · ".join(f"{key}: {one}" for key, one in value.items())
    if name == "phone":
        return display_phone(value)
    meta = apps.get_model(label)._meta
    choices = {field.name: dict(field.flatchoices) for field in meta.concrete_fields if field.choices}
    return choices[name].get(value, value) if name in choices else value
