"""The newest records of each kind as pages list them: those of a customer, those of an opportunity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, Exists, Model, OuterRef, Q, QuerySet, TextField, When, Window
from django.db.models.aggregates import Count
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from crm.people.models import User
from crm.records.together import Rows
from crm.ui.formats import short_day
from customers.customers.models import Customer
from sales.contracts.marks import state_mark as contract_mark
from sales.contracts.models import Contract, ContractQuote
from sales.customers.kinds import (
    CONTRACT,
    INVOICE,
    OPPORTUNITY,
    ORDER,
    PAYMENT,
    QUOTE,
    REISSUE,
    REQUIREMENT,
    Kind,
)
from sales.documents.shown import money
from sales.invoices.marks import invoice_mark, kind_flag, reissue_mark
from sales.opportunities.tables import state_mark as opportunity_mark
from sales.orders.marks import order_mark
from sales.payments.shown import state_mark as payment_mark
from sales.quotes.marks import state_mark as quote_mark
from sales.requirements.tables import state_mark as requirement_mark

SHOWN = 5
TOTAL = "rows_in_all"


@dataclass(frozen=True)
class ShownRow:
    """One record of a section: what it is called, the small print, its state and amount as they are shown."""

    pk: int
    title: str
    url: str
    small: str
    mark: str
    amount: str
    row: Any


@dataclass(frozen=True)
class Section:
    """The newest records of a kind, how many there are, and the list of all of them."""

    key: str
    label: str
    rows: list[ShownRow]
    total: int
    all_url: str


@dataclass(frozen=True)
class Listed:
    """How a kind of record is listed: the columns it reads, and the words for a row."""

    kind: Kind
    label: str | Promise
    fields: tuple[str, ...]
    title: Callable[[Any], str]
    mark: Callable[[Any], str]
    amount: Callable[[Any], str]
    day: Callable[[Any], str]
    only: Mapping[str, Any] | None = None
    # rows that stand before newer ones: open business, running contracts
    first: Q | None = None
    # what is found out beside its columns, by name
    beside: Mapping[str, Any] = field(default_factory=dict)

    def part(self, seen: QuerySet[Any]) -> QuerySet[Any]:
        """The newest its list shows of these, and how many, for `read_together`; amounts as text: no cent is lost."""
        exact = {f"{name}_text": Cast(name, TextField()) for name in self.fields if _is_decimal(self.kind.model, name)}
        plain = [name for name in self.fields if f"{name}_text" not in exact]
        listed = seen.filter(archived_at=None, **(self.only or {}))
        rows = listed.annotate(**exact, **self.beside, **{TOTAL: Window(Count("pk"))})
        order = [Case(When(self.first, then=0), default=1)] if self.first else []
        return rows.order_by(*order, "-pk").values("pk", "number", *plain, *exact, *self.beside, TOTAL)[:SHOWN]

    def shown(self, read: list[dict[str, Any]], around: Model) -> Section:
        """What was read of a customer or an opportunity, as a section of its page."""
        url = f"{reverse(f'sales:{self.kind.name}_list')}?{around._meta.model_name}={around.pk}"
        rows = [self._shown(values) for values in read]
        return Section(self.kind.name, str(self.label), rows, read[0][TOTAL] if read else 0, url)

    def _shown(self, values: dict[str, Any]) -> ShownRow:
        beside = {name: values[name] for name in self.beside}
        own = {name: value for name, value in values.items() if name != TOTAL and name not in beside}
        row = _row(self.kind.model, own)
        row.__dict__.update(beside)
        number = getattr(row, "invoice_number", "") or row.number or pgettext("document", "no number yet")
        title = self.title(row) or number
        small = " · ".join(part for part in (number if number != title else "", self.day(row)) if part)
        url = self.kind.address(row.pk)
        return ShownRow(row.pk, title, url, small, self.mark(row), self.amount(row), row)


def _is_decimal(model: type[Model], name: str) -> bool:
    return "__" not in name and isinstance(model._meta.get_field(name), DecimalField)


def _row(model: type[Model], values: dict[str, Any]) -> Any:
    """A record out of values read as JSON; columns of records around it hang on it under their own names."""
    own, around = {}, {}
    for name, value in values.items():
        if "__" in name:
            around[name] = value
            continue
        field: Any = model._meta.pk if name == "pk" else model._meta.get_field(name.removesuffix("_text"))
        own[field.attname] = field.to_python(value)
    row = model(**own)
    row.__dict__.update(around)
    return row


def _quote_mark(row: Any) -> str:
    return quote_mark(row, is_contracted=row.is_contracted)


def _money(name: str) -> Callable[[Any], str]:
    def amount_of(row: Any) -> str:
        amount: Decimal | None = getattr(row, name)
        return "" if amount is None else money(amount, row.currency)

    return amount_of


def _until(words: str, day: date | None) -> str:
    return words % {"day": short_day(day)} if day else ""


def _quote_title(row: Any) -> str:
    return f"{row.title} v{row.version}" if row.version > 1 else str(row.title)


def _contract_amount(row: Any) -> str:
    return money(row.gross * row.direction, row.currency)


def _payment_amount(row: Any) -> str:
    return money(-row.amount if row.reverses_id else row.amount, row.currency)


def _payment_title(row: Any) -> str:
    return str(row.payer_name or row.get_method_display())


def _invoice_mark(row: Any) -> str:
    return format_html("{} {}", kind_flag(row.kind), invoice_mark(row.state))


LISTED: tuple[Listed, ...] = (
    Listed(
        OPPORTUNITY, _("Opportunities"), ("name", "state", "amount", "currency", "expected_close_on"),
        lambda row: row.name, opportunity_mark, _money("amount"),
        lambda row: _until(pgettext("opportunity", "expected %(day)s"), row.expected_close_on)
        if row.state == "open" else "", first=Q(state="open"),
    ),
    Listed(
        REQUIREMENT, _("Requirements"), ("title", "state", "wanted_on"), lambda row: row.title, requirement_mark,
        lambda row: "", lambda row: _until(pgettext("requirement", "wanted %(day)s"), row.wanted_on),
    ),
    Listed(
        QUOTE, _("Quotes"), ("title", "version", "state", "gross", "currency", "valid_until"), _quote_title,
        _quote_mark, _money("gross"), lambda row: _until(pgettext("quote", "valid until %(day)s"), row.valid_until),
        only={"is_current": True},
        beside={"is_contracted": Exists(ContractQuote.objects.filter(quote=OuterRef("pk"), ended_at=None))},
    ),
    Listed(
        CONTRACT, _("Contracts"),
        ("title", "state", "gross", "direction", "currency", "signed_on", "total", "received", "invoiced", "main"),
        lambda row: row.title, lambda row: contract_mark(row.state), _contract_amount,
        lambda row: _until(pgettext("contract", "signed %(day)s"), row.signed_on),
        first=Q(state__in=Contract.RUNNING),
    ),
    Listed(
        ORDER, _("Orders"), ("state", "due_on", "contract__number"), lambda row: row.number,
        lambda row: order_mark(row.state), lambda row: "",
        lambda row: " · ".join(
            part
            for part in (row.contract__number, _until(pgettext("order", "deliver until %(day)s"), row.due_on)) if part
        ),
    ),
    Listed(
        PAYMENT, _("Payments"),
        ("payer_name", "method", "state", "amount", "currency", "paid_on", "reverses"), _payment_title, payment_mark,
        _payment_amount, lambda row: _until(pgettext("payment", "paid %(day)s"), row.paid_on),
    ),
    Listed(
        INVOICE, _("Invoices"), ("invoice_number", "kind", "state", "gross", "currency", "issued_on", "buyer__title"),
        lambda row: row.buyer__title or "", _invoice_mark, _money("gross"),
        lambda row: _until(pgettext("invoice", "issued %(day)s"), row.issued_on),
    ),
    Listed(
        REISSUE, _("Reissues"), ("reason", "state", "gross", "currency", "created_at"),
        lambda row: row.get_reason_display(), lambda row: reissue_mark(row.state), _money("gross"),
        lambda row: short_day(row.created_at),
    ),
)  # fmt: skip


def section_parts(customer: Customer, user: User) -> dict[str, QuerySet[Any]]:
    """The queries of all sections, for `read_together`."""
    return {f"section_{one.kind.name}": one.part(one.kind.seen(customer, user)) for one in LISTED}


def sections_of(read: Rows, customer: Customer) -> list[Section]:
    """The sections that hold something, in the order of the chain."""
    found = [one.shown(read[f"section_{one.kind.name}"], customer) for one in LISTED]
    return [section for section in found if section.rows]
