"""What a quote says, as plain values: what is decided on, compared and hashed."""

from __future__ import annotations

from sales.documents import content
from sales.documents.content import Content, ContentFields, Difference
from sales.quotes.models import Quote

FIELDS = ContentFields(
    Quote,
    (
        "customer_id", "title", "opportunity_id", "requirement_id", "contact_id", "currency", "is_tax_included",
        "discount", "issued_on", "valid_until", "delivery_terms", "payment_terms", "terms",
    ),
)  # fmt: skip


def snapshot(quote: Quote) -> Content:
    """Everything an approver of a quote decides on; secrets and internal notes are not part of it."""
    return content.snapshot(quote, FIELDS)


def content_hash(quote: Quote) -> str:
    """The hash of what a quote says now."""
    return content.hash_of(snapshot(quote))


def differences(before: Content, after: Content) -> list[Difference]:
    """What changed between two contents, for people."""
    return content.differences(before, after, FIELDS)
