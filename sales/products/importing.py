"""Products out of a spreadsheet: read, tried out, shown, and written only after somebody has seen what would happen.

A file says what products are; what it says of prices becomes wishes, because a second person agrees to prices.
What was read waits in the cache for an hour, for the one who uploaded it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.records.sheets import SheetField, header_key, refusal_text
from crm.records.spreadsheets import check_upload, guess_header_row, read_spreadsheet, stream_rows
from sales.products.actions import EDITABLE, rates_today, refuse_wrong, tidy
from sales.products.categories import categories_in_order
from sales.products.models import Product, ProductCategory, TaxRate
from sales.products.pricing import Wish, ask_for_prices
from sales.products.resources import ProductResource

ROWS_AT_MOST = 1000
KEPT_SECONDS = 3600
PRICES = ("list_price", "minimum_price", "cost_price")
NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"


@dataclass(frozen=True)
class Staged:
    """What a file said: its name, and by row number the read values or why one cannot be read."""

    name: str
    rows: list[tuple[int, dict[str, Any], list[str]]]


@dataclass
class Outcome:
    """What would become of one row: which product, with which values and prices, or why not."""

    number: int
    code: str
    kind: str
    product: Product | None = None
    changed: set[str] = field(default_factory=set)
    prices: dict[str, Decimal | None] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """What would become of a file, and a digest by which a later look is compared."""

    outcomes: list[Outcome]
    digest: str

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each kind, and how many prices would be asked for."""
        found = Counter(outcome.kind for outcome in self.outcomes)
        wishes = sum(len(outcome.prices) for outcome in self.outcomes if outcome.kind != REFUSED)
        return {kind: found[kind] for kind in (NEW, CHANGED, UNCHANGED, REFUSED)} | {"prices": wishes}


def stage_file(file: IO[bytes], name: str, size: int, *, actor: User) -> str:
    """Read an uploaded file and keep what it says for an hour; answers with the word that finds it again.

    ValidationError where it cannot be read, has no column of codes, or too many rows.
    """
    check_upload(name, size)
    with tempfile.TemporaryDirectory() as folder:
        path, rows_path = Path(folder) / f"upload{Path(name).suffix.lower()}", Path(folder) / "rows"
        path.write_bytes(file.read())
        reading = read_spreadsheet(path, rows_path)
        columns = ProductResource.importable(actor)
        known = {key for column in columns.values() for key in column.known_headers()}
        header_row = guess_header_row(reading.head, known)
        rows = list(stream_rows(rows_path))
    mapping = _mapping(next((cells for number, cells in rows if number == header_row), []), columns)
    below = [(number, cells) for number, cells in rows if number > header_row]
    if len(below) > ROWS_AT_MOST:
        raise ValidationError(_("The file has more than %(limit)s rows. Split it.") % {"limit": ROWS_AT_MOST})
    if not below:
        raise ValidationError(_("The file has no rows below its headers."))
    token = secrets.token_hex(16)
    staged = [_read_row(number, cells, mapping, columns) for number, cells in below]
    cache.set(_key(actor, token), {"name": name[:200], "rows": staged}, KEPT_SECONDS)
    return token


def staged_file(token: str, *, actor: User) -> Staged | None:
    """What a file of this person said; None where it is gone."""
    kept = cache.get(_key(actor, token))
    return Staged(kept["name"], [tuple(row) for row in kept["rows"]]) if kept else None


def plan_import(staged: Staged) -> Plan:
    """Try a file out against the products as they are now; nothing is written."""
    codes = [values.get("code", "") for _number, values, _wrong in staged.rows]
    known = {row.code: row for row in Product.objects.filter(code__in=[code for code in codes if code])}
    lookups = _Lookups()
    seen: set[str] = set()
    outcomes = []
    for number, values, wrong in staged.rows:
        code = values.get("code", "")
        outcome = Outcome(number, code, REFUSED, reasons=list(wrong))
        if code in seen:
            outcome.reasons.append(_("this code stands in the file twice"))
        seen.add(code)
        if not outcome.reasons:
            _try(outcome, values, known.get(code), lookups)
        outcomes.append(outcome)
    told = [[o.number, o.kind, sorted(o.changed), sorted(map(str, o.prices.items())), o.reasons] for o in outcomes]
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]
    return Plan(outcomes, digest)


def apply_import(token: str, *, actor: User, seen: str, starts_on: date, reason: str) -> Plan:
    """Write what a plan showed: products at once, prices as wishes a second person decides on.

    ValidationError with code `stale` where something would happen otherwise than was shown.
    """
    staged = staged_file(token, actor=actor)
    if staged is None:
        raise ValidationError(_("This file is no longer kept. Upload it again."), code="gone")
    with operation(actor, "products_imported", reason=reason, facts={"file": staged.name}):
        codes = [values["code"] for _number, values, _wrong in staged.rows if values.get("code")]
        list(Product.objects.filter(code__in=codes).order_by("pk").select_for_update(no_key=True).values_list("pk"))
        plan = plan_import(staged)
        if plan.digest != seen:
            raise ValidationError(_("Products have changed since this was shown. Look at it again."), code="stale")
        meant = [outcome for outcome in plan.outcomes if outcome.kind in (NEW, CHANGED, UNCHANGED)]
        _write(meant, actor)
        wishes = [
            Wish(outcome.product, name, price)
            for outcome in meant
            if outcome.product is not None
            for name, price in outcome.prices.items()
        ]
        for start in range(0, len(wishes), 1000):
            ask_for_prices(wishes[start : start + 1000], actor=actor, starts_on=starts_on, reason=reason)
    cache.delete(_key(actor, token))
    return plan


