"""What an application for an invoice says, as plain values: what is decided on, compared and hashed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from sales.documents import content
from sales.documents.content import Content, ContentFields, Difference
from sales.invoices.models import BillingProfile, Invoice

LINE_FIELDS = (
    "contract_line_id", "name", "spec", "unit", "quantity", "price", "tax_rate", "net", "tax", "gross",
)  # fmt: skip
FIELDS = ContentFields(Invoice, ("contract_id", "type", "currency", "is_before_payment", "remark", "note"), LINE_FIELDS)


def snapshot(invoice: Invoice) -> Content:
    """Everything an approver of an application decides on, the buyer as the invoice will show it."""
    return {**content.snapshot(invoice, FIELDS), "buyer": dict(invoice.buyer)}


def content_hash(invoice: Invoice) -> str:
    """The hash of what an application says now."""
    return content.hash_of(snapshot(invoice))


def differences(before: Content, after: Content) -> list[Difference]:
    """What changed between two contents, for people."""
    return [*buyer_differences(before, after), *content.differences(before, after, FIELDS)]


def buyer_differences(before: Content, after: Content) -> list[Difference]:
    """What changed of the buyer."""
    old, new = before.get("buyer") or {}, after.get("buyer") or {}
    return [
        (_buyer_label(name), str(old.get(name, "")), str(new.get(name, "")))
        for name in dict.fromkeys([*old, *new])
        if old.get(name, "") != new.get(name, "")
    ]


def buyer_rows(buyer: dict[str, Any]) -> list[tuple[str, str]]:
    """A buyer in words: label and value of what is known."""
    return [(_buyer_label(name), str(value)) for name, value in buyer.items() if value]


def _buyer_label(name: str) -> str:
    known = {field.name: field for field in BillingProfile._meta.concrete_fields}
    label = str(known[name].verbose_name) if name in known else _("buyer")
    return label[:1].upper() + label[1:]
