"""Levels and tags by rule: which customers a rule concerns, and the set-based write."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from crm.people.models import User
from customers.customers.models import Customer
from customers.customers.querysets import CustomerQuerySet
from customers.segments.conditions import condition_of
from customers.segments.models import ClassificationRule

GIVES, TAKES = "gives", "takes"


class Step(NamedTuple):
    """A rule, and whether it gives or takes back."""

    rule: ClassificationRule
    way: str


def steps(rules: Iterable[ClassificationRule]) -> list[Step]:
    """What the rules do, in their order."""
    found = []
    for rule in rules:
        found.append(Step(rule, GIVES))
        if rule.takes_back and rule.tag_id:
            found.append(Step(rule, TAKES))
    return found


def active_rules() -> list[ClassificationRule]:
    """The rules in use, in their order, with what they set."""
    return list(ClassificationRule.objects.filter(is_active=True).select_related("segment", "level", "tag"))


def concerned(
    step: Step, rules: list[ClassificationRule], user: User, broken: Collection[int] = ()
) -> CustomerQuerySet:
    """The live customers a step changes: those that do not already have what it gives.

    The first rule that sets a level wins, so customers of an earlier one are left out; those who have the level of an
    earlier one that is broken keep it.
    """
    rule, way = step
    meets = question_of(rule, user)
    rows: CustomerQuerySet = Customer.objects.all()
    if rule.tag_id:
        has = Q(tag_ids__contains=[rule.tag_id])
        return rows.live().filter(~meets & has if way == TAKES else meets & ~has)
    earlier = Q()
    for other in rules[: rules.index(rule)] if rule in rules else []:
        if other.level_id:
            earlier |= Q(level=other.level_id) if other.pk in broken else question_of(other, user)
    rows = rows.live().filter(meets).filter(Q(level=None) | ~Q(level=rule.level_id))
    return rows.exclude(pk__in=Customer.objects.filter(earlier).values("pk")) if earlier else rows


def write(step: Step, rows: CustomerQuerySet, actor: User) -> int:
    """Give or take back, set-based; how many changed."""
    rule, way = step
    changed: dict[str, Any] = {"changed_at": Now(), "changed_by": actor}
    if rule.tag_id:
        function = "array_append" if way == GIVES else "array_remove"
        tags = Func(
            F("tag_ids"), Value(rule.tag_id), function=function, template="%(function)s(%(expressions)s::bigint)"
        )
        return rows.update(tag_ids=tags, **changed)
    return rows.update(level=rule.level_id, **changed)


def question_of(rule: ClassificationRule, user: User) -> Q:
    """The conditions of a rule; ValidationError where its segment can no longer be asked."""
    try:
        return condition_of(rule.segment.conditions, user)
    except (KeyError, TypeError, ValueError) as fault:
        raise ValidationError(_("These conditions are damaged. Build them again.")) from fault


def broken_rules(rules: Iterable[ClassificationRule], user: User) -> dict[int, str]:
    """The rules whose segment can no longer be asked, and why."""
    found = {}
    for rule in rules:
        try:
            question_of(rule, user)
        except ValidationError as refusal:
            found[rule.pk] = " ".join(refusal.messages)
    return found


def refuse_broken(rules: list[ClassificationRule], user: User) -> None:
    """ValidationError naming the first rule whose segment can no longer be asked."""
    broken = broken_rules(rules, user)
    for rule in rules:
        if rule.pk in broken:
            words = {"rule": rule, "why": broken[rule.pk]}
            raise ValidationError(_("Rule “%(rule)s”: %(why)s") % words, code="broken_rule")
