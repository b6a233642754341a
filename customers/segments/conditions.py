"""The conditions of a segment: checked, put in words and turned into a question to the database.

Stored as `{"match": "all", "groups": [{"match": "any", "rows": [{"field": …, "operator": …, "value": …}]}]}`: codes,
numbers, ids and days only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm.access.masks import where_known
from crm.operations.moments import on_days
from crm.ui.formats import long_day
from customers.pool.hiding import where_shown
from customers.segments.custom import why_gone
from customers.segments.fields import (
    BARE,
    CHOICE,
    DAY,
    DECIMAL,
    NUMBER,
    TAGS,
    TEXT,
    TIMES,
    SegmentField,
    chosen,
    fields_for,
)

ROWS_AT_MOST, GROUPS_AT_MOST, CHOICES_AT_MOST, DAYS_AT_MOST, TEXT_AT_MOST = 30, 10, 100, 3650, 100
MATCHES = ("all", "any")
Conditions = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One condition that makes sense: what is asked, how, and the value in its right type."""

    field: SegmentField
    operator: str
    value: Any

    def condition(self, user: Any) -> Q:
        """The question to the database; contact details answer only where the person may know them."""
        return self._asked() & where_known(user) if self.field.is_personal else self._asked()

    def _asked(self) -> Q:
        field, operator, value = self.field, self.operator, self.value
        if operator in ("empty", "filled"):
            return _is_empty(field) if operator == "empty" else ~_is_empty(field)
        if field.matching is not None:
            return field.matching(operator, value)
        return _COMPARE[field.kind](field, operator, value)

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


def clean_conditions(raw: Any, user: Any) -> Conditions:
    """The conditions as they are kept; ValidationError by row (`g0-1`), group (`g0`) or `match` where one cannot be."""
    read = _Reader(user)
    cleaned = read.all(raw)
    if not read.wrong:
        read.refuse_impossible(cleaned)
    if read.wrong:
        raise ValidationError(read.wrong)
    return cleaned


def condition_of(conditions: Conditions, user: Any) -> Q:
    """The question to the database; ValidationError where the person may not ask about a field, or one is gone."""
    fields = fields_for(user)
    groups = [
        # what a pool hides from the person answers no condition either
        _joined(
            group["match"],
            [_row(raw, fields).condition(user) & where_shown(user, raw["field"]) for raw in group["rows"]],
        )
        for group in conditions["groups"]
    ]
    return _joined(conditions["match"], groups)


def in_words(conditions: Conditions, user: Any) -> list[tuple[str, list[str]]]:
    """Each group as its match and its sentences."""
    fields = fields_for(user)
    return [(group["match"], [_row(raw, fields).words() for raw in group["rows"]]) for group in conditions["groups"]]


def _joined(match: str, parts: list[Q]) -> Q:
    return reduce(and_ if match == "all" else or_, parts)


def _row(raw: Mapping[str, Any], fields: Mapping[str, SegmentField]) -> Row:
    if raw["field"] not in fields:
        text = why_gone(raw["field"])
        raise ValidationError(
            text or _("This segment asks about a field that you may not see, or that no longer exists."),
            code="hidden_field",
        )
    return Row(fields[raw["field"]], raw["operator"], raw.get("value"))


class _Reader:
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
            if text := _contradiction([_row(row, self.fields) for row in group]):
                self._say(place, text)

    def _that_must_hold(self, cleaned: Conditions) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        strict = [group for group in cleaned["groups"] if group["match"] == "all" or len(group["rows"]) == 1]
        if cleaned["match"] == "all":
            yield "match", [row for group in strict for row in group["rows"]]
        else:
            yield from ((f"g{cleaned['groups'].index(group)}", group["rows"]) for group in strict)

    def _say(self, place: str, text: str) -> None:
        self.wrong.setdefault(place, []).append(text)


def _contradiction(rows: list[Row]) -> str:
    for code in dict.fromkeys(row.field.code for row in rows):
        same = [row for row in rows if row.field.code == code]
        if len(same) > 1 and not _can_be(same):
            words = {"field": same[0].field.label}
            return _("No customer can meet these conditions: those on “%(field)s” exclude each other.") % words
    return ""


