"""A mail becomes follow-ups: one at each customer in the person's reach whose address stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from crm.access.masks import may_know_contact_details
from crm.notifications.actions import notify
from crm.people.models import User
from customers.activities.actions import LONGEST_CONTENT, log_activity
from customers.activities.addresses import is_ours, person_at
from customers.activities.mail_reading import Mail, read_mail
from customers.activities.models import Activity
from customers.contacts.models import Contact
from customers.customers.models import Customer

RIGHT = "customers.add_activity"
CUSTOMERS_AT_MOST = 10
UNKNOWN_ADDRESS = "unknown_address"


def receive_for_address(raw: bytes, addresses: Sequence[str] = ()) -> list[Activity]:
    """Log a mail for the person whose secret address it was sent to, by envelope or by header.

    ValidationError with code `unknown_address` where no such address is known, else as `receive_mail`.
    """
    mail = read_mail(raw)
    person = person_at([*addresses, *mail.recipients])
    if person is None:
        raise ValidationError(_("Nobody receives mail at this address."), code=UNKNOWN_ADDRESS)
    return log_mail(mail, actor=person)


def receive_mail(raw: bytes, *, actor: User) -> list[Activity]:
    """Log a mail in the name of a person; ValidationError in words for one that cannot be read."""
    return log_mail(read_mail(raw), actor=actor)


def log_mail(mail: Mail, *, actor: User) -> list[Activity]:
    """One follow-up at each customer that fits, each mail once per customer; a notice where none fits."""
    with translation.override(actor.language):
        matches = _matches(mail, actor)
        if not matches:
            _tell_unmatched(mail, actor)
        return [made for customer, contact in matches if (made := _log(mail, actor, customer, contact))]


def _matches(mail: Mail, actor: User) -> list[tuple[Customer, Contact | None]]:
    colleagues = set(User.objects.filter(email__in=[mail.sender, *mail.recipients]).values_list("email", flat=True))
    ours = {address.lower() for address in colleagues} | {actor.email.lower()}
    wanted = [one for one in [mail.sender, *mail.recipients] if one not in ours and not is_ours(one)]
    if not wanted or not actor.reach.has(RIGHT):
        return []
    by_customer: dict[int, Contact] = {}
    for contact in (
        Contact.objects.visible_to(actor).live().filter(email__in=wanted).order_by("-is_primary", "pk")[:100]
    ):
        by_customer.setdefault(contact.customer_id, contact)
    rows = Customer.objects.within(actor, RIGHT).live().outside_pools()
    found = rows.filter(Q(pk__in=list(by_customer)) | Q(email__in=wanted)).order_by("pk")[:CUSTOMERS_AT_MOST]
    return [(row, by_customer.get(row.pk)) for row in found if may_know_contact_details(actor, row)]


def _log(mail: Mail, actor: User, customer: Customer, contact: Contact | None) -> Activity | None:
    known = Activity.objects.filter(customer=customer)
    if known.filter(message_id=mail.message_id).exists():
        return None
    is_written = mail.sender == actor.email.lower()
    is_answer = not mail.is_automatic and known.filter(message_id__in=mail.answers).exclude(message_id="").exists()
    text = "\n\n".join(part for part in (mail.subject, mail.text) if part) or _("Mail without text")
    return log_activity(
        customer, actor=actor, kind=Activity.Kind.EMAIL, content=text[:LONGEST_CONTENT], happened_at=mail.sent_at,
        contact=contact, message_id=mail.message_id, counts=is_written or is_answer,
    )  # fmt: skip


def _tell_unmatched(mail: Mail, actor: User) -> None:
    other = next(
        (one for one in [mail.sender, *mail.recipients] if one != actor.email.lower() and not is_ours(one)), ""
    )
    text = _("No customer of yours fits the mail “%(subject)s”. Log it by hand.") % {"subject": mail.subject or other}
    address = f"{reverse('customers:activity_add')}?{urlencode({'q': other[:100]})}" if other else ""
    notify(actor, "mail_unmatched", text, about=None, url=address, dedupe_key=f"mail:{mail.message_id[:120]}")
