"""Reading and changing the settings of the company."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from crm.company.declared import declared, defaults
from crm.company.models import CompanySetting
from crm.history.models import Operation
from crm.history.operations import operation

if TYPE_CHECKING:
    from crm.people.models import User

VERB = "company_settings_changed"


def company_settings() -> dict[str, Any]:
    """The value of every setting. One query."""
    return defaults() | dict(CompanySetting.objects.filter(key__in=declared()).values_list("key", "value"))


def company_setting(key: str) -> Any:
    """The value of one setting; KeyError for one that no app declares. One query."""
    setting = declared()[key]
    chosen = CompanySetting.objects.filter(key=key).values_list("value", flat=True).first()
    return setting.default if chosen is None else chosen


def state_of(values: Mapping[str, Any]) -> str:
    """A short digest of settings as somebody saw them; equal digests, equal values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:24]


@transaction.atomic
def change_settings(values: Mapping[str, Any], *, actor: User, seen: str = "") -> None:
    """Keep what differs from the defaults; ValidationError by key where a value cannot be.

    `seen` is the state of what the form showed: with code `stale` it says who changed what since.
    """
    wrong = {key: text for key, value in values.items() if (text := _wrong(key, value))}
    if wrong:
        raise ValidationError(wrong)
    _hold_settings()
    before = company_settings()
    if seen and seen != state_of(before):
        raise ValidationError([ValidationError(text, code="stale") for text in _changed_meanwhile()])
    changed = {key: value for key, value in values.items() if before[key] != value}
    if not changed:
        return
    with operation(actor, VERB, facts={"keys": sorted(changed)}):
        for key, value in changed.items():
            CompanySetting.objects.update_or_create(key=key, defaults={"value": value})


def _hold_settings() -> None:
    """Let nobody else change a setting until the end of the transaction; there may be no row yet to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('company settings'))")


def _changed_meanwhile() -> list[str]:
    latest = Operation.objects.filter(verb=VERB).select_related("actor").order_by("-id").first()
    keys = latest.facts["keys"] if latest else []
    labels = [str(declared()[key].label) for key in keys if key in declared()]
    words = {"name": (latest and latest.actor) or _("Somebody"), "fields": ", ".join(labels) or _("Company settings")}
    return [
        _("%(name)s changed %(fields)s while you had this form open.") % words,
        _("Your entries are kept below. Compare, then save again."),
    ]


def _wrong(key: str, value: Any) -> str:
    setting = declared().get(key)
    if setting is None or type(value) is not type(setting.default):
        return _("This setting does not exist.") if setting is None else _("This value does not fit here.")
    if setting.choices and value not in dict(setting.choices):
        return _("Choose one of the values offered.")
    if setting.may_be_off and value == 0:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and not setting.low <= value <= setting.high:
        return _("Between %(low)s and %(high)s.") % {"low": setting.low, "high": setting.high}
    return ""
