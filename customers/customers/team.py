"""Who works on a customer besides its owner: members with a part, a right and a last day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.notifications.actions import notify
from crm.people.models import User
from customers.customers.actions import refuse_archived
from customers.customers.identity import clean_line
from customers.customers.models import Customer, CustomerShare
from customers.customers.sharing import refuse_share_end, share_customer, share_permission

LONGEST_ROLE = 40
MEMBERS_AT_MOST = 50


@transaction.atomic
def add_members(
    customer: Customer,
    *,
    actor: User,
    colleagues: Sequence[User],
    role: str = "",
    may_change: bool = False,
    ends_on: date | None = None,
) -> None:
    """Take colleagues into the team, all or none, each with a notice; who is in it gets the new part and day."""
    if not colleagues:
        raise ValidationError({"colleagues": _("Choose at least one colleague.")})
    others = CustomerShare.objects.filter(content_object=customer).exclude(user__in=colleagues)
    if others.count() + len(colleagues) > MEMBERS_AT_MOST:
        raise ValidationError({"colleagues": _("A team has at most %(count)s members.") % {"count": MEMBERS_AT_MOST}})
    role = tidy_role(role)
    for colleague in colleagues:
        try:
            share_customer(
                customer, actor=actor, colleague=colleague, may_change=may_change, ends_on=ends_on, role=role
            )
        except ValidationError as refusal:
            raise _about_colleagues(refusal)
        if colleague != actor:
            _welcome(colleague, actor, customer)


def change_member(
    customer: Customer, *, actor: User, colleague: User, role: str, may_change: bool, ends_on: date
) -> None:
    """Give a member another part, right or last day."""
    role = tidy_role(role)
    refuse_share_end(ends_on)
    with operation(actor, "team_changed", colleague, anchor_id=customer.pk):
        refuse_archived(Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk))
        share = CustomerShare.objects.select_for_update(of=("self",), no_key=True).filter(
            content_object=customer, user=colleague
        )
        found = share.first()
        if found is None:
            raise ValidationError(_("%(name)s is not in the team any more.") % {"name": colleague})
        found.role, found.ends_on = role, ends_on
        found.permission = share_permission("change" if may_change else "view")
        found.save(update_fields=["role", "ends_on", "permission"])


def members_of(customer: Customer) -> list[CustomerShare]:
    """The members of today, with who they are."""
    today = timezone.localdate()
    rows = CustomerShare.objects.filter(content_object=customer).select_related("user", "permission", "shared_by")
    return [row for row in rows.order_by("pk") if row.ends_on is None or row.ends_on >= today]


def tidy_role(role: str) -> str:
    """The part of a member as it is kept; ValidationError where it is too long."""
    role = clean_line(role or "")
    if len(role) > LONGEST_ROLE:
        raise ValidationError({"role": _("%(count)s characters are too many; %(limit)s fit.")
                               % {"count": len(role), "limit": LONGEST_ROLE}})  # fmt: skip
    return role


def _about_colleagues(refusal: ValidationError) -> ValidationError:
    if not hasattr(refusal, "error_dict"):
        return refusal
    return ValidationError(
        {("colleagues" if name == "colleague" else name): errors for name, errors in refusal.error_dict.items()}
    )


def _welcome(colleague: User, actor: User, customer: Customer) -> None:
    with translation.override(colleague.language):
        text = _("%(name)s took you into the team of “%(customer)s”.") % {"name": actor, "customer": customer.name}
    key = f"team:{customer.pk}:{timezone.localdate()}"
    notify(colleague, "team", text, about=customer, url=customer.get_absolute_url(), dedupe_key=key)
