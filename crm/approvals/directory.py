"""Who stands where in the company, read once for one routing: departments, people with their rights, stand-ins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, Value
from django.utils import timezone

from crm.access.models import Grant, Role
from crm.approvals.definitions import Step
from crm.approvals.models import Delegation
from crm.approvals.purposes import Purpose
from crm.people.models import Absence, Department, User

DECIDE_RIGHT = "crm.decide_approval"


class Directory:
    """The people and places a routing may need. Three queries, whatever the size of the flow."""

    def __init__(self, purpose: Purpose, steps: Iterable[Step], people: Iterable[int] = ()) -> None:
        steps = list(steps)
        self.purpose = purpose
        self.departments = {
            pk: (path, head) for pk, path, head in Department.objects.values_list("pk", "path", "head_id")
        }
        self.absent, self.delegates = _stand_ins(timezone.localdate(), purpose.code)
        ids = {head for _path, head in self.departments.values() if head}
        ids |= {*people, *(pk for step in steps for pk in step["who"].get("users", []))}
        ids |= {*self.absent.values(), *self.delegates.values()}
        roles = {step["who"]["role"] for step in steps if "role" in step["who"]}
        roles |= {step["escalate_role"] for step in steps if step["escalate"] == "role"}
        self._rights = {DECIDE_RIGHT, purpose.decide_right, purpose.closing_right}
        self._rights |= {step["decide_right"] for step in steps}
        self.people = {user.pk: user for user in _people(ids, roles, self._rights)}

    def learn(self, people: Iterable[int]) -> None:
        """Read more people."""
        strangers = set(people) - self.people.keys()
        if strangers:
            self.people |= {user.pk: user for user in _people(strangers, set(), self._rights)}

    def usable(self, pk: int, rights: Iterable[str]) -> bool:
        """Whether somebody works here and holds all of these rights."""
        person: Any = self.people.get(pk)
        return person is not None and person.is_active and {*rights, DECIDE_RIGHT} - {""} <= set(person.held_rights)

    def holders(self, role: str) -> list[int]:
        """Those of a role, by name."""
        people: dict[int, Any] = self.people
        return [pk for pk, person in people.items() if role in person.held_roles]

    def heads(self, department_id: int | None) -> list[int]:
        """The heads of a department and of those above it, from below, whether they still work here or not."""
        path, _head = self.departments.get(department_id or 0, ([], None))
        found = (self.departments[place][1] for place in reversed(path))
        return list(dict.fromkeys(head for head in found if head))

    def line(self, pk: int) -> list[int]:
        """Those above a person, from below, whether they still work here or not."""
        person = self.people.get(pk)
        heads = self.heads(person.department_id if person else None)
        # who heads a department answers to whoever stands above it, not to themselves
        return heads[heads.index(pk) + 1 :] if pk in heads else heads

    def heads_above(self, department_id: int | None) -> list[int]:
        """The heads of a department and of those above it who work here, from below."""
        return [pk for pk in self.heads(department_id) if self.people[pk].is_active]

    def superiors(self, pk: int) -> list[int]:
        """Those above a person who work here, from below."""
        return [upper for upper in self.line(pk) if self.people[upper].is_active]

    def stand_in_of(self, pk: int) -> tuple[int | None, bool]:
        """Who decides in a person's name today (None: nobody else), and whether the person is away."""
        if pk in self.absent:
            return self.absent[pk], True
        return self.delegates.get(pk), False


def _people(ids: set[int], roles: set[str], rights: set[str]) -> Iterable[User]:
    grants = Grant.objects.filter(role__holders=OuterRef("pk"), right__in=rights - {""}).values("right")
    codes = Role.objects.filter(holders=OuterRef("pk"))
    found = User.objects.filter(Q(pk__in=ids) | Q(Exists(codes.filter(code__in=roles)))).order_by("name", "pk")
    return found.annotate(held_rights=ArraySubquery(grants), held_roles=ArraySubquery(codes.values("code")))


def _stand_ins(today: date, purpose: str) -> tuple[dict[int, int], dict[int, int]]:
    """Who stands in for whom today: for those away, and by delegation."""
    spans = Q(starts_on__lte=today, ends_on__gte=today)
    absences = Absence.objects.filter(spans).order_by().values_list(Value("absent"), "pk", "user_id", "deputy_id")
    covered = Q(purposes=[]) | Q(purposes__contains=[purpose])
    delegations = Delegation.objects.filter(spans, covered, ended_at=None).order_by()
    rows = absences.union(
        delegations.values_list(Value("delegated"), "pk", "giver_id", "receiver_id"), all=True
    )  # the oldest counts where there are two
    found: dict[str, dict[int, int]] = {"absent": {}, "delegated": {}}
    for kind, _pk, holder, other in sorted(rows):
        found[kind].setdefault(holder, other)
    return found["absent"], found["delegated"]
