"""The columns of the register of consents."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import cell, day
from crm.ui.marks import status
from customers.privacy.models import Consent, Purpose

PURPOSES: dict[str, Any] = dict(Purpose.choices)
BASES: dict[str, Any] = dict(Consent.Basis.choices)
CHANNELS: dict[str, Any] = dict(Consent.Channel.choices)


def _contact(row: Any, viewer: Viewer) -> str:
    return format_html('<a class="trunc" href="{}">{}</a>', row.get_absolute_url(), row.contact.name)


def _customer(row: Any, viewer: Viewer) -> str:
    customer = row.contact.customer
    return format_html('<a class="trunc" href="{}">{}</a>', customer.get_absolute_url(), customer.name)


def _purpose(row: Any, viewer: Viewer) -> str:
    return cell(str(PURPOSES[row.purpose]))


def _basis(row: Any, viewer: Viewer) -> str:
    return cell(str(BASES[row.basis]))


def _channel(row: Any, viewer: Viewer) -> str:
    return cell(str(CHANNELS[row.channel]))


def _evidence(row: Any, viewer: Viewer) -> str:
    return cell(row.evidence or row.text_version)


def _given_at(row: Any, viewer: Viewer) -> str:
    return day(row.given_at)


def _state(row: Any, viewer: Viewer) -> str:
    if row.withdrawn_at is None:
        return status(_("valid"), "green")
    return status(_("withdrawn %(day)s") % {"day": day(row.withdrawn_at)}, "red")


CONSENT_TABLE = Table(
    columns=[
        Column("contact", _("Contact"), _contact, ("contact__name",), css="pin pin-2 c-main name", is_fixed=True),
        Column("customer", _("Customer"), _customer, ("contact__customer__name",)),
        Column("purpose", _("Purpose"), _purpose, ("purpose",)),
        Column("state", _("State"), _state, ("withdrawn_at",)),
        Column("basis", _("Lawful basis"), _basis, ("basis",), css="c-hide"),
        Column("channel", _("Given"), _channel, ("channel",), css="c-hide"),
        Column("evidence", _("Proof"), _evidence, ("evidence", "text_version"), css="c-hide"),
        Column("given_at", _("Given at"), _given_at, ("given_at",), "given", "c-hide soft"),
    ],
    orders=[
        Order("-given", _("newest first"), "given_at", True),
        Order("given", _("oldest first"), "given_at"),
    ],
    always=("id", "contact_id", "contact__name", "contact__customer_id", "contact__customer__name"),
)
