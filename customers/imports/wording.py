"""Why rows are refused, in words: stored as codes, worded when shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.records.sheets import refusal_text
from customers.customers.resources import CustomerResource
from customers.imports.models import ImportRow

ROW_REASONS = {
    "repeated": gettext_lazy("stands in row %(row)s already"),
    "code_repeated": gettext_lazy("its unified social credit code stands in row %(row)s already"),
    "exists": gettext_lazy("exists already"),
    "several": gettext_lazy("fits several customers"),
    "exists_not_yours": gettext_lazy("exists, but you may not change it"),
    "in_pool": gettext_lazy("exists in a public pool; claim it first"),
    "not_found": gettext_lazy("no such customer"),
    "no_key": gettext_lazy("the field it is matched by is empty"),
    "code_taken": gettext_lazy("its unified social credit code belongs to another customer"),
    "phone_taken": gettext_lazy("its phone belongs to another customer"),
    "email_taken": gettext_lazy("its e-mail belongs to another customer"),
    "phone_known": gettext_lazy("another customer has this phone; it comes in all the same"),
    "email_known": gettext_lazy("another customer has this e-mail; it comes in all the same"),
    "name_alike": gettext_lazy("another customer has nearly this name (%(score)s of 100); it comes in all the same"),
    "capacity": gettext_lazy("you hold as many customers as you may (%(limit)s)"),
    "owner_full": gettext_lazy(
        "%(name)s holds %(held)s of %(limit)s customers, with the rows before; raise the limit or choose another owner"
    ),
    "owner_gone": gettext_lazy("the owner can no longer hold customers"),
    "left_out": gettext_lazy("you left it out"),
    "value_taken": gettext_lazy("a value that must be unique stands on another customer"),
    "changed_meanwhile": gettext_lazy("was changed by somebody after the check"),
    "appeared_meanwhile": gettext_lazy("somebody added this customer after the check"),
}


def reasons(errors: dict[str, Any]) -> list[str]:
    """The sentences of a row's errors, in the reader's language."""
    return [sentence(field, *error) for field, error in errors.items()]


def sentence(field: str, code: str, values: dict[str, Any]) -> str:
    """One error in words: what it is about, what is wrong."""
    if code in ROW_REASONS:
        return str(ROW_REASONS[code]) % values
    column = CustomerResource.columns().get(field)
    text = refusal_text(code, values)
    return _("%(field)s: %(reason)s") % {"field": column.header if column else field, "reason": text}


def cause(field: str, code: str) -> str:
    """A kind of error in words, for the list of causes."""
    if code in ROW_REASONS:
        in_general = {
            "repeated": _("stands in the file twice"),
            "code_repeated": _("its unified social credit code stands in the file twice"),
            "capacity": _("you hold as many customers as you may"),
            "owner_full": _("the owner holds as many customers as they may"),
            "name_alike": _("another customer has nearly this name; it comes in all the same"),
        }
        return in_general.get(code) or str(ROW_REASONS[code])
    column = CustomerResource.columns().get(field)
    header = column.header if column else field
    kinds = {
        "required": _("%(field)s is missing"),
        "too_long": _("%(field)s is too long"),
        "bad_date": _("%(field)s is no date"),
        "lost_digits": _("%(field)s was shortened by Excel"),
        "unknown": _("%(field)s is not in our list"),
        "ambiguous": _("%(field)s fits several entries of our list"),
    }
    return kinds.get(code, _("%(field)s is not valid")) % {"field": header}


def outcome_labels() -> Iterable[tuple[str, str, str]]:
    """(outcome, label, tone) in the order the pages show them."""
    labels = ImportRow.Outcome
    return [
        ("created", str(labels.CREATED.label), "green"),
        ("changed", str(labels.CHANGED.label), "blue"),
        ("duplicate", str(labels.DUPLICATE.label), "violet"),
        ("refused", str(labels.REFUSED.label), "red"),
        ("unchanged", str(labels.UNCHANGED.label), "gray"),
    ]
