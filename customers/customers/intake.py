"""Leads from other systems: each becomes one potential customer, however often it is sent."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.people.models import Department, User
from customers.activities.actions import log_activity
from customers.activities.models import Activity
from customers.base_data.models import LeadSource
from customers.customers.actions import create_customer
from customers.customers.identity import clean_line, clean_phone
from customers.customers.models import Customer
from customers.duplicates.checking import find_duplicates


def receive_lead(
    *,
    actor: User,
    name: str,
    contact_name: str = "",
    phone: str = "",
    email: str = "",
    source: str = "",
    campaign: str = "",
    note: str = "",
    external_id: str = "",
) -> tuple[Customer, bool]:
    """The customer of a lead, and whether it is new: with contact and note, in the department that takes intake.

    ValidationError (code `duplicate`, without naming anybody) where phone or e-mail belong to a known customer.
    """
    if known := _known(external_id):
        return known, False
    _refuse_known_contact(actor, phone, email)
    known_source = LeadSource.objects.filter(name=source, is_active=True).first() if source else None
    details: dict[str, Any] = {"phone": phone, "email": email}
    values: dict[str, Any] = {"name": name, "source": known_source, **({} if contact_name else details)}
    contact = {"name": contact_name, **details} if contact_name else None
    try:
        with transaction.atomic():
            customer = create_customer(
                actor=actor, owner=None, values=values, contact=contact, external_id=external_id,
                duplicate_reason=_("Lead of another system"), department=Department.objects.intake(),
            )  # fmt: skip
            if text := _said(note, campaign, "" if known_source else source):
                log_activity(customer, actor=actor, kind=Activity.Kind.NOTE, content=text)
    except IntegrityError:
        # the same lead came twice at the same moment; the other one was faster
        if known := _known(external_id):
            return known, False
        raise
    return customer, True


def _said(note: str, campaign: str, source: str) -> str:
    """What is written down of a lead: its note, and the campaign and the source we have no list entry for."""
    said = [note]
    said += [_("Campaign: %(name)s") % {"name": campaign}] if campaign else []
    said += [_("Source: %(name)s") % {"name": source}] if source else []
    return "\n".join(part for part in said if part)


def _known(external_id: str) -> Customer | None:
    known = Customer.objects.filter(external_id=external_id).select_related("merged_into").first()
    return (known.merged_into or known) if external_id and known else None


def _refuse_known_contact(actor: User, phone: str, email: str) -> None:
    found = find_duplicates(actor, phones=[clean_phone(phone)], emails=[clean_line(email)])
    if found.exact:
        raise ValidationError(
            _("A customer with this phone or e-mail is known already. Look it up instead of sending it again."),
            code="duplicate",
        )
