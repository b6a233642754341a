"""Showing a customer to colleagues until a day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from guardian.shortcuts import get_perms_for_model

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.actions import refuse_archived
from customers.customers.models import Customer, CustomerShare

SHARE_DAYS = 30
SHARE_DAYS_AT_MOST = 365


def share_customer(
    customer: Customer,
    *,
    actor: User,
    colleague: User,
    may_change: bool = False,
    ends_on: date | None = None,
    role: str = "",
) -> None:
    """Show a customer to a colleague (or let them change it) until a day, 30 days from now unless said otherwise."""
    ends_on = ends_on or timezone.localdate() + timedelta(days=SHARE_DAYS)
    refuse_share_end(ends_on)
    if not colleague.is_active:
        raise ValidationError({"colleague": _("%(name)s has left.") % {"name": colleague}})
    with operation(actor, "customer_shared", colleague, anchor_id=customer.pk):
        locked = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)
        refuse_archived(locked)
        if locked.owner_id is None:
            raise ValidationError(_("Only a customer somebody owns can be shared."))
        if locked.owner_id == colleague.pk:
            raise ValidationError({"colleague": _("%(name)s owns this customer.") % {"name": colleague}})
        CustomerShare.objects.filter(content_object=locked, user=colleague).delete()
        CustomerShare.objects.create(
            content_object=locked, user=colleague, permission=share_permission("change" if may_change else "view"),
            shared_by=actor, ends_on=ends_on, role=role,
        )  # fmt: skip


def refuse_share_end(ends_on: date) -> None:
    """ValidationError for a last day of a share that is over or more than a year away."""
    today = timezone.localdate()
    if not today <= ends_on <= today + timedelta(days=SHARE_DAYS_AT_MOST):
        raise ValidationError({"ends_on": _("A share ends within %(days)s days.") % {"days": SHARE_DAYS_AT_MOST}})


def end_share(customer: Customer, *, actor: User, colleague_id: int) -> None:
    """Take a share back at once."""
    shares = CustomerShare.objects.filter(content_object=customer, user_id=colleague_id).select_related("user")
    found = shares.first()
    if found is None:
        raise ValidationError(_("This share has ended already."))
    with operation(actor, "customer_share_ended", found.user, anchor_id=customer.pk):
        shares.delete()


def share_permission(action: str) -> Any:
    """The permission a share stands for: `view` or `change`."""
    wanted = f"{action}_customer"
    return next(permission for permission in get_perms_for_model(Customer) if permission.codename == wanted)
