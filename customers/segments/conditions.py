"""The conditions of a segment: checked, put in words and turned into a question to the database.

Stored as `{"match": "all", "groups": [{"match": "any", "rows": [{"field": …, "operator": …, "value": …}]}]}`: codes,
numbers, ids and days only.
"""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from customers.pool.hiding import where_shown
from customers.segments.fields import (
    fields_for,
)
from customers.segments.reading import Conditions, Reader
from customers.segments.rows import row_of


def clean_conditions(raw: Any, user: Any) -> Conditions:
    """The conditions as they are kept; ValidationError by row (`g0-1`), group (`g0`) or `match` where one cannot be."""
    read = Reader(user)
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
            [row_of(raw, fields).condition(user) & where_shown(user, raw["field"]) for raw in group["rows"]],
        )
        for group in conditions["groups"]
    ]
    return _joined(conditions["match"], groups)


def in_words(conditions: Conditions, user: Any) -> list[tuple[str, list[str]]]:
    """Each group as its match and its sentences."""
    fields = fields_for(user)
    return [(group["match"], [row_of(raw, fields).words() for raw in group["rows"]]) for group in conditions["groups"]]


def _joined(match: str, parts: list[Q]) -> Q:
    return reduce(and_ if match == "all" else or_, parts)
