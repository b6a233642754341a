"""Form widgets that the field template knows how to dress."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

_AMOUNT = re.compile(r"-?\d{1,15}(\.\d+)?")
_PLAIN: dict[int, str | None] = {
    ord(wide): plain for wide, plain in zip("０１２３４５６７８９．－", "0123456789.-", strict=True)
}
_PLAIN |= {ord(mark): None for mark in ",，¥￥ \u00a0\u3000"}


class MoneyInput(forms.TextInput):
    """An amount with its unit beside it; thousands are set on leaving the field and stripped on the way in."""

    def __init__(self, attrs: dict[str, Any] | None = None, before: str = "¥", after: str = "") -> None:
        own = {"inputmode": "decimal", "class": "right", "data-money": "", "autocomplete": "off"}
        super().__init__({**own, **(attrs or {})})
        self.before = before
        self.after = after

    def format_value(self, value: Any) -> str | None:
        """The amount with thousands separators; what is no amount is shown as it was typed."""
        shown = super().format_value(value)
        if shown is None or not _AMOUNT.fullmatch(str(shown)):
            return shown
        whole, point, part = str(shown).partition(".")
        return f"{int(whole):,}{point}{part}"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The typed amount without thousands separators, full-width digits and currency signs."""
        value = super().value_from_datadict(data, files, name)
        return value.translate(_PLAIN).strip() if isinstance(value, str) else value


class DayInput(forms.DateInput):
    """A native date field; browsers want and send ISO days whatever the language is."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """A native date and time field."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class SearchSelect(forms.Select):
    """A select with more than eight options: a plain select without script, a searchable combobox with it."""

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__({"data-combobox": "", "data-placeholder": _("Type to search"), **(attrs or {})}, choices)


class SwitchInput(forms.CheckboxInput):
    """A yes/no that takes effect at once; drawn as a switch."""

    is_switch = True
