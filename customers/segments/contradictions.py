"""Conditions that must all hold and exclude each other."""

from __future__ import annotations

from django.utils.translation import gettext as _

from customers.segments.fields import (
    BARE,
    CHOICE,
    DAY,
    DECIMAL,
    NUMBER,
    TEXT,
    TIMES,
)
from customers.segments.rows import Row


def contradiction(rows: list[Row]) -> str:
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
