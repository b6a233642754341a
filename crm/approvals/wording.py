"""Approvals in sentences: why a step is there, what blocks a document, who is meant by a step."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crm.approvals.definitions import Condition, Step
from crm.approvals.purposes import Fact, Purpose
from crm.ui.formats import percent, yuan2


def reasons(purpose: Purpose, conditions: list[Condition], facts: Mapping[str, Any]) -> list[str]:
    """Why a step whose conditions hold is there, one sentence each; the values are those of the conditions."""
    asked = {fact.code: fact for fact in purpose.asked}
    return [_reason(asked[one["fact"]], one, facts) for one in conditions if one["fact"] in asked]


def _reason(fact: Fact, condition: Condition, facts: Mapping[str, Any]) -> str:
    label = str(fact.label)
    words = {"fact": label[:1].lower() + label[1:], "value": _shown(fact, condition["value"])}
    if fact.kind == "yes_no":
        pattern = _("because of: %(fact)s") if condition["value"] else _("because it is not so: %(fact)s")
        return pattern % words
    if fact.kind in ("department", "category", "level"):
        return _("because of the %(fact)s") % words
    if fact.code == "amount" and facts.get("is_foreign"):
        return _("because the amount is in a foreign currency, which counts as above %(value)s") % words
    if (
        fact.code == "amount"
        and Decimal(str(facts.get("rolling") or 0)) > 0
        and condition["operator"] in ("above", "at_least")
    ):
        words["rolling"] = yuan2(facts["rolling"])
        return _("because the amount, with ¥%(rolling)s of the last 30 days, is above %(value)s") % words
    patterns = {
        "above": _("because the %(fact)s is above %(value)s"),
        "at_least": _("because the %(fact)s is %(value)s or more"),
        "below": _("because the %(fact)s is below %(value)s"),
        "at_most": _("because the %(fact)s is %(value)s or less"),
        "is": _("because the %(fact)s is %(value)s"),
        "is_not": _("because the %(fact)s is not %(value)s"),
    }
    return patterns[condition["operator"]] % words


def _shown(fact: Fact, value: Any) -> str:
    if fact.kind == "amount":
        return f"¥{yuan2(value)}"
    if fact.kind == "percent":
        return percent(Decimal(str(value)))
    if fact.kind == "choice":
        labels = dict(fact.choices)
        return ", ".join(str(labels.get(one, one)) for one in value)
    return str(value)


def blocked_words(code: str) -> str:
    """What keeps a document from being decided, as people read it; the code is what the request keeps."""
    kind, _colon, name = code.partition(":")
    if kind == "nobody":
        return _("Nobody may decide in the step “%(name)s”: tell an administrator.") % {"name": name}
    if kind == "no_step":
        return _("No step of the flow applies to this document: tell an administrator.")
    return _("No approval flow fits this document: tell an administrator.")


def mode_words(step: Step) -> str:
    """How many of several people decide."""
    if step["mode"] == "all":
        return _("all of them decide")
    if step["mode"] == "n":
        return _("%(count)s of them decide") % {"count": step["count"]}
    return _("any one of them decides")
