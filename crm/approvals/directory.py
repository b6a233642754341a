"""Who stands where in the company, read once for one routing: departments, people with their rights, stand-ins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from crm.access.models import Grant, Role
from crm.approvals.definitions import Step
from crm.approvals.models import Delegation
from crm.approvals.purposes import Purpose
from crm.people.models import Absence, Department, User
from crm.records.together import read_together

DECIDE_RIGHT = "crm.decide_approval"
# the path of a department from the top, and who heads it
Place = tuple[list[int], int | None]


class Directory:
    """The people and places a routing may need. Two queries, whatever the size of the flow."""

    def __init__(self, purpose: Purpose, steps: Iterable[Step], people: Iterable[int] = ()) -> None:
        steps = list(steps)
        self.purpose = purpose
        self.departments, self.absent, self.delegates = _places(timezone.localdate(), purpose.code)
        ids = {head for _path, head in self.departments.values() if head}
        ids |= {*people, *(pk for step in steps for pk in step["who"].get("users", []))}
        ids |= {*self.absent.values(), *self.delegates.values()}
        roles = {step["who"]["role"] for step in steps if "role" in step["who"]}
        roles |= {step["escalate_role"] for step in steps if step["escalate"] == "role"}
        roles |= {step["otherwise"] for step in steps if "otherwise" in step}
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


def _places(today: date, purpose: str) -> tuple[dict[int, Place], dict[int, int], dict[int, int]]:
    """The departments, and who stands in for whom today: for those away, and by delegation. One query."""
    spans = Q(starts_on__lte=today, ends_on__gte=today)
    covered = Q(purposes=[]) | Q(purposes__contains=[purpose])
    delegations = Delegation.objects.filter(spans, covered, ended_at=None)
    found = read_together(
        {
            "departments": Department.objects.order_by().values("pk", "path", "head_id"),
            "absent": Absence.objects.filter(spans).order_by("pk").values("user_id", "deputy_id"),
            "delegated": delegations.order_by("pk").values("giver_id", "receiver_id"),
        }
    )
    departments = {row["pk"]: (row["path"], row["head_id"]) for row in found["departments"]}
    # the oldest counts where there are two
    absent = {row["user_id"]: row["deputy_id"] for row in reversed(found["absent"])}
    return departments, absent, {row["giver_id"]: row["receiver_id"] for row in reversed(found["delegated"])}
