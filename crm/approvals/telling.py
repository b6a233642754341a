"""A flow in sentences: when it is taken, who decides in each step, until when; and what a new version changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm.approvals.definitions import OPERATORS, Condition, Step
from crm.approvals.offered import Offered
from crm.approvals.purposes import Purpose
from crm.approvals.wording import mode_words
from crm.ui.formats import n0, percent, yuan2


@dataclass(frozen=True)
class StepTold:
    """A step as people read it."""

    key: str
    name: str
    who: str
    conditions: list[str]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FlowTold:
    """A definition as people read it."""

    conditions: list[str]
    steps: list[StepTold]


def flow_told(purpose: Purpose, definition: dict[str, Any], offered: Offered) -> FlowTold:
    """A definition in sentences."""
    steps = [
        StepTold(
            step["key"],
            step["name"],
            who_words(step, offered),
            conditions_told(purpose, step["conditions"], offered),
            _step_notes(step, offered),
        )
        for step in definition["steps"]
    ]
    return FlowTold(conditions_told(purpose, definition["conditions"], offered), steps)


def conditions_told(purpose: Purpose, conditions: list[Condition], offered: Offered) -> list[str]:
    """Conditions, one sentence each."""
    facts = {fact.code: fact for fact in purpose.asked}
    told = []
    for one in conditions:
        fact = facts.get(one["fact"])
        if fact is None:
            continue
        if fact.kind == "yes_no":
            told.append(str(fact.label) if one["value"] else _("not: %(fact)s") % {"fact": fact.label})
            continue
        if fact.kind in ("amount", "percent", "number"):
            number = Decimal(str(one["value"]))
            value = {"amount": f"¥{yuan2(number)}", "percent": percent(number)}.get(fact.kind) or n0(number)
        else:
            values = one["value"] if isinstance(one["value"], list) else [one["value"]]
            value = pgettext("list", ", ").join(offered.name(fact, one_value) for one_value in values)
        told.append(f"{fact.label} {OPERATORS[one['operator']]} {value}")
    return told


def who_words(step: Step, offered: Offered) -> str:
    """Who decides in a step."""
    who, kind = step["who"], step["who"]["kind"]
    names = pgettext("list", ", ").join(offered.person(pk) for pk in who.get("users", []))
    role = offered.role_names.get(who.get("role", ""), who.get("role", ""))
    if kind == "role" and who.get("where") == "above":
        return _("%(role)s, nearest to the document's department") % {"role": role}
    if kind == "superior":
        levels = who.get("levels", 1)
        words = ngettext("the superior %(count)s level above", "the superior %(count)s levels above", levels)
        return words % {"count": levels}
    return {
        "user": names,
        "role": role,
        "manager": _("the manager of whoever submits"),
        "chain": _("each superior up to %(role)s") % {"role": role},
        "head": _("the head of the document's department"),
        "chosen": _("whom the submitter chooses: %(names)s") % {"names": names},
    }[kind]


def version_differences(
    purpose: Purpose, before: dict[str, Any], after: dict[str, Any], offered: Offered
) -> list[tuple[str, str, str]]:
    """What one version of a flow says otherwise than another: label, before, after."""
    old, new = flow_told(purpose, before, offered), flow_told(purpose, after, offered)
    told = [(_("Conditions"), "; ".join(old.conditions), "; ".join(new.conditions))]
    olds, news = {step.key: step for step in old.steps}, {step.key: step for step in new.steps}
    for key in dict.fromkeys([*olds, *news]):
        one, other = olds.get(key), news.get(key)
        name = (other or one).name  # type: ignore[union-attr]
        told.append((_("Step “%(name)s”") % {"name": name}, _in_short(one), _in_short(other)))
    told.append((_("Order of the steps"), _order(old), _order(new)))
    return [line for line in told if line[1] != line[2]]


def _in_short(step: StepTold | None) -> str:
    if step is None:
        return ""
    when = [_("only where: %(conditions)s") % {"conditions": "; ".join(step.conditions)}] if step.conditions else []
    return " · ".join([step.name, step.who, *step.notes, *when])


def _order(told: FlowTold) -> str:
    return " → ".join(step.name for step in told.steps)


def _step_notes(step: Step, offered: Offered) -> list[str]:
    notes = []
    if step["mode"] != "any" or step["who"]["kind"] in ("user", "role", "chosen"):
        notes.append(mode_words(step))
    if step["hours"]:
        words = ngettext("due in %(count)s working hour", "due in %(count)s working hours", step["hours"])
        notes.append(words % {"count": step["hours"]})
    if step["remind_hours"]:
        words = ngettext("reminder %(count)s hour before", "reminder %(count)s hours before", step["remind_hours"])
        notes.append(words % {"count": step["remind_hours"]})
    if step["escalate"] == "superior":
        notes.append(_("then goes to the superior"))
    if step["escalate"] == "role":
        role = offered.role_names.get(step["escalate_role"], step["escalate_role"])
        notes.append(_("then goes to %(role)s") % {"role": role})
    if other := step.get("otherwise"):
        notes.append(_("where nobody is left: %(role)s") % {"role": offered.role_names.get(other, other)})
    return notes
