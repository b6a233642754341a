"""How each kind of field is compared in the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from crm.operations.moments import on_days
from customers.segments.fields import (
    CHOICE,
    DAY,
    NUMBER,
    TAGS,
    TEXT,
    SegmentField,
    chosen,
)


def is_empty(field: SegmentField) -> Q:
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


COMPARE: dict[str, Any] = {
    TEXT: _compare_text, CHOICE: _compare_choice, TAGS: _compare_tags, NUMBER: _compare_number, DAY: _compare_day,
}  # fmt: skip
