"""The columns of the customer list."""

from __future__ import annotations

import re
from typing import Any

from django.utils.functional import Promise
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.access.masks import sees_contact_details, shown
from crm.records.keyset import Order
from crm.records.tables import Column, Table, Viewer
from crm.ui.formats import NOTHING, cell, day
from crm.ui.marks import company, flag, icon, person, status
from customers.customers.identity import display_phone, picture_letter
from customers.customers.models import Customer

STATUS_LABELS: dict[str, Any] = dict(Customer.Status.choices)
SIZE_LABELS: dict[str, Any] = dict(Customer.Size.choices)
TAGS_SHOWN = 2
_SUFFIX = re.compile(r"(省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)$")


def _name(row: Any, viewer: Viewer) -> str:
    return format_html(
        '<span class="cell">{}<a class="trunc" href="{}" title="{}">{}</a>{}</span>',
        company(picture_letter(row.name)), row.get_absolute_url(), row.name, row.name, _star(row, viewer),
    )  # fmt: skip


def _star(row: Any, viewer: Viewer) -> str:
    """A button of the form around the rows: it follows the customer, or does so no longer."""
    if "star" not in viewer.names:
        return ""
    is_on = row.pk in viewer.names["star"]
    address = f"{row.get_absolute_url()}{'unstar' if is_on else 'star'}/"
    return format_html(
        '<button class="btn btn-ghost btn-sm btn-icon star" form="bulk" formaction="{}" aria-pressed="{}"'
        ' aria-label="{}">{}</button>',
        address, "true" if is_on else "false", _("Follow %(name)s") % {"name": row.name}, icon("star", "i-sm"),
    )  # fmt: skip


def _region(row: Any, viewer: Viewer) -> str:
    found = viewer.names["region"].get(row.region_id)
    if found is None:
        return NOTHING
    parts = [_SUFFIX.sub("", part) for part in found.name.split()[:2]]
    return format_html('<span title="{}">{}</span>', found.name, "".join(dict.fromkeys(parts)))


def _named(kind: str, field: str) -> Any:
    def name_cell(row: Any, viewer: Viewer) -> str:
        found = viewer.names[kind].get(getattr(row, field))
        return cell(found.name if found else "")

    return name_cell


def _marked(kind: str, field: str) -> Any:
    def mark_cell(row: Any, viewer: Viewer) -> str:
        found = viewer.names[kind].get(getattr(row, field))
        return flag(found.name, found.tone or "gray") if found else NOTHING

    return mark_cell


def _stage(row: Any, viewer: Viewer) -> str:
    found = viewer.names["stage"].get(row.stage_id)
    return status(found.name, found.tone) if found else NOTHING


def _status(row: Any, viewer: Viewer) -> str:
    return status(STATUS_LABELS[row.status], row.status, bool(row.archived_at))


def _owner(row: Any, viewer: Viewer) -> str:
    found = viewer.names["person"].get(row.owner_id)
    return person(found.name) if found else NOTHING


def _contact(row: Any, viewer: Viewer) -> str:
    found = viewer.names["main_contact"].get(row.pk)
    if found is None:
        return NOTHING
    return format_html('{} <span class="muted">{}</span>', found.name, found.job_title)


def phone_for(row: Any, viewer: Viewer) -> str:
    """The company's phone, else the main contact's, as this person may see it."""
    contact = viewer.names["main_contact"].get(row.pk)
    value = row.phone or (contact.phone if contact else "")
    if not value:
        return ""
    return display_phone(value) if sees_contact_details(viewer.user, row) else shown(viewer.user, row, "phone", value)


def _phone(row: Any, viewer: Viewer) -> str:
    return cell(phone_for(row, viewer))


def _email(row: Any, viewer: Viewer) -> str:
    return cell(shown(viewer.user, row, "email", row.email))


def _address(row: Any, viewer: Viewer) -> str:
    return cell(shown(viewer.user, row, "address", row.address))


