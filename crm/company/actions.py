"""Reading and changing the settings of the company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.company.declared import declared, defaults
from crm.company.models import CompanySetting
from crm.history.operations import operation

if TYPE_CHECKING:
    from crm.people.models import User


def company_settings() -> dict[str, Any]:
    """The value of every setting. One query."""
    return defaults() | dict(CompanySetting.objects.filter(key__in=declared()).values_list("key", "value"))


def company_setting(key: str) -> Any:
    """The value of one setting; KeyError for one that no app declares. One query."""
    setting = declared()[key]
    chosen = CompanySetting.objects.filter(key=key).values_list("value", flat=True).first()
    return setting.default if chosen is None else chosen


def change_settings(values: Mapping[str, Any], *, actor: User) -> None:
    """Keep what differs from the defaults; ValidationError by key where a value cannot be."""
    wrong = {key: text for key, value in values.items() if (text := _wrong(key, value))}
    if wrong:
        raise ValidationError(wrong)
    before = company_settings()
    changed = {key: value for key, value in values.items() if before[key] != value}
    if not changed:
        return
    with operation(actor, "company_settings_changed", facts={"keys": sorted(changed)}):
        for key, value in changed.items():
            CompanySetting.objects.update_or_create(key=key, defaults={"value": value})


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
