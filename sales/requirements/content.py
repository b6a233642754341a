"""What a requirement says, as plain values: what is decided on, compared and hashed; its technical check is not."""

from __future__ import annotations

from sales.documents import content
from sales.documents.content import Content, ContentFields, Difference
from sales.requirements.models import Requirement

FIELDS = ContentFields(
    Requirement,
    ("customer_id", "title", "opportunity_id", "contact_id", "currency", "needs", "wanted_on"),
    line_fields=("product_id", "name", "unit", "quantity", "target_price", "note"),
)


def snapshot(requirement: Requirement) -> Content:
    """Everything an approver of a requirement decides on."""
    return content.snapshot(requirement, FIELDS)


def differences(before: Content, after: Content) -> list[Difference]:
    """What changed between two contents, for people."""
    return content.differences(before, after, FIELDS)
