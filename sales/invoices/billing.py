"""Billing data of customers: the title and tax data their invoices show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError as StdnumError

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.actions import hold_customer
from customers.customers.identity import clean_line
from customers.customers.models import Customer
from sales.documents.holding import next_id
from sales.invoices.models import BillingProfile, InvoiceType

FIELDS = ("title", "tax_number", "address", "phone", "bank", "account", "email")
EDITABLE = (*FIELDS, "is_default")
SPECIAL = (InvoiceType.DIGITAL_SPECIAL, InvoiceType.SPECIAL)
_CREDIT_CODE = 18
_OLD_FORM = re.compile(r"[0-9A-Z]{15}|[0-9A-Z]{20}")


def add_billing(customer: Customer, *, actor: User, values: Mapping[str, Any]) -> BillingProfile:
    """Keep billing data of a customer; the first one is proposed first."""
    row = BillingProfile(pk=next_id(BillingProfile), customer=customer, created_by=actor)
    _set_values(row, values)
    with operation(actor, "billing_added", row, anchor_id=customer.pk):
        row.customer = hold_customer(customer)
        living = BillingProfile.objects.filter(customer=customer, archived_at=None)
        row.is_default = row.is_default or not living.exists()
        _only_default(row)
        row.save(force_insert=True)
    return row


def change_billing(profile: BillingProfile, *, actor: User, values: Mapping[str, Any]) -> BillingProfile:
    """Change billing data; invoices and applications keep what they were given."""
    with operation(actor, "billing_changed", profile, anchor_id=profile.customer_id):
        locked = _held(profile)
        _set_values(locked, values)
        _only_default(locked)
        locked.save()
    return locked


def archive_billing(profile: BillingProfile, *, actor: User) -> None:
    """Propose billing data no more."""
    with operation(actor, "billing_archived", profile, anchor_id=profile.customer_id):
        locked = _held(profile)
        locked.archived_at, locked.is_default = timezone.now(), False
        locked.save(update_fields=["archived_at", "is_default"])


def buyer_of(profile: BillingProfile) -> dict[str, str]:
    """The buyer as it stands on an invoice: a copy that later changes of the billing data leave alone."""
    return {name: getattr(profile, name) for name in FIELDS}


def why_unfit(buyer: Mapping[str, str], kind: str) -> str:
    """Why an invoice of a type cannot be made out to a buyer, "" where it can."""
    if not buyer.get("title"):
        return _("Choose billing data.")
    if kind in SPECIAL and not buyer.get("tax_number"):
        return _("A special VAT invoice needs the buyer's tax number.")
    if kind == InvoiceType.SPECIAL and not all(buyer.get(name) for name in ("address", "phone", "bank", "account")):
        return _("A special VAT invoice on paper shows the buyer's address, phone, bank and account.")
    return ""


def clean_tax_number(text: str) -> str:
    """A tax number without spaces, in capitals; ValidationError where it cannot be one.

    18 characters are a unified social credit code with its check digit; 15 or 20 are forms from before 2015.
    """
    number = clean_line(text).replace(" ", "").replace("-", "").upper()
    if not number:
        return ""
    if len(number) == _CREDIT_CODE:
        try:
            return str(uscc.validate(number))
        except StdnumError as fault:
            raise ValidationError(_("The check digit of this tax number is wrong. Compare it.")) from fault
    if not _OLD_FORM.fullmatch(number):
        raise ValidationError(_("A tax number has 18 characters; old ones have 15 or 20."))
    return number


def is_old_tax_number(number: str) -> bool:
    """Whether a tax number is of a form that is given out no more."""
    return bool(number) and len(number) != _CREDIT_CODE


def _set_values(row: BillingProfile, values: Mapping[str, Any]) -> None:
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    wrong: dict[str, Any] = {}
    for name, value in values.items():
        if name == "tax_number":
            try:
                row.tax_number = clean_tax_number(value or "")
            except ValidationError as refusal:
                wrong["tax_number"] = refusal.messages
        else:
            setattr(row, name, bool(value) if name == "is_default" else clean_line(value or ""))
    if not row.title:
        wrong["title"] = _("Write the title the invoice shows.")
    if wrong:
        raise ValidationError(wrong)
    row.clean_fields(exclude=[field.name for field in BillingProfile._meta.fields if field.name not in values])


def _held(profile: BillingProfile) -> BillingProfile:
    hold_customer(profile.customer)
    locked = BillingProfile.objects.select_for_update(of=("self",), no_key=True).get(pk=profile.pk)
    if locked.archived_at is not None:
        raise ValidationError(_("This billing data is archived."), code="archived")
    return locked


def _only_default(row: BillingProfile) -> None:
    if row.is_default:
        BillingProfile.objects.filter(customer=row.customer_id, is_default=True).exclude(pk=row.pk).update(
            is_default=False
        )
