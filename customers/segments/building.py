"""The condition builder: what the page sends, read and shown again; works with plain submits."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from customers.segments.fields import BARE, CHOICE, DAY, DECIMAL, NUMBER, TAGS, TIMES, SegmentField, fields_for
from customers.segments.reading import GROUPS_AT_MOST, ROWS_AT_MOST, Conditions

_STEP = re.compile(r"(add|remove|add_group|remove_group|count)(?::(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass
class BuilderRow:
    """A condition on the page."""

    place: str
    field: SegmentField | None
    operator: str = ""
    value: Any = None
    errors: list[str] = dataclasses.field(default_factory=list)

    @property
    def widget(self) -> str:
        """Which control asks for the value."""
        if self.field is None or self.operator in BARE:
            return "none"
        if self.field.kind in (CHOICE, TAGS):
            return "choices"
        if self.field.kind == TIMES:
            return "times"
        if self.field.kind == DECIMAL:
            return "decimal"
        if self.field.kind == NUMBER or (self.field.kind == DAY and self.operator.endswith("_days")):
            return "number"
        return "day" if self.field.kind == DAY else "text"

    @property
    def operators(self) -> list[tuple[str, Any, bool]]:
        """The operators of the field: code, words, whether it is the chosen one."""
        found = self.field.operators if self.field else {}
        return [(code, words, code == self.operator) for code, words in found.items()]

    @property
    def choices(self) -> list[tuple[Any, Any, bool]]:
        """What can be chosen: value, words, whether it is chosen."""
        if self.field is None or self.field.offered is None:
            return []
        value = self.value.get("kinds") if isinstance(self.value, dict) else self.value
        picked = {str(one) for one in value} if isinstance(value, list) else set()
        return [(key, words, str(key) in picked) for key, words in self.field.offered()]


@dataclass
class BuilderGroup:
    """Conditions that hang together."""

    number: int
    match: str
    rows: list[BuilderRow]
    errors: list[str] = dataclasses.field(default_factory=list)


@dataclass
class Builder:
    """The whole page part; `conditions` is what the actions take."""

    conditions: Conditions
    fields: Mapping[str, SegmentField]
    wrong: Mapping[str, list[str]] = dataclasses.field(default_factory=dict)

    @property
    def match(self) -> str:
        """How the groups hang together."""
        return str(self.conditions.get("match", "all"))

    @property
    def errors(self) -> list[str]:
        """What is wrong with the whole."""
        return list(self.wrong.get("match", []))

    @property
    def groups(self) -> list[BuilderGroup]:
        """The groups with their rows."""
        return [
            BuilderGroup(number, group["match"], self._rows(number, group["rows"]), self.wrong.get(f"g{number}", []))
            for number, group in enumerate(self.conditions["groups"])
        ]

    @property
    def field_groups(self) -> list[tuple[Any, list[SegmentField]]]:
        """The fields under their headings."""
        found: dict[Any, list[SegmentField]] = {}
        for one in self.fields.values():
            found.setdefault(str(one.group), []).append(one)
        return list(found.items())

    def _rows(self, group: int, rows: list[dict[str, Any]]) -> list[BuilderRow]:
        shown = []
        for number, row in enumerate(rows):
            asked = self.fields.get(row.get("field", ""))
            place, operator = f"g{group}-{number}", row.get("operator", "")
            if asked is not None and operator not in asked.operators:
                operator = next(iter(asked.operators))
            shown.append(BuilderRow(place, asked, operator, row.get("value"), self.wrong.get(place, [])))
        return shown


def empty_conditions() -> Conditions:
    """One condition to begin with."""
    return {"match": "all", "groups": [{"match": "all", "rows": [{"field": "", "operator": ""}]}]}


def builder_for(user: Any, conditions: Conditions, wrong: Mapping[str, list[str]] | None = None) -> Builder:
    """The builder as one person may use it."""
    return Builder(conditions, fields_for(user), wrong or {})


def read_builder(posted: QueryDict, user: Any) -> Conditions:
    """The conditions the page sent, unchecked, in the shape the actions take."""
    fields = fields_for(user)
    groups = []
    for number in range(GROUPS_AT_MOST):
        if f"g{number}-match" in posted:
            places = [f"g{number}-{row}" for row in range(ROWS_AT_MOST) if f"g{number}-{row}-field" in posted]
            rows = [_read_row(posted, place, fields) for place in places]
            groups.append({"match": posted[f"g{number}-match"], "rows": rows})
    return {"match": posted.get("match", "all"), "groups": groups}


def stepped(conditions: Conditions, step: str) -> Conditions:
    """The conditions after a press of one of the builder's buttons; unchanged where it makes no sense."""
    found = _STEP.fullmatch(step)
    groups = conditions["groups"]
    if found is None:
        return conditions
    verb, group, row = found[1], int(found[2] or 0), int(found[3] or 0)
    blank = {"field": "", "operator": ""}
    if verb == "add_group" and len(groups) < GROUPS_AT_MOST:
        groups.append({"match": "any", "rows": [blank]})
    elif group < len(groups):
        if verb == "add" and sum(len(one["rows"]) for one in groups) < ROWS_AT_MOST:
            groups[group]["rows"].append(blank)
        elif verb == "remove" and row < len(groups[group]["rows"]):
            del groups[group]["rows"][row]
        if verb == "remove_group" or not groups[group]["rows"]:
            del groups[group]
    return conditions if groups else empty_conditions()


def count_words(count: int) -> str:
    """The live count as a sentence."""
    return _("%(count)s customers in your reach") % {"count": f"{count:,}"}


def _read_row(posted: QueryDict, place: str, fields: Mapping[str, SegmentField]) -> dict[str, Any]:
    code, operator = posted.get(f"{place}-field", ""), posted.get(f"{place}-operator", "")
    asked = fields.get(str(code))
    row: dict[str, Any] = {"field": str(code)[:60], "operator": str(operator)[:20]}
    if asked is None or row["operator"] in BARE:
        return row
    if asked.kind in (CHOICE, TAGS):
        row["value"] = posted.getlist(f"{place}-value")
    elif asked.kind == TIMES:
        row["value"] = {
            "count": posted.get(f"{place}-count", ""), "days": posted.get(f"{place}-days", ""),
            "kinds": posted.getlist(f"{place}-value"),
        }  # fmt: skip
    else:
        row["value"] = posted.get(f"{place}-value", "")
    return row
