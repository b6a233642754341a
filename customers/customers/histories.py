"""The history of a customer in the API: who, when, why, what was, what is; masked like the customer itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from crm.access.masks import CONTACT_FIELDS, shown
from crm.api.pagination import address_of, page_size
from crm.history.changes import FieldChange, StoryEntry, story
from crm.history.timeline import Entry, page_of, read_place
from crm.people.models import User
from customers.customers.custom import PREFIX, told_in_api, told_people
from customers.customers.models import Customer
from customers.customers.names import KIND_OF_FIELD, look_up
from customers.customers.timeline import HAND_OVERS, unseen_subjects
from customers.pool.hiding import hidden_columns, history_since

OUTSIDE = "outside"


class ChangeSerializer(serializers.Serializer[Any]):
    """One field before and after, in the words of the customer resource."""

    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class HistorySerializer(serializers.Serializer[Any]):
    """One thing done; `via` is "outside" and `actor` null for a change made outside the application."""

    at = serializers.DateTimeField()
    actor = serializers.CharField(allow_null=True, help_text="user name")
    verb = serializers.CharField()
    via = serializers.ChoiceField(choices=["page", "api", "import", "job", "system", OUTSIDE])
    reason = serializers.CharField()
    changes = ChangeSerializer(many=True)


def history_page(customer: Customer, request: Request) -> dict[str, Any]:
    """One page of the history, newest first, as the body of a list (`count` is never given)."""
    place = read_place(request.query_params.get("cursor", ""))
    since = history_since(request.user, customer)
    entries, older = page_of([_source(customer, since)], place, page_size(request))
    following = address_of(request, str(older)) if older else None
    words = _Words(customer, request.user, [entry.row for entry in entries])
    return {"results": [words.told(entry.row) for entry in entries], "next": following, "previous": None, "count": None}


def _source(customer: Customer, since: datetime | None) -> Any:
    def entries(before: datetime | None, size: int) -> list[Entry]:
        found = story(Customer, customer.pk, anchor_id=customer.pk, before=before, size=size)
        read = [one for one in found if since is None or one.at >= since]
        return [Entry(one.at, f"{one.key[0]}{int(one.key[1:]):012d}", "", row=one) for one in read]

    return entries


class _Words:
    """The names of what the changes of one page point to, looked up at once."""

    def __init__(self, customer: Customer, user: User, told: Sequence[StoryEntry]) -> None:
        self.customer, self.user = customer, user
        self.concealed = hidden_columns(user, customer)
        wanted: dict[str, set[int]] = {"person": {one.actor_id for one in told if one.actor_id}}
        for change in (change for one in told for change in one.changes if change.name in KIND_OF_FIELD):
            ids = {pk for value in (change.before, change.after) for pk in _listed(value)}
            wanted.setdefault(KIND_OF_FIELD[change.name], set()).update(ids)
        for change in (change for one in told for change in one.changes):
            wanted["person"] |= told_people(change.name, (change.before, change.after))
        self.unseen = unseen_subjects(customer, user, told)
        people = User.objects.filter(pk__in=wanted.pop("person")).values_list("pk", "username")
        self.names: dict[str, dict[int, Any]] = {**look_up(wanted), "person": dict(people)}

    def told(self, one: StoryEntry) -> dict[str, Any]:
        """One entry of the history."""
        return {
            "at": serializers.DateTimeField().to_representation(one.at),
            "actor": self.names["person"].get(one.actor_id or 0),
            "verb": one.verb or {"insert": "created", "delete": "deleted"}.get(one.label, "changed"),
            "via": one.via if one.verb else OUTSIDE,
            "reason": "" if self._is_out_of_sight(one) else one.reason,
            "changes": [self._change(change) for change in one.changes if change.name not in self.concealed],
        }

    def _is_out_of_sight(self, one: StoryEntry) -> bool:
        """Whether it is about a record the reader does not see; why a customer came to them is theirs to know."""
        return (one.subject_type, one.subject_id) in self.unseen and one.subject_type not in HAND_OVERS

    def _change(self, change: FieldChange) -> dict[str, Any]:
        if change.name.startswith(PREFIX):
            told = [self._custom(change.name, value) for value in (change.before, change.after)]
            return {"field": change.name, "before": told[0], "after": told[1]}
        name = "tags" if change.name == "tag_ids" else change.name.removesuffix("_id")
        if change.name == "external_id":
            name = change.name
        return {
            "field": name,
            "before": self._value(change.name, change.before),
            "after": self._value(change.name, change.after),
        }

    def _custom(self, name: str, value: Any) -> Any:
        return None if value is None else told_in_api(name, value, self.customer, self.user, self.names["person"])

    def _value(self, name: str, value: Any) -> Any:
        if value in (None, ""):
            return None
        if kind := KIND_OF_FIELD.get(name):
            named = [str(self.names[kind].get(pk, f"#{pk}")) for pk in _listed(value)]
            return named if isinstance(value, list) else named[0]
        return shown(self.user, self.customer, name, value) if name in CONTACT_FIELDS else value


def _listed(value: Any) -> list[int]:
    return value if isinstance(value, list) else [value] if value else []
