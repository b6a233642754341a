"""The columns of the lists of payments and of bank lines."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import NOTHING, cell, day
from crm.ui.marks import flag, icon, person
from sales.documents.cells import contract_cell, customer_cell
from sales.documents.shown import money
from sales.payments.models import Payment
from sales.payments.shown import line_mark, state_mark

METHODS: dict[str, Any] = dict(Payment.Method.choices)


def _number(row: Any, viewer: Viewer) -> str:
    name = row.number or pgettext_lazy("document", "no number yet")
    mark = flag(pgettext_lazy("payment", "reversal"), "red") if row.reverses_id else ""
    return format_html(
        '<span class="cell"><a class="trunc num" href="{}">{}</a>{}</span><span class="muted fs12 trunc">{}</span>',
        row.get_absolute_url(), name, mark, row.payer_name,
    )  # fmt: skip


def _amount(row: Any, viewer: Viewer) -> str:
    sign = "−" if row.reverses_id else ""
    return format_html("{}{}", sign, money(row.amount, row.currency))


def _prepaid(row: Any, viewer: Viewer) -> str:
    return money(row.prepaid, row.currency) if row.prepaid and not row.reverses_id else NOTHING


def _state(row: Any, viewer: Viewer) -> str:
    return state_mark(row)


def _paid(row: Any, viewer: Viewer) -> str:
    return day(row.paid_on)


def _method(row: Any, viewer: Viewer) -> str:
    return cell(str(METHODS[row.method]))


def _person(field: str) -> Any:
    def person_cell(row: Any, viewer: Viewer) -> str:
        found = viewer.names["person"].get(getattr(row, field))
        return person(found.name) if found else NOTHING

    return person_cell


def _text(field: str) -> Any:
    def text_cell(row: Any, viewer: Viewer) -> str:
        return cell(getattr(row, field))

    return text_cell


PAYMENT_TABLE = Table(
    columns=[
        Column("number", _("Payment"), _number, ("number", "payer_name", "reverses_id"), css="pin pin-2 c-main name",
               is_fixed=True),
        Column("state", _("State"), _state, ("state",)),
        Column("customer", _("Customer"), customer_cell, ("customer_id",)),
        Column("contract", _("Contract"), contract_cell, ("contract_id",), css="c-hide"),
        Column("amount", _("Amount"), _amount, ("amount", "currency", "reverses_id"), "amount", "c-num num right"),
        Column("prepaid", _("Prepayment"), _prepaid, ("amount", "allocated", "state", "currency", "reverses_id"),
               css="c-num c-hide num right"),
        Column("paid_on", _("Paid on"), _paid, ("paid_on",), "paid", is_labelled=True),
        Column("owner", _("Owner"), _person("owner_id"), ("owner_id",)),
        Column("method", _("Method"), _method, ("method",), css="c-hide soft", is_default=False),
        Column("reference", _("Bank reference"), _text("reference"), ("reference",), css="c-hide",
               is_default=False),
        Column("confirmed_by", _("Confirmed by"), _person("confirmed_by_id"), ("confirmed_by_id",), css="c-hide",
               is_default=False),
    ],
    orders=[
        Order("-created", _("newest first"), "created_at", True),
        Order("created", _("oldest first"), "created_at"),
        Order("-paid", _("paid last first"), "paid_on", True),
        Order("paid", _("paid first first"), "paid_on"),
        Order("-amount", _("largest amount first"), "amount", True),
        Order("amount", _("smallest amount first"), "amount"),
    ],
    always=("id", "number", "created_at"),
)  # fmt: skip


def _payer(row: Any, viewer: Viewer) -> str:
    return format_html(
        '<a class="trunc" href="{}" title="{}">{}</a><span class="muted fs12 trunc">{}</span>',
        row.get_absolute_url(), row.payer_name, row.payer_name or _("unknown payer"), row.memo,
    )  # fmt: skip


def _line_amount(row: Any, viewer: Viewer) -> str:
    return money(row.amount, row.currency)


def _line_state(row: Any, viewer: Viewer) -> str:
    return line_mark(row)


def _booked(row: Any, viewer: Viewer) -> str:
    return day(row.booked_on)


def _proposal(row: Any, viewer: Viewer) -> str:
    """The payment it is matched with, or the one that fits best with a button that matches it."""
    if row.payment_id:
        payment = viewer.names["payment"].get(row.payment_id)
        if payment is None:
            return NOTHING
        return format_html('<a class="num" href="{}">{}</a>', payment.get_absolute_url(), payment)
    found = viewer.names["proposal"].get(row.pk)
    if found is None:
        return NOTHING
    if not found.payments:
        return cell(found.customer.name if found.customer else "")
    best = found.payments[0]
    # part of the form of the bulk bar, as the other buttons of rows are
    return format_html(
        '<span class="cell"><button class="btn btn-sm" form="bulk" name="payment" value="{}" formaction="{}">{}{}'
        '</button><span class="trunc">{} · {}</span></span>',
        best.pk, reverse("sales:bank_line_match", args=[row.pk]), icon("link"), _("Match"), best, best.customer.name,
    )  # fmt: skip


BANK_LINE_TABLE = Table(
    columns=[
        Column("payer", _("Payer"), _payer, ("payer_name", "memo"), css="pin pin-2 c-main name", is_fixed=True),
        Column("booked", _("Booked on"), _booked, ("booked_on",), "booked", is_labelled=True),
        Column("amount", _("Amount"), _line_amount, ("amount", "currency"), "amount", "c-num num right"),
        Column("state", _("State"), _line_state, ("state",)),
        Column("proposal", _("Payment"), _proposal, ("payment_id", "payer_name", "amount", "currency", "reference",
                                                      "state", "booked_on", "released_from_id")),
        Column("reference", _("Bank reference"), _text("reference"), ("reference",), css="c-hide"),
        Column("payer_account", _("Account of the payer"), _text("payer_account"), ("payer_account",),
               css="c-hide", is_default=False),
        Column("note", pgettext_lazy("bank line", "Note"), _text("note"), ("note",), css="c-hide", is_default=False),
    ],
    orders=[
        Order("-booked", _("booked last first"), "booked_on", True),
        Order("booked", _("booked first first"), "booked_on"),
        Order("-amount", _("largest amount first"), "amount", True),
        Order("amount", _("smallest amount first"), "amount"),
    ],
    always=("id", "payer_name", "booked_on", "state"),
)  # fmt: skip
