"""What a transfer cannot be: refused in words before anything is frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.people.models import User
from customers.base_data.models import Region
from customers.pool.capacity import receivers_for
from customers.transfers.models import Transfer
from customers.transfers.querysets import TRANSFER_RIGHT

DAYS_AHEAD_AT_MOST = 365
WEIGHT_AT_MOST = 100


def refuse_plan(actor: User, targets: Sequence[User], split: str, reason: str) -> None:
    """ValidationError where this person cannot move customers to these receivers, or does not say why."""
    if not actor.reach.has(TRANSFER_RIGHT):
        raise ValidationError(_("Your role does not include this."), code="no_right")
    if not reason.strip():
        raise ValidationError({"reason": _("Say why these customers move.")})
    if not targets:
        raise ValidationError({"targets": _("Choose at least one receiver.")})
    if split not in Transfer.Split.values:
        raise ValidationError({"split": _("“%(split)s” is no way to split.") % {"split": split}})
    able = set(receivers_for(actor, TRANSFER_RIGHT).values_list("pk", flat=True))
    for target in targets:
        if target.pk not in able:
            words = _("You cannot move customers to %(name)s.") % {"name": target}
            raise ValidationError({"targets": ValidationError(words, code="bad_target")})


def refuse_days(effective_on: date | None, stays: str, until: date | None) -> None:
    """ValidationError for a day, or a stay of the former owner, that cannot be."""
    today = timezone.localdate()
    last = today + timedelta(days=DAYS_AHEAD_AT_MOST)
    if effective_on and not today <= effective_on <= last:
        words = _("Choose today or a day within the next %(days)s days.") % {"days": DAYS_AHEAD_AT_MOST}
        raise ValidationError({"effective_on": words})
    if stays not in Transfer.Stay.values:
        raise ValidationError({"old_owner_stays": _("“%(value)s” is not offered here.") % {"value": stays}})
    if stays and (until is None or not (effective_on or today) <= until <= last):
        words = _("Say until when the former owner stays: after the transfer, within %(days)s days.")
        raise ValidationError({"old_owner_until": words % {"days": DAYS_AHEAD_AT_MOST}})


def weights_of(targets: Sequence[User], weights: Mapping[int, int]) -> list[int]:
    """The weight of each receiver in their order; ValidationError for one out of bounds."""
    found = [weights.get(target.pk, 1) for target in targets]
    if not all(1 <= weight <= WEIGHT_AT_MOST for weight in found):
        raise ValidationError({"weights": _("A weight is a number from 1 to %(most)s.") % {"most": WEIGHT_AT_MOST}})
    return found


def regions_of(targets: Sequence[User], regions: Mapping[int, int]) -> dict[str, int]:
    """Receivers by province as they are kept; ValidationError for other regions or people."""
    ids = {target.pk for target in targets}
    if not set(regions.values()) <= ids:
        raise ValidationError({"regions": _("A region goes to one of the receivers chosen above.")})
    if Region.objects.filter(pk__in=list(regions), rank=1).count() != len(regions):
        raise ValidationError({"regions": _("Only whole provinces can be given to a receiver.")})
    return {str(region): user for region, user in regions.items()}
