"""Which records of this app hold files, and whom the files follow; never shown while the customer is in a pool."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from crm.access.gate import may
from crm.attachments.policies import AttachPolicy
from crm.customfields.files import why_kept
from customers.activities.models import Activity
from customers.comments.models import Comment
from customers.contacts.models import Contact
from customers.customers.actions import hold_customer
from customers.customers.additions import tabs_beside
from customers.customers.models import Customer

ARCHIVE = "customers.archive_customer"


def _customers(user: Any, right: str) -> Any:
    return Customer.objects.within(user, right).outside_pools()


def _activities(user: Any, right: str) -> Any:
    return Activity.objects.within(user, right).live().exclude(customer__status=Customer.Status.POOL)


def _comments(user: Any, right: str) -> Any:
    return Comment.objects.within(user, right).live().exclude(customer__status=Customer.Status.POOL)


def _contacts(user: Any, right: str) -> Any:
    return Contact.objects.within(user, right).live().exclude(customer__status=Customer.Status.POOL)


def _hold_customer(customer: Customer, actor: Any) -> None:
    hold_customer(customer)


def _hold_contact(contact: Contact, actor: Any) -> None:
    hold_customer(contact.customer)
    locked = Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=contact.pk)
    if locked.archived_at is not None:
        raise ValidationError(_("This was archived meanwhile."), code="archived")


def _hold_written(row: Any, actor: Any) -> None:
    """A follow-up or comment: its files are its author's, and of those who archive for the customer."""
    customer = hold_customer(row.customer)
    locked = type(row).objects.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
    if locked.archived_at is not None:
        raise ValidationError(_("This was archived meanwhile."), code="archived")
    if locked.author_id != actor.pk and not actor.reach.covers(ARCHIVE, customer):
        raise PermissionDenied(_("Only its author changes the files kept with it."))


def _frame(customer: Customer, user: Any) -> dict[str, Any]:
    may_see_history = may(user, "customers.view_history", customer)
    return {
        "tabs": "customers/customers/_tabs.html",
        "customer": customer,
        "may_see_history": may_see_history,
        "tabs_beside": tabs_beside(user),
    }


CUSTOMER_FILES = AttachPolicy(
    "customer", "customers.view_customer", "customers.change_customer", _customers, lambda row: row.pk, _hold_customer,
    gathers=True, frame=_frame, why_kept=why_kept,
)  # fmt: skip
CONTACT_FILES = AttachPolicy(
    "contact", "customers.view_contact", "customers.change_contact", _contacts, lambda row: row.customer_id,
    _hold_contact, why_kept=why_kept,
)  # fmt: skip
ACTIVITY_FILES = AttachPolicy(
    "activity", "customers.view_activity", "customers.change_activity", _activities, lambda row: row.customer_id,
    _hold_written,
)  # fmt: skip
COMMENT_FILES = AttachPolicy(
    "comment", "customers.view_comment", "customers.change_comment", _comments, lambda row: row.customer_id,
    _hold_written,
)  # fmt: skip
