"""What a contract says, as plain values: what is decided on, compared and hashed."""

from __future__ import annotations

from sales.contracts.models import Contract, Instalment
from sales.documents import content
from sales.documents.content import Content, ContentFields, Difference

FIELDS = ContentFields(
    Contract,
    (
        "title", "type_id", "main_id", "direction", "contact_id", "party", "currency", "is_tax_included", "starts_on",
        "ends_on", "signer_theirs", "signer_ours_id", "delivery_terms", "payment_terms", "clauses",
    ),
    lists=(("instalments", ("name", "basis", "days_after", "due_on", "amount")),),
)  # fmt: skip


def snapshot(contract: Contract) -> Content:
    """Everything an approver of a contract decides on; days that milestones give later are not part of it."""
    taken = content.snapshot(contract, FIELDS)
    for part in taken["instalments"]:
        if part["basis"] != Instalment.Basis.DATE:
            part["due_on"] = None
    return taken


def content_hash(contract: Contract) -> str:
    """The hash of what a contract says now."""
    return content.hash_of(snapshot(contract))


def differences(before: Content, after: Content) -> list[Difference]:
    """What changed between two contents, for people."""
    return content.differences(before, after, FIELDS)
