"""How often a person may ask whether a company is known: one limit a minute and a day for all doors that answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from crm.company.actions import company_setting
from crm.history.models import Operation
from crm.operations.pace import clock_minute, counted, counted_this_minute
from crm.people.models import User

VERB = "customer_looked_up"
A_MINUTE = 30
HINTS_A_MINUTE = 60
_DAY = 86_400


def hints_too_often(actor: User) -> bool:
    """Whether a person had more hints while typing than anybody types; without Redis nobody is held up."""
    return counted_this_minute(f"duplicate-hints:{actor.pk}") > HINTS_A_MINUTE


def refuse_too_often(actor: User) -> None:
    """ValidationError (`limit`) where a person had all the answers of this minute or this day already."""
    minute, today = _told(actor)
    asked = Operation.objects.filter(actor=actor, verb=VERB)
    if asked.filter(at__gte=timezone.now() - timedelta(minutes=1)).count() + minute >= A_MINUTE:
        text = _("You have asked %(count)s times in a minute. Wait a moment.") % {"count": A_MINUTE}
        raise ValidationError(text, code="limit")
    a_day = company_setting("duplicates.lookups_a_day")
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    if a_day and asked.filter(at__gte=midnight).count() + today >= a_day:
        text = _("You have asked %(count)s times today; more is possible tomorrow.") % {"count": a_day}
        raise ValidationError(text, code="limit")


def refuse_probing(actor: User) -> None:
    """The same for the checks of forms, for those whom a form told today of customers out of their reach."""
    if any(_told(actor)):
        refuse_too_often(actor)


def note_told(actor: User) -> None:
    """Count that a form told of a customer out of reach; in Redis, for the refusal itself leaves nothing behind."""
    for key, seconds in zip(_keys(actor), (120, _DAY), strict=True):
        counted(key, seconds)


def _told(actor: User) -> tuple[int, int]:
    minute, today = _keys(actor)
    try:
        counts: Mapping[str, int] = cache.get_many([minute, today])
    except RedisError:
        return 0, 0
    return counts.get(minute, 0), counts.get(today, 0)


def _keys(actor: User) -> tuple[str, str]:
    stem = f"duplicates-told:{actor.pk}"
    return f"{stem}:{clock_minute()}", f"{stem}:{timezone.localdate()}"
