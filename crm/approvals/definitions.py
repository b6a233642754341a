"""What a flow may say, checked strictly: conditions over declared facts, steps with people; no expressions.

    {"conditions": [{"fact": "amount", "operator": "above", "value": "20000.00"}],
     "steps": [{"key": "manager", "name": "Manager", "who": {"kind": "manager"}, "mode": "any", "hours": 8,
                "remind_hours": 2, "escalate": "superior", "conditions": []}]}

Amounts and numbers are decimals as text, percentages fractions of 1 as text, departments, categories and levels ids.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.access.models import Role
from crm.access.rights import catalogue
from crm.approvals.purposes import Fact, Purpose
from crm.people.models import User

Condition = dict[str, Any]
Step = dict[str, Any]

# the currency of the amounts in conditions
HOME_CURRENCY = "CNY"
BY_SIZE = ("amount", "percent", "number")
BY_ID = ("department", "category", "level")
OPERATORS = {
    "above": pgettext_lazy("condition", "is above"),
    "at_least": pgettext_lazy("condition", "is at least"),
    "below": pgettext_lazy("condition", "is below"),
    "at_most": pgettext_lazy("condition", "is at most"),
    "is": pgettext_lazy("condition", "is"),
    "is_not": pgettext_lazy("condition", "is not"),
}
WHO_KINDS = {
    "user": gettext_lazy("Named people"),
    "role": gettext_lazy("Holders of a role"),
    "manager": gettext_lazy("Manager of whoever submits"),
    "superior": gettext_lazy("A superior some levels above"),
    "chain": gettext_lazy("All superiors up to a role, one after the other"),
    "head": gettext_lazy("Head of the document's department"),
    "chosen": gettext_lazy("Chosen by whoever submits, out of a list"),
}
_WHO_KEYS = {
    "user": {"users"},
    "role": {"role", "where"},
    "manager": set(),
    "superior": {"levels"},
    "chain": {"role"},
    "head": set(),
    "chosen": {"users"},
}
MODES = {
    "any": gettext_lazy("any one of them"),
    "all": gettext_lazy("all of them"),
    "n": gettext_lazy("a number of them"),
}
ESCALATIONS = {
    "": gettext_lazy("nobody"),
    "superior": gettext_lazy("the superior"),
    "role": gettext_lazy("the nearest holder of a role"),
}
_STEP_KEYS = {
    "key", "name", "who", "mode", "count", "hours", "remind_hours", "escalate", "escalate_role", "conditions",
    "decide_right", "otherwise",
}  # fmt: skip
_KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")
STEPS_AT_MOST, CONDITIONS_AT_MOST, PEOPLE_AT_MOST, LEVELS_AT_MOST = 12, 12, 50, 8
HOURS_AT_MOST, REMIND_AT_MOST = 2_000, 80


def operators_of(fact: Fact) -> tuple[str, ...]:
    """The operators a fact is compared with."""
    if fact.kind in BY_SIZE:
        return ("above", "at_least", "below", "at_most")
    return ("is",) if fact.kind == "yes_no" else ("is", "is_not")


def checked(purpose: Purpose, raw: Any) -> dict[str, Any]:
    """The definition as it is kept, every default written out; ValidationError names all that is wrong."""
    wrong: list[str] = []
    if not isinstance(raw, dict) or set(raw) - {"conditions", "steps"}:
        raise ValidationError(_("A flow has conditions and steps, and nothing else."))
    conditions = _conditions(purpose, raw.get("conditions", []), "", wrong)
    steps = _steps(purpose, raw.get("steps"), wrong)
    if wrong:
        raise ValidationError(wrong)
    return {"conditions": conditions, "steps": steps}


def holds(condition: Condition, facts: Mapping[str, Any]) -> bool:
    """Whether a condition holds for frozen facts; one whose fact is not known does not."""
    code, operator, wanted = condition["fact"], condition["operator"], condition["value"]
    # splitting under a threshold is of no use: what counts is the sum with the other documents of the last days
    value = facts.get("routed_amount" if code == "amount" else code)
    if value is None:
        return False
    if code == "amount" and facts.get("is_foreign"):
        # nobody can say that a foreign amount stays below a limit in our own currency
        return operator in ("above", "at_least")
    if operator in ("is", "is_not"):
        return (operator == "is") == _fits(value, wanted)
    one, other = Decimal(str(value)), Decimal(str(wanted))
    return {"above": one > other, "at_least": one >= other, "below": one < other, "at_most": one <= other}[
        str(operator)
    ]


def all_hold(conditions: list[Condition], facts: Mapping[str, Any]) -> bool:
    """Whether every condition holds; none at all always do."""
    return all(holds(condition, facts) for condition in conditions)


def needed_count(step: Step, people: int) -> int:
    """How many approvals a step with so many people asks for."""
    if step["mode"] == "all":
        return people
    return int(step["count"]) if step["mode"] == "n" else 1


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool):
        return bool(value) is wanted
    values = value if isinstance(value, list) else [value]
    return any(one in wanted for one in values)


# ── checking ──


def _conditions(purpose: Purpose, raw: Any, place: str, wrong: list[str]) -> list[Condition]:
    if not isinstance(raw, list) or len(raw) > CONDITIONS_AT_MOST:
        wrong.append(place + _("Give at most %(count)s conditions.") % {"count": CONDITIONS_AT_MOST})
        return []
    facts = {fact.code: fact for fact in purpose.asked}
    ready = []
    for one in raw:
        fact = facts.get(str(one.get("fact"))) if isinstance(one, dict) else None
        if fact is None or set(one) != {"fact", "operator", "value"}:
            wrong.append(place + _("A condition asks one of the facts offered, with an operator and a value."))
        elif one["operator"] not in operators_of(fact):
            wrong.append(place + _("“%(fact)s” cannot be compared this way.") % {"fact": fact.label})
        elif (value := _value(fact, one["value"])) is None:
            wrong.append(place + _("“%(fact)s” needs another value.") % {"fact": fact.label})
        else:
            ready.append({"fact": fact.code, "operator": one["operator"], "value": value})
    return ready


def _value(fact: Fact, raw: Any) -> Any:
    """The value as it is kept, None where it does not fit the fact."""
    if fact.kind in BY_SIZE:
        return _decimal(raw)
    if fact.kind == "yes_no":
        return raw if isinstance(raw, bool) else None
    values = raw if isinstance(raw, list) else [raw]
    if not 0 < len(values) <= PEOPLE_AT_MOST:
        return None
    if fact.kind in BY_ID:
        return values if all(type(one) is int and one > 0 for one in values) else None
    offered = {code for code, _label in fact.choices}
    return values if all(isinstance(one, str) and one in offered for one in values) else None


def _decimal(raw: Any) -> str | None:
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        return None
    try:
        number = Decimal(str(raw))
    except InvalidOperation:
        return None
    return str(number) if number.is_finite() and abs(number) < Decimal("1e16") else None


def _steps(purpose: Purpose, raw: Any, wrong: list[str]) -> list[Step]:
    if not isinstance(raw, list) or not 0 < len(raw) <= STEPS_AT_MOST:
        wrong.append(_("A flow has 1 to %(count)s steps.") % {"count": STEPS_AT_MOST})
        return []
    ready = [_step(purpose, one, number, wrong) for number, one in enumerate(raw, 1)]
    keys = [step["key"] for step in ready]
    if len(set(keys)) < len(keys):
        wrong.append(_("Two steps have the same key."))
    _refuse_strangers(ready, wrong)
    return ready


def _step(purpose: Purpose, raw: Any, number: int, wrong: list[str]) -> Step:
    place = _("Step %(number)s: ") % {"number": number}
    if not isinstance(raw, dict) or set(raw) - _STEP_KEYS:
        wrong.append(place + _("This is not a step."))
        raw = {}
    step: Step = {
        "key": str(raw.get("key") or f"step{number}"),
        "name": str(raw.get("name", "")).strip(),
        "who": _who(raw.get("who"), place, wrong),
        "mode": raw.get("mode", "any"),
        "count": raw.get("count", 1),
        "hours": raw.get("hours", 0),
        "remind_hours": raw.get("remind_hours", 0),
        "escalate": raw.get("escalate", ""),
        "escalate_role": raw.get("escalate_role", ""),
        "conditions": _conditions(purpose, raw.get("conditions", []), place, wrong),
        "decide_right": raw.get("decide_right", ""),
    }
    if raw.get("otherwise"):  # the role that decides where nobody is left
        step["otherwise"] = str(raw["otherwise"])
    if not _KEY.fullmatch(step["key"]):
        wrong.append(place + _("A key is made of small letters, digits and underscores."))
    if not 0 < len(step["name"]) <= 40:
        wrong.append(place + _("Give it a name of at most 40 characters."))
    if step["mode"] not in MODES or not _is_number(step["count"], 1, 20):
        wrong.append(place + _("Any one, all, or 1 to 20 of them decide."))
    if not _is_number(step["hours"], 0, HOURS_AT_MOST):
        wrong.append(place + _("Hours are whole numbers of 0 to %(most)s.") % {"most": HOURS_AT_MOST})
    elif not _is_number(step["remind_hours"], 0, REMIND_AT_MOST):
        wrong.append(place + _("Hours are whole numbers of 0 to %(most)s.") % {"most": REMIND_AT_MOST})
    elif step["remind_hours"] >= max(step["hours"], 1):
        wrong.append(place + _("Remind before the time is over."))
    if step["escalate"] not in ESCALATIONS or (step["escalate"] and not step["hours"]):
        wrong.append(place + _("Only what has a deadline can be escalated."))
    if step["decide_right"] and step["decide_right"] not in catalogue():
        wrong.append(place + _("There is no right %(code)s.") % {"code": step["decide_right"]})
    return step


def _who(raw: Any, place: str, wrong: list[str]) -> dict[str, Any]:
    kind = raw.get("kind") if isinstance(raw, dict) else None
    if kind not in WHO_KINDS or set(raw) - {"kind"} - _WHO_KEYS[kind]:
        wrong.append(place + _("Say who decides."))
        return {"kind": "manager"}
    who = {"kind": kind}
    if "users" in _WHO_KEYS[kind]:
        who["users"] = raw.get("users")
        users = who["users"]
        if not isinstance(users, list) or not 0 < len(users) <= PEOPLE_AT_MOST or not _are_ids(users):
            wrong.append(place + _("Name 1 to %(count)s people.") % {"count": PEOPLE_AT_MOST})
            who["users"] = []
    if "role" in _WHO_KEYS[kind]:
        who["role"] = str(raw.get("role", ""))
    if "where" in _WHO_KEYS[kind]:
        who["where"] = raw.get("where", "")
        if who["where"] not in ("", "above"):
            wrong.append(place + _("Say who decides."))
    if "levels" in _WHO_KEYS[kind]:
        who["levels"] = raw.get("levels", 1)
        if not _is_number(who["levels"], 1, LEVELS_AT_MOST):
            wrong.append(place + _("A superior is 1 to %(count)s levels above.") % {"count": LEVELS_AT_MOST})
    return who


def _refuse_strangers(steps: list[Step], wrong: list[str]) -> None:
    """Roles and people a flow names exist; the people can sign in."""
    roles = {step["who"]["role"] for step in steps if "role" in step["who"]}
    roles |= {step["escalate_role"] for step in steps if step["escalate"] == "role"}
    roles |= {step["otherwise"] for step in steps if "otherwise" in step}
    for code in sorted(roles - set(Role.objects.filter(code__in=roles).values_list("code", flat=True))):
        wrong.append(_("There is no role %(code)s.") % {"code": code or "?"})
    ids = {pk for step in steps for pk in step["who"].get("users", [])}
    if ids and ids - set(User.objects.active().filter(pk__in=ids).values_list("pk", flat=True)):
        wrong.append(_("Somebody the flow names does not exist or cannot sign in."))


def _is_number(raw: Any, low: int, high: int) -> bool:
    return type(raw) is int and low <= raw <= high


def _are_ids(raw: list[Any]) -> bool:
    return all(type(one) is int and one > 0 for one in raw)
