"""The columns of the list of contacts."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.access.masks import shown
from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import cell, day
from crm.ui.marks import avatar, flag
from customers.contacts.models import Contact
from customers.customers.identity import display_phone

POWER_LABELS: dict[str, Any] = dict(Contact.Power.choices)


def _name(row: Any, viewer: Viewer) -> str:
    return format_html(
        '<span class="cell">{}<a class="trunc" href="{}" title="{}">{}</a></span>',
        avatar(row.name), row.get_absolute_url(), row.name, row.name,
    )  # fmt: skip


def _customer(row: Any, viewer: Viewer) -> str:
    return format_html('<a class="trunc" href="{}">{}</a>', row.customer.get_absolute_url(), row.customer.name)


def _phone(row: Any, viewer: Viewer) -> str:
    visible = shown(viewer.user, row.customer, "phone", row.phone)
    return cell(display_phone(visible) if visible == row.phone else visible)


def _email(row: Any, viewer: Viewer) -> str:
    return cell(shown(viewer.user, row.customer, "email", row.email))


def _job_title(row: Any, viewer: Viewer) -> str:
    return cell(row.job_title)


def _power(row: Any, viewer: Viewer) -> str:
    return flag(POWER_LABELS[row.power], "amber" if row.power == "decides" else "gray") if row.power else cell("")


def _is_primary(row: Any, viewer: Viewer) -> str:
    return flag(_("main"), "blue") if row.is_primary else cell("")


def _created_at(row: Any, viewer: Viewer) -> str:
    return day(row.created_at)


CONTACT_TABLE = Table(
    columns=[
        Column("name", _("Contact"), _name, ("name",), css="pin pin-2 c-main name", is_fixed=True),
        Column("customer", _("Customer"), _customer, ("customer__name",)),
        Column("job_title", _("Job title"), _job_title, ("job_title",)),
        Column("is_primary", _("Main contact"), _is_primary, ("is_primary",), css="c-hide"),
        Column("power", _("Decision power"), _power, ("power",), css="c-hide"),
        Column("phone", _("Phone"), _phone, ("phone",), css="soft nowrap"),
        Column("email", _("E-mail"), _email, ("email",), css="c-hide soft"),
        Column("created_at", _("Created"), _created_at, ("created_at",), "created", "c-hide soft"),
    ],
    orders=[
        Order("-created", _("newest first"), "created_at", True),
        Order("created", _("oldest first"), "created_at"),
    ],
    always=(
        "id", "name", "customer_id", "customer__name", "customer__status", "customer__owner_id",
        "customer__department_id",
    ),
)  # fmt: skip
