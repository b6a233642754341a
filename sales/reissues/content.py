"""What a request for a reissue says, as plain values: what is decided on, compared and hashed."""

from __future__ import annotations

from sales.documents import content
from sales.documents.content import Content, ContentFields, Difference
from sales.invoices.billing import buyer_of
from sales.invoices.content import buyer_differences
from sales.invoices.models import Reissue

FIELDS = ContentFields(
    Reissue,
    ("invoice_id", "reason", "explanation", "is_full", "wants_new", "is_used_by_buyer", "profile_id"),
    ("invoice_line_id", "net", "tax", "gross"),
)


def snapshot(reissue: Reissue) -> Content:
    """Everything an approver of a reissue decides on, with the buyer a new invoice would name."""
    buyer = buyer_of(reissue.profile) if reissue.profile else {}
    return {**content.snapshot(reissue, FIELDS), "buyer": buyer}


def differences(before: Content, after: Content) -> list[Difference]:
    """What changed between two contents, for people."""
    return [*buyer_differences(before, after), *content.differences(before, after, FIELDS)]
