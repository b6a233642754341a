"""What can be done with the people at a customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.customfields.files import keep_files
from crm.customfields.values import changed_values, keep_unique, new_values
from crm.history.operations import operation
from crm.people.models import User
from customers.contacts.models import Contact
from customers.customers.actions import hold_customer
from customers.customers.covered import refuse_unknown_details
from customers.customers.custom import CONTACT, refuse_unknown_custom
from customers.customers.identity import clean_line, clean_phone
from customers.customers.models import Customer
from customers.customers.search import refresh_search
from customers.duplicates.checking import refuse_known_person

EDITABLE = ("name", "job_title", "power", "attitude", "reports_to", "phone", "email", "wechat", "birthday", "remark")


def add_contact(
    customer: Customer, *, actor: User, values: Mapping[str, Any], is_primary: bool = False, duplicate_reason: str = ""
) -> Contact:
    """Add a person at a customer; the first one is the main contact.

    A phone or e-mail that another customer has needs a reason, or is refused by the setting of the company.
    """
    given = dict(values)
    custom = given.pop("custom", None)
    contact = Contact(customer=customer, created_by=actor, changed_by=actor, **tidy(given))
    contact.clean_fields(exclude=["customer", "created_by", "changed_by", "custom", "reports_to"])
    with operation(actor, "contact_added", contact, anchor_id=customer.pk, reason=duplicate_reason):
        locked = hold_customer(customer)
        known = {"phone": contact.phone, "email": contact.email}
        refuse_known_person(actor, locked, known, reason=duplicate_reason)
        _refuse_superior(contact)
        others = Contact.objects.live().filter(customer=locked, is_primary=True)
        contact.is_primary = is_primary or not others.exists()
        if contact.is_primary:
            others.update(is_primary=False, changed_at=timezone.now(), changed_by=actor)
        contact.custom = new_values(CONTACT, custom)
        contact.save(force_insert=True)
        keep_unique(CONTACT, contact.pk, {}, contact.custom)
        keep_files(contact, {}, actor=actor)
        refresh_search([customer.pk])
    return contact


def update_contact(contact: Contact, *, actor: User, values: Mapping[str, Any], duplicate_reason: str = "") -> Contact:
    """Change the details of a person; a phone or e-mail of another customer as with a new one."""
    given = dict(values)
    custom = given.pop("custom", {})
    ready = tidy(given)
    with operation(actor, "contact_changed", contact, anchor_id=contact.customer_id, reason=duplicate_reason):
        hold_customer(contact.customer)
        locked = _live(contact)
        changed = {name: value for name, value in ready.items() if getattr(locked, name) != value}
        refuse_unknown_details(actor, contact.customer, changed)
        refuse_known_person(actor, contact.customer, changed, reason=duplicate_reason)
        before, changed["custom"] = locked.custom, changed_values(CONTACT, custom, locked.custom)
        refuse_unknown_custom(actor, contact.customer, CONTACT, before, changed["custom"])
        keep_unique(CONTACT, locked.pk, before, changed["custom"])
        for name, value in changed.items():
            setattr(locked, name, value)
        if "reports_to" in changed:
            _refuse_superior(locked)
        locked.changed_at, locked.changed_by = timezone.now(), actor
        locked.clean_fields(exclude=["customer", "created_by", "changed_by", "custom", "reports_to"])
        locked.save()
        keep_files(locked, before, actor=actor)
        refresh_search([contact.customer_id])
    return locked


def make_primary(contact: Contact, *, actor: User) -> None:
    """Make a person the one main contact of the customer."""
    with operation(actor, "contact_made_primary", contact, anchor_id=contact.customer_id):
        hold_customer(contact.customer)
        locked = _live(contact)
        stamp = {"changed_at": timezone.now(), "changed_by": actor}
        Contact.objects.live().filter(customer_id=locked.customer_id, is_primary=True).update(is_primary=False, **stamp)
        Contact.objects.filter(pk=locked.pk).update(is_primary=True, **stamp)


def archive_contact(contact: Contact, *, actor: User) -> None:
    """Take a person off the customer; what was written about talks with them stays."""
    with operation(actor, "contact_archived", contact, anchor_id=contact.customer_id):
        hold_customer(contact.customer)
        locked = _live(contact)
        locked.archived_at = locked.changed_at = timezone.now()
        locked.changed_by, locked.is_primary = actor, False
        locked.save(update_fields=["archived_at", "changed_at", "changed_by", "is_primary"])
        below = Contact.objects.filter(reports_to=locked)
        below.update(reports_to=locked.reports_to_id, changed_at=timezone.now(), changed_by=actor)
        refresh_search([contact.customer_id])


def tidy(values: Mapping[str, Any]) -> dict[str, Any]:
    """The editable values as they are kept; ValidationError by field."""
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    ready, wrong = dict(values), {}
    for name in ("name", "job_title", "wechat", "remark"):
        if name in ready:
            ready[name] = clean_line(ready[name] or "")
    if "email" in ready:
        ready["email"] = clean_line(ready["email"] or "").lower()
    if "phone" in ready:
        try:
            ready["phone"] = clean_phone(ready["phone"] or "", is_strict=True)
        except ValidationError as refusal:
            wrong["phone"] = refusal.messages
    if "name" in ready and not ready["name"]:
        wrong["name"] = [_("A contact needs a name.")]
    if wrong:
        raise ValidationError(wrong)
    return ready


def _refuse_superior(contact: Contact) -> None:
    """ValidationError for a superior of another company, or one below this person; under the customer's lock."""
    superior = contact.reports_to
    if superior is None:
        return
    if superior.customer_id != contact.customer_id or superior.archived_at is not None:
        raise ValidationError({"reports_to": _("Choose a person of the same company.")})
    above = dict(Contact.objects.filter(customer_id=contact.customer_id).values_list("pk", "reports_to_id"))
    at: int | None = superior.pk
    while at is not None:
        if at == contact.pk:
            raise ValidationError(
                {"reports_to": _("%(superior)s reports to %(name)s already, directly or through others.")
                 % {"superior": superior, "name": contact}},
                code="loop",
            )  # fmt: skip
        at = above.get(at)


def _live(contact: Contact) -> Contact:
    locked = Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=contact.pk)
    if locked.archived_at is not None:
        raise ValidationError(_("This contact is archived."), code="archived")
    return locked
