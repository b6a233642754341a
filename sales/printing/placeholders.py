"""Placeholders like {{customer}} in the texts of print templates: an allow-list and a replacer, never an engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sales.printing.models import PrintTemplate

_TOKEN = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")

_SHARED: dict[str, Any] = {
    "customer": gettext_lazy("Name of the customer"),
    "company": gettext_lazy("Our company"),
    "owner": gettext_lazy("Who is responsible"),
    "number": gettext_lazy("Number"),
    "title": gettext_lazy("Title"),
    "date": gettext_lazy("Date of the document"),
}
_MONEY: dict[str, Any] = {
    "currency": gettext_lazy("Currency"),
    "total": gettext_lazy("Total with tax"),
    "total_in_words": gettext_lazy("Total in capital Chinese figures"),
    "net": gettext_lazy("Total without tax"),
    "tax": gettext_lazy("Tax"),
    "contact": gettext_lazy("Contact"),
    "version": gettext_lazy("Version"),
    "delivery_terms": gettext_lazy("Delivery"),
    "payment_terms": gettext_lazy("Payment terms"),
}
Kind = PrintTemplate.Kind
PLACEHOLDERS: dict[str, dict[str, Any]] = {
    Kind.QUOTE: {**_SHARED, **_MONEY, "valid_until": gettext_lazy("Last day of the quote")},
    Kind.CONTRACT: {
        **_SHARED, **_MONEY, "starts_on": gettext_lazy("First day"), "ends_on": gettext_lazy("Last day"),
        "signed_on": gettext_lazy("Day of signing"), "credit_code": gettext_lazy("Credit code of the customer"),
    },
    Kind.DELIVERY_NOTE: {
        **_SHARED, "order": gettext_lazy("Number of the order"), "contract": gettext_lazy("Number of the contract"),
        "place": gettext_lazy("Place of delivery"),
    },
    Kind.STATEMENT: {
        **_SHARED, "contracted": gettext_lazy("Contracted"), "paid": gettext_lazy("Paid"),
        "open": gettext_lazy("Open"), "overdue": gettext_lazy("Overdue"),
    },
}  # fmt: skip


def refuse_unknown(text: str, kind: str) -> None:
    """ValidationError naming the first placeholder that documents of this kind do not have."""
    known = PLACEHOLDERS[kind]
    for found in _TOKEN.finditer(text):
        if found[1] not in known:
            words = {"name": found[0], "known": ", ".join(f"{{{{{name}}}}}" for name in known)}
            raise ValidationError(_("There is no placeholder %(name)s. There are: %(known)s") % words, code="unknown")
    if _BRACES.search(_TOKEN.sub("", text)):
        raise ValidationError(_("A placeholder is written like this: {{customer}}"), code="braces")


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its placeholders replaced, once: what a value holds is never read again."""
    return _TOKEN.sub(lambda found: values.get(found[1], ""), text)
