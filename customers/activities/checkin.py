"""The check-in of a visit: the position comes from the browser, the time from the server, both sealed until saved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from crm.people.models import User
from customers.activities.models import Activity
from customers.customers.models import Customer

KEPT = timedelta(hours=12)
_SALT = "customers.check-in"
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,15})?")


@dataclass(frozen=True)
class CheckIn:
    """Where somebody stood, and when."""

    at: datetime
    latitude: Decimal
    longitude: Decimal


def stamp_position(customer: Customer, *, actor: User, latitude: str, longitude: str) -> str:
    """A sealed note of a position at this moment, for this customer and person; ValidationError for no position."""
    north, east = _degrees(latitude, 90), _degrees(longitude, 180)
    note = [customer.pk, actor.pk, timezone.now().isoformat(), str(north), str(east)]
    return signing.dumps(note, salt=_SALT)


def read_stamp(text: str, customer: Customer, *, actor: User) -> CheckIn | None:
    """What a sealed note says, None for no note; ValidationError where it is old, used, or another's."""
    if not text:
        return None
    try:
        customer_id, actor_id, at, latitude, longitude = signing.loads(text, salt=_SALT, max_age=KEPT)
    except signing.SignatureExpired:
        raise ValidationError(
            _("This check-in is older than %(hours)s hours. Check in again.") % {"hours": KEPT.seconds // 3600}
        )
    except (signing.BadSignature, ValueError, TypeError):
        raise ValidationError(_("This check-in is damaged. Check in again."))
    moment = parse_datetime(at)
    if (customer_id, actor_id) != (customer.pk, actor.pk) or moment is None:
        raise ValidationError(_("This check-in belongs to another visit. Check in again."))
    if Activity.objects.filter(author=actor, customer=customer, checked_in_at=moment).exists():
        raise ValidationError(_("This check-in is saved with a visit already. Check in again."))
    return CheckIn(moment, Decimal(latitude), Decimal(longitude))


def _degrees(text: str, most: int) -> Decimal:
    if not _DEGREES.fullmatch(text.strip()) or abs(Decimal(text.strip())) > most:
        raise ValidationError(_("The device gave no usable position."))
    return Decimal(text.strip()).quantize(Decimal("0.000001"))
