"""What can be done with segments and with the rules that use them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.records.promises import promised
from customers.base_data.models import CustomerLevel, Tag
from customers.customers.identity import clean_line
from customers.segments.conditions import clean_conditions
from customers.segments.models import ClassificationRule, Segment

CHANGE_RIGHT, SHARE_RIGHT = "customers.change_segment", "customers.share_segment"
RULE_RIGHT = "customers.manage_classification"
SEGMENTS_AT_MOST = 200


def save_segment(
    segment: Segment | None, *, actor: User, name: str, conditions: Any, description: str = "", is_shared: bool = False
) -> Segment:
    """Keep a new or changed segment; ValidationError by field, for conditions by their place (`g0-1`)."""
    ready = {
        "name": _clean_name(name, segment, actor),
        "description": clean_line(description)[:200],
        "conditions": clean_conditions(conditions, actor),
        "is_shared": is_shared,
    }
    if is_shared and not actor.reach.has(SHARE_RIGHT):
        raise ValidationError({"is_shared": _("You may not offer segments to everyone.")})
    if segment is None and Segment.objects.filter(owner=actor).count() >= SEGMENTS_AT_MOST:
        raise ValidationError(_("You have %(count)s segments; delete one first.") % {"count": SEGMENTS_AT_MOST})
    entry = segment or Segment(owner=actor)
    verb = "segment_changed" if segment else "segment_added"
    with promised("segment_name_once", _segment_taken()), operation(actor, verb, entry):
        for field, value in ready.items():
            setattr(entry, field, value)
        entry.changed_at = timezone.now()
        entry.save()
    return entry


def copy_segment(segment: Segment, *, actor: User) -> Segment:
    """The same conditions as a segment of one's own."""
    taken = set(Segment.objects.filter(owner=actor).values_list("name", flat=True))
    name, number = segment.name, 1
    while name in taken:
        number += 1
        name = f"{segment.name[:50]} {number}"
    return save_segment(None, actor=actor, name=name, conditions=segment.conditions, description=segment.description)


def delete_segment(segment: Segment, *, actor: User) -> None:
    """Take a segment away; refused while a rule uses it."""
    if rules := list(segment.rules.all()):
        raise ValidationError(
            _("The rule “%(rule)s” uses this segment. Change the rule first.") % {"rule": rules[0]}, code="in_use"
        )
    with operation(actor, "segment_deleted", segment):
        segment.delete()


def save_rule(
    rule: ClassificationRule | None,
    *,
    actor: User,
    name: str,
    segment: Segment,
    level: CustomerLevel | None,
    tag: Tag | None,
    takes_back: bool,
    is_active: bool,
    position: int = 0,
) -> ClassificationRule:
    """Keep a rule that gives the customers of a segment a level or a tag."""
    if (level is None) == (tag is None):
        raise ValidationError(_("A rule sets either a level or a tag."))
    if takes_back and tag is None:
        raise ValidationError({"takes_back": _("Only a tag can be taken off again.")})
    if not Segment.objects.visible_to(actor).filter(pk=segment.pk).exists():
        raise PermissionDenied(_("You may not use this segment."))
    entry = rule or ClassificationRule()
    clash = ClassificationRule.objects.filter(name=name)
    if (clash.exclude(pk=rule.pk) if rule else clash).exists():
        raise ValidationError(_rule_taken())
    with promised("classificationrule_name", _rule_taken()), operation(actor, "classification_rule_saved", entry):
        entry.name, entry.segment, entry.level, entry.tag = name, segment, level, tag
        entry.takes_back, entry.is_active, entry.position = takes_back, is_active, position
        entry.save()
    return entry


def delete_rule(rule: ClassificationRule, *, actor: User) -> None:
    """Take a rule away; what it gave stays."""
    with operation(actor, "classification_rule_deleted", rule):
        rule.delete()


def _clean_name(name: str, segment: Segment | None, actor: User) -> str:
    cleaned = clean_line(name)[:60]
    if not cleaned:
        raise ValidationError({"name": _("A segment needs a name.")})
    owner = segment.owner if segment else actor
    clash = Segment.objects.filter(owner=owner, name=cleaned)
    if (clash.exclude(pk=segment.pk) if segment else clash).exists():
        raise ValidationError(_segment_taken())
    return cleaned


def _segment_taken() -> dict[str, str]:
    return {"name": _("You have a segment of this name.")}


def _rule_taken() -> dict[str, str]:
    return {"name": _("There is a rule of this name.")}
