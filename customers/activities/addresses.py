"""The secret address to which a person sends or copies mail that becomes follow-ups; only its hash is kept."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from customers.activities.models import MailAddress

_TOKEN = re.compile(r"log\+([0-9a-f]{32})@(.+)", re.IGNORECASE)


def make_address(user: User) -> str:
    """A new address of a person, which nobody can read again; an older one stops working."""
    if not settings.MAIL_IN_DOMAIN:
        raise ValidationError(_("Mail does not come in yet: an administrator sets HARBOUR_MAIL_IN_DOMAIN first."))
    token = secrets.token_hex(16)
    with operation(user, "mail_address_made", user):
        MailAddress.objects.filter(user=user).delete()
        MailAddress.objects.create(user=user, token_hash=_hash(token))
    return f"log+{token}@{settings.MAIL_IN_DOMAIN}"


def remove_address(user: User) -> None:
    """Switch the address of a person off; without one nothing happens."""
    if MailAddress.objects.filter(user=user).exists():
        with operation(user, "mail_address_removed", user):
            MailAddress.objects.filter(user=user).delete()


def person_at(addresses: Iterable[str]) -> User | None:
    """The active person to whom one of these addresses belongs; None where no address is one of ours."""
    tokens = [found[1].lower() for address in addresses if (found := _ours(address))]
    if not tokens:
        return None
    kept = MailAddress.objects.filter(token_hash__in=[_hash(token) for token in tokens[:10]], user__is_active=True)
    address = kept.select_related("user__department").first()
    return address.user if address else None


def is_ours(address: str) -> bool:
    """Whether an address is one that takes mail in, whoever has it."""
    return _ours(address) is not None


def _ours(address: str) -> re.Match[str] | None:
    found = _TOKEN.fullmatch(address.strip())
    return found if found and found[2].lower() == settings.MAIL_IN_DOMAIN.lower() else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