class _Lookups:
    """Categories by name and by path, and the rates of today: read once for a file."""

    def __init__(self) -> None:
        self.rates = rates_today()
        default = TaxRate.objects.valid_on(timezone.localdate()).order_by("-is_default", "position").first()
        self.default_rate = default.rate if default else None
        self.categories: dict[str, ProductCategory | None] = {}
        for row, path in categories_in_order():
            self.categories[header_key(path.replace(" / ", "/"))] = row
            key = header_key(row.name)
            self.categories[key] = None if key in self.categories and row.parent_id else row

    def category(self, text: str) -> ProductCategory:
        """The category a text means."""
        key = header_key(text.replace(" / ", "/"))
        found = self.categories.get(key)
        if found is None:
            raise ValidationError(_("category: “%(value)s” is not in our list") % {"value": text[:40]})
        return found


def _try(outcome: Outcome, values: Mapping[str, Any], product: Product | None, lookups: _Lookups) -> None:
    try:
        ready = tidy({name: _python(name, values[name], lookups) for name in EDITABLE if _is_said(values, name)})
        if product is None:
            if ready.get("tax_rate") is None and lookups.default_rate is not None:
                ready["tax_rate"] = lookups.default_rate
            product, outcome.kind = Product(list_price=Decimal(0), is_on_sale=False), NEW
            outcome.changed = set(ready)
        else:
            outcome.kind = CHANGED
            outcome.changed = {name for name, value in ready.items() if getattr(product, name) != value}
            _refuse_existing(product, outcome.changed)
        for name in outcome.changed:
            setattr(product, name, ready[name])
        is_new = outcome.kind == NEW
        refuse_wrong(product, outcome.changed | ({"tax_rate"} if is_new else set()), lookups.rates)
    except ValidationError as refusal:
        outcome.kind, outcome.changed = REFUSED, set()
        outcome.reasons += _worded(refusal)
        return
    outcome.product = product
    said = {name: Decimal(values[name]) for name in PRICES if _is_said(values, name)}
    outcome.prices = {name: price for name, price in said.items() if getattr(product, name) != price}
    if not outcome.changed and not outcome.prices:
        outcome.kind = UNCHANGED


def _refuse_existing(product: Product, changed: set[str]) -> None:
    if product.archived_at is not None:
        raise ValidationError(_("“%(name)s” is archived. Put it back first.") % {"name": product})
    if "currency" in changed and product.list_price:
        raise ValidationError(_("A product that has a price keeps its currency."))


def _write(outcomes: Sequence[Outcome], actor: User) -> None:
    now = timezone.now()
    made = [outcome.product for outcome in outcomes if outcome.kind == NEW and outcome.product]
    changed = [outcome.product for outcome in outcomes if outcome.kind == CHANGED and outcome.product]
    for product in made:
        product.created_by = actor
    for product in changed:
        product.changed_at = now
    Product.objects.bulk_create(made)
    Product.objects.bulk_update(changed, [*EDITABLE, "letters", "changed_at"], batch_size=500)


def _mapping(cells: Sequence[str], columns: Mapping[str, SheetField]) -> dict[int, str]:
    """Which column of the file is which of ours."""
    mapping: dict[int, str] = {}
    for at, header in enumerate(cells):
        for name, column in columns.items():
            if name not in mapping.values() and header_key(header) in column.known_headers():
                mapping[at] = name
                break
    if "code" not in mapping.values():
        raise ValidationError(_("The file has no column of product codes."))
    return mapping


def _read_row(
    number: int, cells: Sequence[str], mapping: Mapping[int, str], columns: Mapping[str, SheetField]
) -> tuple[int, dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for at, name in mapping.items():
        text = cells[at] if at < len(cells) else ""
        try:
            values[name] = columns[name].widget.clean(text)
        except ValidationError as refusal:
            words = [refusal_text(error.code or "", error.params or {}) for error in refusal.error_list]
            wrong.append(f"{columns[name].header}: {' '.join(words)}")
    if not values.get("code") and not wrong:
        wrong.append(f"{columns['code'].header}: {refusal_text('required', {})}")
    return number, values, wrong


def _is_said(values: Mapping[str, Any], name: str) -> bool:
    """Whether the file says something of a field: an empty cell keeps what is there."""
    return values.get(name) not in (None, "")


def _python(name: str, value: Any, lookups: _Lookups) -> Any:
    if name == "category":
        return lookups.category(value)
    if name == "currency":
        return str(value).upper()
    return Decimal(value) if name == "tax_rate" else value


def _worded(refusal: ValidationError) -> list[str]:
    if not hasattr(refusal, "error_dict"):
        return list(refusal.messages)
    labels = {name: column.header for name, column in ProductResource.columns().items()}
    return [
        f"{labels.get(name, name)}: {' '.join(str(word) for error in errors for word in error.messages)}"
        for name, errors in refusal.error_dict.items()
    ]


def _key(actor: User, token: str) -> str:
    return f"product-import:{actor.pk}:{token}"
