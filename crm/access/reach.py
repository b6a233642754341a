"""Which rows a person reaches with a right, resolved once per request into plain ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils import timezone

from crm.access.models import Grant
from crm.access.rights import ALL, BELOW, DEPARTMENT, OWN

if TYPE_CHECKING:
    from crm.people.models import User

_ORDER = {OWN: 1, DEPARTMENT: 2, BELOW: 3, ALL: 4}
_SHARED_RIGHTS = ("view", "change")


@dataclass
class Reach:
    """Rights with their widest scope, and the ids those scopes stand for."""

    user_id: int
    department_id: int | None
    department_path: list[int]
    scopes: dict[str, str]
    below_ids: list[int]
    _shares: dict[tuple[type[Model], str], list[int]] = field(default_factory=dict)
    _known: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, find: Callable[[Reach], Any]) -> Any:
        """What an app above knows about this person (pools they belong to, for instance), asked once per request."""
        if name not in self._known:
            self._known[name] = find(self)
        return self._known[name]

    def has(self, right: str) -> bool:
        """Whether the person holds the right at all."""
        return right in self.scopes

    def extent(self, *rights: str) -> dict[str, Any]:
        """What decides which rows these rights reach, to be kept and compared with a later day."""
        return {"scopes": [self.scopes.get(right, "") for right in rights], "department": self.department_id}

    def rows(self, right: str, path: str = "") -> Q | None:
        """The condition for rows in the scope of a right, None for every row; `path` leads to the owner's record."""
        scope = self.scopes.get(right)
        if scope is None:
            return Q(pk__in=[])
        if scope == ALL:
            return None
        if scope == OWN or self.department_id is None:
            return Q(**{f"{path}owner_id": self.user_id})
        ids = [self.department_id] if scope == DEPARTMENT else self.below_ids
        return Q(**{f"{path}department_id__in": ids})

    def covers(self, right: str, row: Any) -> bool:
        """Whether one loaded row (with owner_id and department_id) lies in the scope of a right, shares aside."""
        scope = self.scopes.get(right)
        if scope is None:
            return False
        if scope == ALL:
            return True
        if scope == OWN or self.department_id is None:
            return row.owner_id == self.user_id
        return row.department_id in ([self.department_id] if scope == DEPARTMENT else self.below_ids)

    def shared_ids(self, share_model: type[Any], action: str) -> list[int]:
        """Ids of rows shared with this person for `view` or `change` (a share for change shows the row too)."""
        if action not in _SHARED_RIGHTS:
            return []
        key = (share_model, action)
        if key not in self._shares:
            names = ["change_"] if action == "change" else ["view_", "change_"]
            wanted = Q()
            for name in names:
                wanted |= Q(permission__codename__startswith=name)
            today = timezone.localdate()
            self._shares[key] = list(
                share_model.objects.filter(wanted, Q(ends_on=None) | Q(ends_on__gte=today), user_id=self.user_id)
                .values_list("content_object_id", flat=True)
                .distinct()
            )
        return self._shares[key]


def resolve(user: User) -> Reach:
    """The reach of a person now; a disabled person reaches nothing. One query."""
    from crm.people.models import Department  # noqa: PLC0415 - people's user asks for its reach

    held = Grant.objects.filter(role__holders=OuterRef("pk")).values(one=JSONObject(right="right", scope="scope"))
    below = Department.objects.below(user.department_id).order_by("position", "pk").values("pk")
    person = type(user).objects.filter(pk=user.pk).annotate(held=ArraySubquery(held), below=ArraySubquery(below))
    found = person.values_list("held", "below", "department__path").first() if user.is_active else None
    scopes: dict[str, str] = {}
    for grant in found[0] if found else []:
        if _ORDER[grant["scope"]] > _ORDER.get(scopes.get(grant["right"], ""), 0):
            scopes[grant["right"]] = grant["scope"]
    path, below_ids = (found[2] or [], found[1]) if found else ([], [])
    return Reach(user.pk, user.department_id, path, scopes, below_ids if BELOW in scopes.values() else [])