def _can_be(rows: list[Row]) -> bool:
    operators = {row.operator for row in rows}
    if {"yes", "no"} <= operators or ("empty" in operators and operators - {"empty", "none", "older_days"}):
        return False
    kind = rows[0].field.kind
    if kind in (NUMBER, DECIMAL):
        return _bounds_meet([(row.operator, row.value) for row in rows if row.operator not in BARE])
    if kind == TIMES:
        return all(
            _bounds_meet([(row.operator, row.value["count"]) for row in rows if _window(row) == window])
            for window in map(_window, rows)
        )
    if kind == CHOICE:
        return _choices_meet(rows)
    if kind == DAY:
        lows = [row.value for row in rows if row.operator == "from"]
        highs = [row.value for row in rows if row.operator == "until"]
        near = [row.value for row in rows if row.operator == "last_days"]
        far = [row.value for row in rows if row.operator == "older_days"]
        return not (lows and highs and max(lows) > min(highs)) and not (near and far and min(near) <= max(far))
    return kind != TEXT or len({row.value for row in rows if row.operator == "is"}) <= 1


def _window(row: Row) -> tuple[int, tuple[str, ...]]:
    return row.value["days"], tuple(row.value.get("kinds", ()))


def _bounds_meet(bounds: list[tuple[str, float]]) -> bool:
    lows = [value for operator, value in bounds if operator == "at_least"]
    highs = [value for operator, value in bounds if operator == "at_most"]
    return not (lows and highs) or max(lows) <= min(highs)


def _choices_meet(rows: list[Row]) -> bool:
    wanted = [set(row.value) for row in rows if row.operator == "any"]
    unwanted = {value for row in rows if row.operator == "none" for value in row.value}
    return not wanted or bool(set.intersection(*wanted) - unwanted)


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


# ── comparisons by kind ──


def _is_empty(field: SegmentField) -> Q:
    if field.is_empty is not None:
        return field.is_empty()
    if field.kind == TAGS:
        return Q(**{field.column: []})
    holds_text = field.kind == TEXT or (field.kind == CHOICE and field.holds_words)
    missing = Q(**{f"{field.column}__isnull": True})
    return missing | Q(**{field.column: ""}) if holds_text else missing


def _compare_text(field: SegmentField, operator: str, value: str) -> Q:
    lookup = {"contains": "icontains", "is": "iexact", "starts": "istartswith"}[operator]
    return Q(**{f"{field.column}__{lookup}": value})


def _compare_choice(field: SegmentField, operator: str, value: list[Any]) -> Q:
    return chosen(field.column, operator, value)


def _compare_tags(field: SegmentField, operator: str, value: list[int]) -> Q:
    if operator == "all":
        return Q(**{f"{field.column}__contains": value})
    overlap = Q(**{f"{field.column}__overlap": value})
    return overlap if operator == "any" else ~overlap


def _compare_number(field: SegmentField, operator: str, value: int) -> Q:
    return Q(**{f"{field.column}__{'gte' if operator == 'at_least' else 'lte'}": value})


def _compare_day(field: SegmentField, operator: str, value: Any) -> Q:
    column = field.column
    if operator in ("from", "until"):
        if field.is_moment:
            return on_days(column, **{"first" if operator == "from" else "last": value})
        return Q(**{f"{column}__{'gte' if operator == 'from' else 'lte'}": value})
    now = timezone.now() if field.is_moment else timezone.localdate()
    if operator == "next_days":
        return Q(**{f"{column}__gte": now, f"{column}__lte": now + timedelta(days=value)})
    past = now - timedelta(days=value)
    if operator == "last_days":
        return Q(**{f"{column}__gte": past, f"{column}__lte": now})
    older = Q(**{f"{column}__lt": past})
    return older | Q(**{f"{column}__isnull": True}) if field.never_counts else older


_COMPARE: dict[str, Any] = {
    TEXT: _compare_text, CHOICE: _compare_choice, TAGS: _compare_tags, NUMBER: _compare_number, DAY: _compare_day,
}  # fmt: skip
