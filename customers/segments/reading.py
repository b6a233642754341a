"""Conditions as somebody sent them, read with distrust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from customers.segments.contradictions import contradiction
from customers.segments.fields import (
    BARE,
    CHOICE,
    DAY,
    NUMBER,
    TAGS,
    TIMES,
    SegmentField,
    fields_for,
)
from customers.segments.rows import row_of

ROWS_AT_MOST, GROUPS_AT_MOST, CHOICES_AT_MOST, DAYS_AT_MOST, TEXT_AT_MOST = 30, 10, 100, 3650, 100
MATCHES = ("all", "any")
Conditions = dict[str, Any]


class Reader:
    """Reads untrusted conditions; collects what is wrong by place."""

    def __init__(self, user: Any) -> None:
        self.fields = fields_for(user)
        self.offered: dict[str, dict[Any, Any]] = {}
        self.wrong: dict[str, list[str]] = {}

    def all(self, raw: Any) -> Conditions:
        groups = raw.get("groups") if isinstance(raw, dict) else None
        if not isinstance(groups, list) or not all(
            isinstance(group, dict) and isinstance(group.get("rows"), list) for group in groups
        ):
            self._say("match", _("These conditions are damaged. Build them again."))
            return {}
        rows = sum(len(group["rows"]) for group in groups)
        if not rows:
            self._say("match", _("Add at least one condition."))
        if rows > ROWS_AT_MOST or len(groups) > GROUPS_AT_MOST:
            words = {"rows": ROWS_AT_MOST, "groups": GROUPS_AT_MOST}
            self._say("match", _("At most %(rows)s conditions in %(groups)s groups fit.") % words)
            return {}
        kept = [self._group(f"g{number}", group) for number, group in enumerate(groups) if group["rows"]]
        return {"match": self._match("match", raw), "groups": kept}

    def _match(self, place: str, raw: Mapping[str, Any]) -> str:
        if raw.get("match") not in MATCHES:
            self._say(place, _("Choose whether all conditions must hold, or any of them."))
        return str(raw.get("match"))

    def _group(self, place: str, raw: Mapping[str, Any]) -> dict[str, Any]:
        rows = [self._row(f"{place}-{number}", row) for number, row in enumerate(raw["rows"])]
        return {"match": self._match(place, raw), "rows": rows}

    def _row(self, place: str, raw: Any) -> dict[str, Any]:
        field = self.fields.get(raw.get("field", "")) if isinstance(raw, dict) else None
        if field is None:
            self._say(place, _("Choose what this condition asks. You may not ask about fields you do not see."))
            return {}
        if raw.get("operator") not in field.operators:
            self._say(place, _("Choose how “%(field)s” is compared.") % {"field": field.label})
            return {}
        kept = {"field": field.code, "operator": raw["operator"]}
        if kept["operator"] not in BARE:
            try:
                kept["value"] = self._value(field, raw["operator"], raw.get("value"))
            except ValidationError as refusal:
                self._say(place, " ".join(refusal.messages))
        return kept

    def _value(self, field: SegmentField, operator: str, value: Any) -> Any:
        if field.reading is not None:
            return field.reading(value)
        if field.kind in (CHOICE, TAGS):
            return self._choices(field, value)
        if field.kind == TIMES:
            return self._times(field, value if isinstance(value, dict) else {})
        if field.kind == NUMBER:
            return _number(value, 0, 10**12)
        if field.kind == DAY:
            return _number(value, 0, DAYS_AT_MOST) if operator.endswith("_days") else _day(value)
        text = value.strip() if isinstance(value, str) else ""
        if not text or len(text) > TEXT_AT_MOST or "\x00" in text:
            raise ValidationError(_("Type up to %(limit)s characters.") % {"limit": TEXT_AT_MOST})
        return text

    def _choices(self, field: SegmentField, value: Any) -> list[Any]:
        if field.code not in self.offered:
            self.offered[field.code] = {str(key): key for key, _label in (field.offered() if field.offered else [])}
        offered, words = self.offered[field.code], value if isinstance(value, list) else [value]
        if not words or words == [None] or len(words) > CHOICES_AT_MOST:
            raise ValidationError(_("Choose at least one value."))
        if unknown := [word for word in words if str(word) not in offered]:
            raise ValidationError(_("“%(value)s” is not one of the choices.") % {"value": str(unknown[0])[:40]})
        return list(dict.fromkeys(offered[str(word)] for word in words))

    def _times(self, field: SegmentField, value: Mapping[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {
            "count": _number(value.get("count"), 0, 10_000), "days": _number(value.get("days"), 1, DAYS_AT_MOST),
        }  # fmt: skip
        kinds = [kind for kind in value.get("kinds") or [] if kind != ""]
        if kinds:
            kept["kinds"] = self._choices(field, kinds)
        return kept

    def refuse_impossible(self, cleaned: Conditions) -> None:
        """Say where conditions that must all hold exclude each other."""
        for place, group in self._that_must_hold(cleaned):
            if text := contradiction([row_of(row, self.fields) for row in group]):
                self._say(place, text)

    def _that_must_hold(self, cleaned: Conditions) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        strict = [group for group in cleaned["groups"] if group["match"] == "all" or len(group["rows"]) == 1]
        if cleaned["match"] == "all":
            yield "match", [row for group in strict for row in group["rows"]]
        else:
            yield from ((f"g{cleaned['groups'].index(group)}", group["rows"]) for group in strict)

    def _say(self, place: str, text: str) -> None:
        self.wrong.setdefault(place, []).append(text)


def _number(value: Any, low: int, high: int) -> int:
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not text.isascii() or not text.isdecimal() or len(text) > 13 or not low <= int(text) <= high:
        raise ValidationError(_("Type a whole number from %(low)s to %(high)s.") % {"low": low, "high": high})
    return int(text)


def _day(value: Any) -> str:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "").isoformat()
    except ValueError:
        raise ValidationError(_("Choose a day.")) from None
