"""What a segment may ask about the custom fields of customers: each kind with the operators that fit it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.customfields.choice_kinds import labels
from crm.customfields.conditions import begins, between, contains, equals, holds, is_set
from crm.customfields.definitions import fields_of
from crm.customfields.fields import kind_of
from crm.customfields.models import CustomField
from crm.people.models import User
from crm.records.custom import PREFIX
from customers.customers.custom import CUSTOMER
from customers.segments.fields import CHOICE, DAY, DECIMAL, HELD, TAGS, TEXT, Pairs, SegmentField

Kinds = CustomField.Kind
_GROUP = gettext_lazy("Custom fields")


def custom_segment_fields() -> Iterable[SegmentField]:
    """A field for each custom field of customers in use; personal ones are for those who may match by details."""
    for one in fields_of(CUSTOMER).active:
        kind, matching = _KINDS[one.kind]
        yield SegmentField(
            one.parameter, one.title, kind, _GROUP, matching=partial(matching, one), offered=_offered(one),
            is_empty=partial(_is_empty, one), reading=partial(_number, one) if kind == DECIMAL else None,
            is_personal=one.is_personal, hint=one.hint,
        )  # fmt: skip


def why_gone(code: str) -> str:
    """Why a segment can no longer ask about a custom field, in words; "" where it is none, or in use."""
    if not code.startswith(PREFIX):
        return ""
    key = code.removeprefix(PREFIX)
    one = fields_of(CUSTOMER).by_key.get(key)
    if one is None:
        return _("This segment asks about the custom field “%(key)s”, which was deleted.") % {"key": key}
    words = {"field": one.title}
    if not one.is_active:
        return _("This segment asks about the custom field “%(field)s”, which is out of use.") % words
    return _("This segment asks about the custom field “%(field)s”, which you may not see.") % words


def _offered(one: CustomField) -> Callable[[], Pairs] | None:
    if kind_of(one).has_choices:
        return lambda: list(labels(one).items())
    if one.kind == Kinds.YES_NO:
        return lambda: [("yes", _("yes")), ("no", _("no"))]
    if one.kind == Kinds.USER:
        return lambda: [(user.pk, str(user)) for user in User.objects.active()]
    return None


def _is_empty(one: CustomField) -> Q:
    return ~is_set(one)


def _number(one: CustomField, value: Any) -> Any:
    """What somebody typed as a number of JSON; ValidationError in words."""
    text = str(value).strip() if isinstance(value, int | float | str) and not isinstance(value, bool) else ""
    found = kind_of(one).read(one, text[:40])
    if found is None:
        raise ValidationError(_("Type a number."))
    return json.loads(f"{Decimal(found).normalize():f}") if isinstance(found, str) else found


def _text(one: CustomField, operator: str, value: str) -> Q:
    return {"contains": contains, "is": equals, "starts": begins}[operator](one, value)


def _range(one: CustomField, operator: str, value: Any) -> Q:
    return between(one, value, None) if operator == "at_least" else between(one, None, value)


def _choice(one: CustomField, operator: str, values: list[Any]) -> Q:
    wanted = [value == "yes" for value in values] if one.kind == Kinds.YES_NO else values
    return holds(one, wanted) if operator == "any" else ~holds(one, wanted)


def _choices(one: CustomField, operator: str, values: list[str]) -> Q:
    if operator == "all":
        condition = Q()
        for value in values:
            condition &= holds(one, [value])
        return condition
    return holds(one, values) if operator == "any" else ~holds(one, values)


def _day(one: CustomField, operator: str, value: Any) -> Q:
    today = timezone.localdate()
    if operator in ("from", "until"):
        return between(one, value, None) if operator == "from" else between(one, None, value)
    if operator == "next_days":
        return between(one, _iso(today), _iso(today + timedelta(days=value)))
    past = today - timedelta(days=value)
    if operator == "last_days":
        return between(one, _iso(past), _iso(today))
    return between(one, None, _iso(past - timedelta(days=1)))


def _iso(day: date) -> str:
    return day.isoformat()


def _held(one: CustomField, operator: str, value: Any) -> Q:
    return ~is_set(one) if operator == "empty" else is_set(one)


_KINDS: dict[str, tuple[str, Callable[[CustomField, str, Any], Q]]] = {
    Kinds.TEXT: (TEXT, _text),
    Kinds.NUMBER: (DECIMAL, _range),
    Kinds.MONEY: (DECIMAL, _range),
    Kinds.DATE: (DAY, _day),
    Kinds.CHOICE: (CHOICE, _choice),
    Kinds.CHOICES: (TAGS, _choices),
    Kinds.USER: (CHOICE, _choice),
    Kinds.YES_NO: (CHOICE, _choice),
    Kinds.FILE: (HELD, _held),
}
