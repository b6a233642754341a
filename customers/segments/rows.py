"""One condition of a segment: its question to the database and its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm.access.masks import where_known
from crm.ui.formats import long_day
from customers.segments.comparing import COMPARE, is_empty
from customers.segments.custom import why_gone
from customers.segments.fields import (
    BARE,
    DAY,
    TEXT,
    TIMES,
    SegmentField,
)


@dataclass(frozen=True)
class Row:
    """One condition that makes sense: what is asked, how, and the value in its right type."""

    field: SegmentField
    operator: str
    value: Any

    def condition(self, user: Any) -> Q:
        """The question to the database; it answers only where the person may know what it asks about."""
        reached = user.reach.rows(self.field.right) if self.field.right else None
        asked = self._asked() if reached is None else self._asked() & reached
        return asked & where_known(user) if self.field.is_personal else asked

    def _asked(self) -> Q:
        field, operator, value = self.field, self.operator, self.value
        if operator in ("empty", "filled"):
            return is_empty(field) if operator == "empty" else ~is_empty(field)
        if field.matching is not None:
            return field.matching(operator, value)
        return COMPARE[field.kind](field, operator, value)

    def words(self) -> str:
        """The condition as a sentence."""
        field = self.field
        if self.operator in BARE:
            return f"{field.label} {field.operators[self.operator]}"
        if field.kind == TIMES:
            return self._times_in_words()
        if field.kind == DAY and isinstance(self.value, int):
            phrase = str(field.operators[self.operator]).replace("…", str(self.value))
            return f"{field.label} {phrase}"
        return f"{field.label} {field.operators[self.operator]} {self._value_in_words()}"

    def _value_in_words(self) -> str:
        if isinstance(self.value, list):
            labels = dict(self.field.offered()) if self.field.offered else {}
            return pgettext("list", ", ").join(f"{labels.get(one, one)}" for one in self.value)
        if self.field.kind == DAY:
            return long_day(date.fromisoformat(self.value))
        return f"“{self.value}”" if self.field.kind == TEXT else str(self.value)

    def _times_in_words(self) -> str:
        labels = dict(self.field.offered()) if self.field.offered else {}
        kinds = pgettext("list", ", ").join(str(labels[kind]) for kind in self.value.get("kinds", ()))
        named = f"{self.field.label} ({kinds})" if kinds else str(self.field.label)
        count, days = self.value["count"], self.value["days"]
        times = ngettext("%(count)s time", "%(count)s times", count) % {"count": count}
        window = ngettext("in the last %(count)s day", "in the last %(count)s days", days) % {"count": days}
        return f"{named} {window} {self.field.operators[self.operator]} {times}"


def row_of(raw: Mapping[str, Any], fields: Mapping[str, SegmentField]) -> Row:
    if raw["field"] not in fields:
        text = why_gone(raw["field"])
        raise ValidationError(
            text or _("This segment asks about a field that you may not see, or that no longer exists."),
            code="hidden_field",
        )
    return Row(fields[raw["field"]], raw["operator"], raw.get("value"))
