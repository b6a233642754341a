"""What of a document is decided on: frozen as plain values, hashed, and compared in the reader's language.

Relations are kept as ids, so that a customer who is renamed changes no document; their names are looked up when two
contents are told apart. Company secrets (class B1) never belong to a content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from crm.approvals.purposes import content_hash
from crm.ui.formats import long_day, yuan2
from sales.documents.models import Document
from sales.documents.shown import discount_text, number_text, rate_text

Content = dict[str, Any]
Difference = tuple[str, str, str]
AMOUNTS = ("net", "tax", "gross")
LINE_FIELDS = (
    "product_id", "code", "name", "spec", "unit", "quantity", "price", "discount", "tax_rate", "net", "tax", "gross",
)  # fmt: skip


@dataclass(frozen=True)
class ContentFields:
    """Which fields of a kind of document and of its lines are its content, by attribute name and in order.

    `lists` names further related rows (instalments of a contract) with their fields.
    """

    model: type[Document]
    fields: Sequence[str]
    line_fields: Sequence[str] = LINE_FIELDS
    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def related(self) -> dict[str, Sequence[str]]:
        """The lists of related rows with their fields, the lines first."""
        return {"lines": self.line_fields, **dict(self.lists)}


def snapshot(document: Document, content: ContentFields) -> Content:
    """The content of a document as it stands: ordered plain values, equal for equal documents."""
    taken = {name: plain_value(document, name) for name in (*content.fields, *AMOUNTS)}
    for related, fields in content.related().items():
        rows = getattr(document, related).all()
        taken[related] = [{name: plain_value(row, name) for name in fields} for row in rows]
    return taken


def hash_of(content: Content) -> str:
    """The digest by which a decision names the content it saw; equal digests, equal contents."""
    return content_hash(content)


def plain_value(row: models.Model, name: str) -> Any:
    """A value of a row as JSON keeps it; decimals as text with all their places."""
    value, known = getattr(row, name), _field(type(row), name)
    if isinstance(known, models.DecimalField) and value is not None:
        return f"{Decimal(value):.{known.decimal_places}f}"
    return value.isoformat() if isinstance(value, date) else value


def differences(before: Content, after: Content, content: ContentFields) -> list[Difference]:
    """What changed from one content to another, for people: label, old words, new words ("" for nothing)."""
    model = content.model
    told = [
        (_label(model, name), shown_value(model, name, before.get(name)), shown_value(model, name, after.get(name)))
        for name in content.fields
        if before.get(name) != after.get(name)
    ]
    for related, fields in content.related().items():
        told += _row_differences(_related_model(model, related), before, after, related, fields)
    told += [
        (_label(model, name), yuan2(before.get(name)), yuan2(after.get(name)))
        for name in AMOUNTS
        if before.get(name) != after.get(name)
    ]
    return [one for one in told if one[1] != one[2]]


def shown_value(model: type[models.Model], name: str, value: Any) -> str:
    """A kept value in words: choices by label, relations by name, days and numbers as people write them."""
    known = _field(model, name)
    if value is None or value == "":
        return ""
    if isinstance(known, models.ForeignKey):
        related: Any = known.related_model
        return str(related._default_manager.filter(pk=value).first() or "")
    if known.choices:
        return str(dict(known.flatchoices).get(value, value))
    if isinstance(known, models.BooleanField):
        return _("yes") if value else _("no")
    if isinstance(known, models.DateField):
        day = parse_date(str(value)[:10])
        return long_day(day) if day else str(value)
    return _number(known, Decimal(value)) if isinstance(known, models.DecimalField) else str(value)


def _number(known: models.DecimalField[Any, Any], value: Decimal) -> str:
    if known.name == "tax_rate":
        return rate_text(value)
    if known.decimal_places == 6:  # a fraction of 1
        return discount_text(value)
    return yuan2(value) if known.decimal_places == 2 else number_text(value)


def _row_differences(
    model: type[models.Model], before: Content, after: Content, related: str, fields: Sequence[str]
) -> list[Difference]:
    """Rows of two contents side by side: the n-th row of a name answers the n-th of the same name."""
    old, new = _keyed(before.get(related, [])), _keyed(after.get(related, []))
    told: list[Difference] = []
    for key, row in new.items():
        if key not in old:
            told.append((str(key[0]), "", _in_short(model, row)))
            continue
        told += [
            (
                f"{key[0]} · {_label(model, name)}",
                shown_value(model, name, old[key].get(name)),
                shown_value(model, name, row.get(name)),
            )
            for name in fields
            if name not in AMOUNTS and old[key].get(name) != row.get(name)
        ]
    told += [(str(key[0]), _in_short(model, row), "") for key, row in old.items() if key not in new]
    if not told and [*old] != [*new]:
        before_names, after_names = (", ".join(str(key[0]) for key in rows) for rows in (old, new))
        told.append((_("Order of the lines"), before_names, after_names))
    return told


def _keyed(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int], Mapping[str, Any]]:
    found: dict[tuple[str, int], Mapping[str, Any]] = {}
    for place, row in enumerate(rows):
        name = str(row.get("name") or place + 1)
        turn = 1
        while (name, turn) in found:
            turn += 1
        found[name, turn] = row
    return found


def _in_short(model: type[models.Model], row: Mapping[str, Any]) -> str:
    """A whole row in a few words: 24 台 × 6,800.00."""
    if "quantity" not in row:
        words = [shown_value(model, name, value) for name, value in row.items() if name != "name"]
        return " · ".join(word for word in words if word)
    quantity = f"{number_text(Decimal(row['quantity']))} {row.get('unit', '')}".strip()
    price = row.get("price")
    return f"{quantity} × {number_text(Decimal(price), 2)}" if price is not None else quantity


def _related_model(model: type[Document], related: str) -> type[models.Model]:
    found: Any = model._meta.get_field(related).related_model
    return found


def _label(model: type[models.Model], name: str) -> str:
    text = str(_field(model, name).verbose_name)
    return text[:1].upper() + text[1:]


def _field(model: type[models.Model], name: str) -> Any:
    return next(one for one in model._meta.concrete_fields if name in (one.name, one.attname))
