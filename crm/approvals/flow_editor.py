"""The editor of a flow: conditions and steps that are typed, added, removed and moved with or without a script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.approvals.definitions import (
    CONDITIONS_AT_MOST,
    ESCALATIONS,
    HOURS_AT_MOST,
    LEVELS_AT_MOST,
    MODES,
    OPERATORS,
    STEPS_AT_MOST,
    WHO_KINDS,
    operators_of,
)
from crm.approvals.flows import NAME_AT_MOST, NOTE_AT_MOST
from crm.approvals.offered import Offered
from crm.approvals.purposes import Fact, Purpose

Texts = dict[str, str]
_COMMAND = re.compile(r"(add-step|(?:remove|up|down)-step:(\d{1,2})|(add|remove)-condition:(\d{0,2})(?:-(\d{1,2}))?)")
_NUMBER = re.compile(r"\d{1,4}")
_WIDE = {ord(wide): plain for wide, plain in zip("０１２３４５６７８９．", "0123456789.", strict=True)}
_STEP_TEXTS = (
    "key", "name", "who", "role", "where", "levels", "mode", "count", "hours", "remind_hours", "escalate",
    "escalate_role", "decide_right", "otherwise",
)  # fmt: skip
_WITH_USERS, _WITH_ROLE = ("user", "chosen"), ("role", "chain")
STEP_NAME_AT_MOST = 40


@dataclass
class ConditionRow:
    """One condition: the fact it asks, how, and what was typed or chosen."""

    fact: Fact
    operator: str = ""
    text: str = ""
    values: list[str] = field(default_factory=list)
    error: str = ""

    @property
    def operators(self) -> list[tuple[str, Any]]:
        """How this fact can be compared."""
        return [(code, OPERATORS[code]) for code in operators_of(self.fact)]

    @property
    def is_typed(self) -> bool:
        """Whether the value is typed, and not chosen."""
        return self.fact.kind in ("amount", "percent", "number")

    def read(self) -> dict[str, Any] | None:
        """The condition as it is kept; None, with the reason beside it, where it makes no sense."""
        if self.operator not in operators_of(self.fact):
            self.operator = operators_of(self.fact)[0]
        value: Any
        if self.fact.kind == "yes_no":
            value = self.text != "no"
        elif self.is_typed:
            value = self._number()
        else:
            value = self.values if self.fact.kind == "choice" else [int(one) for one in self.values if one.isdecimal()]
            self.error = "" if value else _("Choose at least one.")
        if self.error:
            return None
        return {"fact": self.fact.code, "operator": self.operator, "value": value}

    def _number(self) -> str:
        raw = re.sub(r"[\s,，¥￥%]", "", self.text).translate(_WIDE)
        try:
            number = Decimal(raw) if re.fullmatch(r"\d{1,15}(\.\d{1,6})?", raw) else None
        except InvalidOperation:
            number = None
        if number is None:
            self.error = _("Enter a number.")
            return ""
        if self.fact.kind == "percent":
            if number > 100:
                self.error = _("At most 100 %.")
            return str(number / 100)
        return str(number)


@dataclass
class StepRow:
    """One step as it is typed; `errors` stand beside the fields they name."""

    texts: Texts
    users: list[str] = field(default_factory=list)
    conditions: list[ConditionRow] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def read(self, offered: Offered) -> dict[str, Any]:
        """The step as it is kept; what is wrong stands in `errors`."""
        self.errors = {}
        texts = self.texts
        kind = texts["who"]
        who: dict[str, Any] = {"kind": kind}
        if kind in _WITH_USERS:
            who["users"] = [int(one) for one in self.users if one.isdecimal()]
            if not who["users"]:
                self.errors["users"] = _("Choose at least one.")
        if kind in _WITH_ROLE:
            who["role"] = self._role("role", offered)
        if kind == "role":
            who["where"] = "above" if texts["where"] else ""
        if kind == "superior":
            who["levels"] = self._whole("levels", 1, LEVELS_AT_MOST)
        if not 0 < len(texts["name"]) <= STEP_NAME_AT_MOST:
            words = _("Give it a name of at most %(count)s characters.")
            self.errors["name"] = words % {"count": STEP_NAME_AT_MOST}
        step: dict[str, Any] = {
            "key": texts["key"],
            "name": texts["name"],
            "who": who,
            "mode": texts["mode"],
            "count": self._whole("count", 1, 20) if texts["mode"] == "n" else 1,
            "hours": self._whole("hours", 0, HOURS_AT_MOST),
            "remind_hours": self._whole("remind_hours", 0, HOURS_AT_MOST),
            "escalate": texts["escalate"],
            "escalate_role": self._role("escalate_role", offered) if texts["escalate"] == "role" else "",
            "conditions": [one.read() for one in self.conditions],
            "decide_right": texts["decide_right"],
        }
        if texts["otherwise"]:
            step["otherwise"] = self._role("otherwise", offered)
        if not self.errors and step["remind_hours"] and step["remind_hours"] >= step["hours"]:
            self.errors["remind_hours"] = _("Remind before the time is over.")
        if not self.errors and step["escalate"] and not step["hours"]:
            self.errors["escalate"] = _("Only what has a deadline can be escalated.")
        return step

    @property
    def is_wrong(self) -> bool:
        """Whether something in it has to be corrected."""
        return bool(self.errors) or any(one.error for one in self.conditions)

    def _role(self, name: str, offered: Offered) -> str:
        if self.texts[name] not in offered.role_names:
            self.errors[name] = _("Choose a role.")
        return self.texts[name]

    def _whole(self, name: str, low: int, high: int) -> int:
        text = self.texts[name].translate(_WIDE).strip() or str(low)
        number = int(text) if _NUMBER.fullmatch(text) else -1
        if not low <= number <= high:
            self.errors[name] = _("A whole number of %(low)s to %(high)s.") % {"low": low, "high": high}
        return number


# its place, the row, and what it chooses from: value, words, whether it is chosen
ShownCondition = tuple[str, ConditionRow, list[tuple[str, str, bool]]]


class FlowEditor:
    """A flow that is written: read from a request, or from its kept definition."""

    who_kinds, modes, escalations = WHO_KINDS, MODES, ESCALATIONS

    def __init__(
        self,
        purpose: Purpose,
        data: QueryDict | None = None,
        *,
        name: str = "",
        definition: Mapping[str, Any] | None = None,
    ) -> None:
        self.purpose, self.offered = purpose, Offered()
        self.facts = {fact.code: fact for fact in purpose.asked}
        self.errors: dict[str, str] = {}
        self.refusals: list[str] = []
        self.is_bound = data is not None
        self.data = data if data is not None else QueryDict()
        if data is not None:
            self.name = data.get("name", "").strip()[:200]
            self.note = data.get("note", "").strip()[:400]
            self.conditions = self._typed_conditions("c")
            self.steps = [self._typed_step(place) for place in range(_count(data, "s-count", STEPS_AT_MOST))]
        else:
            self.name, self.note = name, ""
            kept = definition or {"conditions": [], "steps": [{"name": "", "who": {"kind": "manager"}}]}
            self.conditions = [self._kept_condition(one) for one in kept["conditions"] if one["fact"] in self.facts]
            self.steps = [self._kept_step(one) for one in kept["steps"]]

    # ── reading ──

    @property
    def asked(self) -> str:
        """What the button asks for: "save", "try", or a change of the rows."""
        return self.data.get("do", "save")

    def change_rows(self) -> None:
        """Do what a button of the rows asks: add, remove or move a step, add or remove a condition."""
        found = _COMMAND.fullmatch(self.asked)
        if found is None:
            return
        if found[1] == "add-step":
            if len(self.steps) < STEPS_AT_MOST:
                self.steps.append(self._blank_step())
        elif found[2] is not None:
            self._moved(found[1].partition("-")[0], int(found[2]))
        else:
            self._condition_changed(found[3], found[4], found[5])

    def is_valid(self) -> bool:
        """Whether it can be kept as far as one can tell without the company; what is wrong stands beside its field."""
        self.errors = {}
        if not 0 < len(self.name) <= NAME_AT_MOST:
            self.errors["name"] = _("Give it a name of at most %(count)s characters.") % {"count": NAME_AT_MOST}
        if len(self.note) > NOTE_AT_MOST:
            self.errors["note"] = _("At most %(count)s characters.") % {"count": NOTE_AT_MOST}
        if not self.steps:
            self.errors["steps"] = _("A flow has 1 to %(count)s steps.") % {"count": STEPS_AT_MOST}
        self._definition = {
            "conditions": [one.read() for one in self.conditions],
            "steps": [step.read(self.offered) for step in self.steps],
        }
        rows_wrong = any(one.error for one in self.conditions) or any(step.is_wrong for step in self.steps)
        return not self.errors and not rows_wrong

    def definition(self) -> dict[str, Any]:
        """What was typed, after `is_valid`."""
        return self._definition

    # ── showing ──

    def shown_steps(self) -> list[tuple[int, StepRow, str, str, list[ShownCondition]]]:
        """The steps with their places, the names of their fields, and their conditions."""
        return [
            (place, step, f"s-{place}-c", f"s-{place}-add-fact", self._with_choices(step.conditions))
            for place, step in enumerate(self.steps)
        ]

    def shown_conditions(self) -> list[ShownCondition]:
        """The conditions of the whole flow with their places and choices."""
        return self._with_choices(self.conditions)

    # ── inside ──

    def _with_choices(self, rows: list[ConditionRow]) -> list[ShownCondition]:
        return [(str(place), row, self._choices(row)) for place, row in enumerate(rows)]

    def _choices(self, row: ConditionRow) -> list[tuple[str, str, bool]]:
        if row.is_typed or row.fact.kind == "yes_no":
            return []
        return [(code, label, code in row.values) for code, label in self.offered.of(row.fact)]

    def _typed_conditions(self, prefix: str) -> list[ConditionRow]:
        rows = []
        for place in range(_count(self.data, f"{prefix}-count", CONDITIONS_AT_MOST)):
            at = f"{prefix}-{place}"
            fact = self.facts.get(self.data.get(f"{at}-fact", ""))
            if fact is not None:
                values = [one[:80] for one in self.data.getlist(f"{at}-values")[:200]]
                text = self.data.get(f"{at}-value", "")[:40]
                rows.append(ConditionRow(fact, self.data.get(f"{at}-operator", ""), text, values))
        return rows

    def _typed_step(self, place: int) -> StepRow:
        texts = {name: self.data.get(f"s-{place}-{name}", "").strip()[:200] for name in _STEP_TEXTS}
        texts["who"] = texts["who"] if texts["who"] in WHO_KINDS else "manager"
        texts["mode"] = texts["mode"] if texts["mode"] in MODES else "any"
        texts["escalate"] = texts["escalate"] if texts["escalate"] in ESCALATIONS else ""
        users = self.data.getlist(f"s-{place}-users")[:200]
        return StepRow(texts, users, self._typed_conditions(f"s-{place}-c"))

    def _kept_condition(self, kept: Mapping[str, Any]) -> ConditionRow:
        fact, value = self.facts[kept["fact"]], kept["value"]
        row = ConditionRow(fact, kept["operator"])
        if fact.kind == "yes_no":
            row.text = "yes" if value else "no"
        elif fact.kind == "percent":
            row.text = f"{(Decimal(value) * 100).normalize():f}"
        elif row.is_typed:
            row.text = f"{Decimal(value):,f}" if fact.kind == "amount" else str(value)
        else:
            row.values = [str(one) for one in (value if isinstance(value, list) else [value])]
        return row

    def _kept_step(self, kept: Mapping[str, Any]) -> StepRow:
        who = kept["who"]
        texts = {name: str(kept.get(name, "")) for name in _STEP_TEXTS}
        texts |= {"who": who["kind"], "role": who.get("role", ""), "where": who.get("where", "")}
        texts["levels"] = str(who.get("levels", 1))
        texts["key"] = texts["key"] or "step1"
        texts["mode"] = texts["mode"] or "any"
        conditions = [self._kept_condition(one) for one in kept.get("conditions", []) if one["fact"] in self.facts]
        return StepRow(texts, [str(pk) for pk in who.get("users", [])], conditions)

    def _blank_step(self) -> StepRow:
        taken = {step.texts["key"] for step in self.steps}
        key = next(f"step{n}" for n in range(1, 100) if f"step{n}" not in taken)
        blank = dict.fromkeys(_STEP_TEXTS, "")
        return StepRow({**blank, "key": key, "who": "manager", "mode": "any", "levels": "1", "count": "1"})

    def _moved(self, what: str, place: int) -> None:
        if place >= len(self.steps):
            return
        row = self.steps.pop(place)
        if what != "remove":
            self.steps.insert(max(place - 1, 0) if what == "up" else place + 1, row)

    def _condition_changed(self, what: str, step: str, place: str | None) -> None:
        if step and int(step) >= len(self.steps):
            return
        rows = self.steps[int(step)].conditions if step else self.conditions
        if what == "remove":
            del rows[int(place or 99) : int(place or 99) + 1]
            return
        fact = self.facts.get(self.data.get(f"s-{step}-add-fact" if step else "add-fact", ""))
        if fact is not None and len(rows) < CONDITIONS_AT_MOST:
            rows.append(ConditionRow(fact, operators_of(fact)[0], "yes" if fact.kind == "yes_no" else ""))


def _count(data: Mapping[str, Any], name: str, most: int) -> int:
    text = str(data.get(name, ""))
    return min(int(text), most) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