def _next_follow_on(row: Any, viewer: Viewer) -> str:
    if row.next_follow_on and row.next_follow_on < viewer.today:
        return format_html('<span class="fg t-red strong">{}</span>', day(row.next_follow_on))
    return day(row.next_follow_on)


def _tags(row: Any, viewer: Viewer) -> str:
    found = [viewer.names["tag"][pk] for pk in row.tag_ids if pk in viewer.names["tag"]]
    if not found:
        return ""
    first = format_html_join("", "{}", ((flag(tag.name, tag.tone or "gray"),) for tag in found[:TAGS_SHOWN]))
    rest = found[TAGS_SHOWN:]
    more = (
        format_html('<span class="muted fs12" title="{}">+{}</span>', "、".join(tag.name for tag in rest), len(rest))
        if rest
        else ""
    )
    return format_html('<span class="bar bar-tight bar-nowrap">{}{}</span>', first, more)


def _moment(field: str) -> Any:
    def moment_cell(row: Any, viewer: Viewer) -> str:
        return day(getattr(row, field))

    return moment_cell


def _text(field: str) -> Any:
    def text_cell(row: Any, viewer: Viewer) -> str:
        return cell(getattr(row, field))

    return text_cell


def _size(row: Any, viewer: Viewer) -> str:
    label: str | Promise = SIZE_LABELS.get(row.size, "")
    return SafeString(escape(label)) if row.size else NOTHING


CONTACT_COLUMNS = frozenset({"contact", "phone"})
CUSTOMER_TABLE = Table(
    columns=[
        Column("name", _("Customer"), _name, ("name",), css="pin pin-2 c-main name", is_fixed=True),
        Column("level", _("Level"), _marked("level", "level_id"), ("level_id",)),
        Column("stage", _("Stage"), _stage, ("stage_id",)),
        Column("status", _("Status"), _status, ("status",)),
        Column("contact", _("Main contact"), _contact, css="c-hide"),
        Column("phone", _("Phone"), _phone, ("phone",), css="c-hide soft nowrap"),
        Column("region", _("Region"), _region, ("region_id",), css="c-hide"),
        Column("owner", _("Owner"), _owner, ("owner_id",)),
        Column("last_followed_at", _("Last follow-up"), _moment("last_followed_at"), ("last_followed_at",),
               "last_followed", "soft", is_labelled=True),
        Column("next_follow_on", _("Next follow-up"), _next_follow_on, ("next_follow_on",), "next_follow",
               is_labelled=True),
        Column("tags", _("Tags"), _tags, ("tag_ids",), css="c-hide"),
        Column("source", _("Source"), _named("source", "source_id"), ("source_id",), css="c-hide", is_default=False),
        Column("industry", _("Industry"), _named("industry", "industry_id"), ("industry_id",), css="c-hide",
               is_default=False),
        Column("size", _("Size"), _size, ("size",), css="c-hide", is_default=False),
        Column("department", _("Department"), _named("department", "department_id"), ("department_id",), css="c-hide",
               is_default=False),
        Column("pool", _("Public pool"), _named("pool", "pool_id"), ("pool_id",), css="c-hide", is_default=False),
        Column("number", _("Number"), _text("number"), ("number",), css="c-hide", is_default=False),
        Column("credit_code", _("Credit code"), _text("credit_code"), ("credit_code",), css="c-hide",
               is_default=False),
        Column("email", _("E-mail"), _email, ("email",), css="c-hide soft", is_default=False),
        Column("address", _("Address"), _address, ("address",), css="c-hide", is_default=False),
        Column("created_at", _("Created"), _moment("created_at"), ("created_at",), "created", "c-hide soft",
               is_default=False),
    ],
    orders=[
        Order("-last_followed", _("latest follow-up first, never followed last"), "last_followed_at", True, True),
        Order("next_follow", _("next follow-up first, unplanned last"), "next_follow_on", False, True),
        Order("-created", _("newest first"), "created_at", True),
        Order("created", _("oldest first"), "created_at"),
    ],
    always=("id", "name", "status", "owner_id", "department_id", "pool_id", "archived_at"),
)  # fmt: skip
