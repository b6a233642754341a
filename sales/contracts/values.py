"""What may be typed about a contract, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from customers.customers.actions import clean_text
from customers.customers.identity import clean_line
from sales.contracts.models import Contract

EDITABLE = (
    "title", "type", "contact", "starts_on", "ends_on", "signer_theirs", "signer_ours", "delivery_terms",
    "payment_terms", "clauses",
)  # fmt: skip
# what a form watches for changes by others
WATCHED = (
    "title", "type_id", "contact_id", "starts_on", "ends_on", "signer_theirs", "signer_ours_id", "delivery_terms",
    "payment_terms", "clauses", "direction", "gross", "state", "changed_at",
)  # fmt: skip
_LINES = ("title", "signer_theirs", "delivery_terms", "payment_terms")


def set_values(contract: Contract, values: Mapping[str, Any], *, may_set_direction: bool = False) -> None:
    """Put values on a contract, unsaved; ValidationError by field where one cannot be."""
    allowed = {*EDITABLE, "direction"} if may_set_direction else set(EDITABLE)
    if unknown := set(values) - allowed:
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    for name, value in values.items():
        setattr(contract, name, _clean(name, value))
    _refuse(contract, values)


def _clean(name: str, value: Any) -> Any:
    if name in _LINES:
        return clean_line(value or "")
    return clean_text(value or "") if name == "clauses" else value


def _refuse(contract: Contract, values: Mapping[str, Any]) -> None:
    wrong: dict[str, Any] = {}
    if not contract.title:
        wrong["title"] = _("Write a title.")
    if contract.type_id is None:
        wrong["type"] = _("Choose a type.")
    if contract.ends_on and contract.ends_on < contract.starts_on:
        wrong["ends_on"] = _("It ends after it starts.")
    if contract.contact is not None and contract.contact.customer_id != contract.customer_id:
        wrong["contact"] = _("This person belongs to another customer.")
    if "type" in values and contract.type_id is not None and not contract.type.is_active:
        wrong["type"] = _("This type is not in use any more.")
    if contract.signer_ours is not None and "signer_ours" in values and not contract.signer_ours.is_active:
        wrong["signer_ours"] = _("%(name)s has left.") % {"name": contract.signer_ours}
    if wrong:
        raise ValidationError(wrong)
    contract.clean_fields(exclude=[field.name for field in Contract._meta.fields if field.name not in values])
