"""Which contacts a person may be: looked for in the whole company, shown to nobody who only asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.access.masks import masked
from customers.contacts.models import Contact
from customers.privacy.erasure import erased_among, masked_name

MATCHED_AT_MOST = 200


@dataclass(frozen=True)
class Match:
    """A contact a request may be about, as those who decide see it: masked, with what fits."""

    contact_id: int
    name: str
    phone: str
    email: str
    customer: str
    fits: Sequence[str]
    is_sure: bool

    @property
    def told(self) -> str:
        """One line about it."""
        known = " · ".join(filter(None, [self.name, self.phone, self.email, self.customer]))
        return _("%(known)s (fits: %(fits)s)") % {"known": known, "fits": pgettext("list", ", ").join(self.fits)}


def find_matches(name: str, phone: str, email: str) -> list[Contact]:
    """Contacts with the phone, the e-mail or the name, archived ones too, but nobody erased."""
    fits = Q(name=name)
    fits |= Q(phone=phone) if phone else Q(pk__in=[])
    fits |= Q(email=email) if email else Q(pk__in=[])
    rows = list(Contact.objects.filter(fits).select_related("customer").order_by("pk")[:MATCHED_AT_MOST])
    gone = set(erased_among([row.pk for row in rows]))
    return [row for row in rows if row.pk not in gone]


def is_sure(contact: Contact, phone: str, email: str) -> bool:
    """Whether more than the name fits: many people share a name."""
    return bool(phone and contact.phone == phone or email and contact.email == email)


def masked_matches(contacts: Iterable[Contact], name: str, phone: str, email: str) -> list[Match]:
    """What may be shown of them: the customer by its number, the person by masks."""
    return [_match(contact, name, phone, email) for contact in contacts]


def _match(contact: Contact, name: str, phone: str, email: str) -> Match:
    fits = [
        words
        for words, is_equal in (
            (_("phone"), bool(phone) and contact.phone == phone),
            (_("e-mail"), bool(email) and contact.email == email),
            (pgettext("request of a person", "name"), contact.name == name),
        )
        if is_equal
    ]
    return Match(
        contact.pk,
        masked_name(contact.name),
        masked("phone", contact.phone),
        masked("email", contact.email),
        contact.customer.number,
        fits,
        is_sure(contact, phone, email),
    )
