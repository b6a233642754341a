"""Making, finding and ending the links under which customers answer; only a hash of their secret is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.operations.moments import midnight
from crm.people.models import User
from sales.links.models import CustomerLink

_SIGNER = Signer(salt="sales.customer-link", sep=".")


def make_link(document: Any, *, actor: User, until: date) -> tuple[CustomerLink, str]:
    """Inside the caller's operation: a link to a quote or a delivery that works up to and with a day.

    Earlier links to the document end. Answers the link and its token, which is told nowhere else.
    """
    end_links(document)
    secret = secrets.token_urlsafe(24)
    link = CustomerLink.objects.create(
        **{document._meta.model_name: document},
        token_hash=_digest(secret),
        expires_at=midnight(until + timedelta(days=1)),
        made_by=actor,
    )
    return link, _SIGNER.sign(secret)


def end_links(document: Any) -> int:
    """Inside the caller's operation: take back every link to a document that still works; how many."""
    now = timezone.now()
    alive = CustomerLink.objects.filter(
        **{document._meta.model_name: document}, revoked_at=None, answered_at=None, expires_at__gt=now
    )
    return alive.update(revoked_at=now)


def use_link(link: CustomerLink) -> None:
    """Inside the caller's operation: a link gets its answer; ValidationError `over` where it ended meanwhile."""
    held = CustomerLink.objects.select_for_update(of=("self",), no_key=True).get(pk=link.pk)
    if held.answered_at is not None or not held.is_alive:
        raise ValidationError(_("This link is no longer valid. Ask for a new one."), code="over")
    CustomerLink.objects.filter(pk=held.pk).update(answered_at=timezone.now())


def find_link(token: str) -> CustomerLink | None:
    """The link of a token; None for one we never signed (asked without the database) or do not know."""
    try:
        secret = _SIGNER.unsign(token)
    except BadSignature:
        return None
    rows = CustomerLink.objects.filter(token_hash=_digest(secret))
    found: CustomerLink | None = rows.select_related("quote", "delivery").first()
    return found


def link_path(token: str) -> str:
    """The address below our site under which a link opens."""
    return reverse("links:customer_link", args=[token])


def note_opening(link: CustomerLink) -> None:
    """Remember that somebody looked at what a link shows; no part of the history."""
    CustomerLink.objects.filter(pk=link.pk).update(opened_at=timezone.now(), opened_count=F("opened_count") + 1)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
