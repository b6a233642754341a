"""What an erasure would take away and what stays, told before it is done; counts and places, no contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from customers.contacts.models import Contact
from customers.customers.holds import holds_of
from customers.customers.models import Customer
from customers.messages.models import ContactMail
from customers.privacy.copies import WRITTEN
from customers.privacy.documents import NamingDocument, kept_documents, told_kept
from customers.privacy.erasure import files_of
from customers.privacy.known import known_of
from customers.privacy.models import Consent
from customers.privacy.package import written_about

LISTED = 50


@dataclass
class ErasurePlan:
    """What goes (name and count), what stays (name and reason), which texts and which documents keep the name."""

    goes: list[tuple[Any, int]] = field(default_factory=list)
    stays: list[tuple[Any, str | Promise]] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    text_count: int = 0
    documents: list[NamingDocument] = field(default_factory=list)
    document_count: int = 0


def erasure_plan(contact_ids: Sequence[int]) -> ErasurePlan:
    """The plan for these contacts."""
    known = known_of(contact_ids)
    plan = ErasurePlan()
    counted = [
        (Contact._meta.verbose_name_plural, len(known.contact_ids)),
        (_("proofs of consents"), Consent.objects.filter(contact__in=contact_ids).exclude(evidence="").count()),
        (ContactMail._meta.verbose_name_plural, ContactMail.objects.filter(contact__in=contact_ids).count()),
        (_("files of the contact"), files_of(contact_ids).count()),
    ]
    plan.goes = [(name, count) for name, count in counted if count]
    plan.stays = [
        (_("that consents were given or withdrawn"), _("proof, kept 3 years")),
        (_("who did what when, without the person"), _("audit log, kept at least 200 days")),
        (_("files that exports made"), _("removed after 7 days")),
    ]
    kept = kept_documents(contact_ids)
    plan.stays += told_kept(kept)
    plan.documents, plan.document_count = kept[:LISTED], len(kept)
    numbers = dict(Customer.objects.filter(pk__in=known.companies).values_list("pk", "number"))
    for customer_id, holds in holds_of(known.companies).items():
        plan.stays += [
            (_("documents of %(number)s") % {"number": numbers[customer_id]}, hold.sentence) for hold in holds
        ]
    for label in WRITTEN:
        rows = written_about(label, known).select_related("customer")
        plan.text_count += rows.count()
        plan.texts += [_place(label, row) for row in rows[: LISTED - len(plan.texts)]]
    return plan


def _place(label: str, row: Any) -> dict[str, Any]:
    """Where a text stands and who wrote it."""
    writer = getattr(row, "author", None) or getattr(row, "created_by", None)
    return {
        "what": apps.get_model(label)._meta.verbose_name, "number": row.pk, "customer": row.customer.number,
        "writer": writer, "at": row.created_at,
    }  # fmt: skip
