"""Who works in a large made-up company: twenty departments, two hundred reps, a pool for each region."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from django.contrib.auth.hashers import make_password

from crm.access.models import Role
from crm.access.standard_roles import load_standard_roles
from crm.history.operations import operation
from crm.people.models import Department, User
from customers.base_data.loading import load_base_data
from customers.demo.names import person_name
from customers.pool.models import Pool

REGIONS, TEAMS, REPS = 4, 5, 10


@dataclass(frozen=True)
class Crowd:
    """Ids: reps with their departments, pools with theirs, and the department nobody's customers belong to."""

    reps: list[tuple[int, int]]
    pools: list[tuple[int, int]]
    intake: int


def gather_crowd() -> Crowd:
    """The large company's people, made on the first call; they cannot sign in, for they have no password."""
    load_standard_roles()
    load_base_data()
    with operation(None, "demo_crowd_gathered", via="system"):
        intake = Department.objects.intake() or _departments([("规模测试", None)], takes_intake=True)[0]
        roots = _departments([(f"大区 {region}", intake) for region in range(1, REGIONS + 1)])
        teams = _departments([(f"{root.name} 团队 {team}", root) for root in roots for team in range(1, TEAMS + 1)])
        _staff(teams)
        return Crowd(_reps(teams), _pools(roots), intake.pk)


def _departments(wanted: list[tuple[str, Department | None]], *, takes_intake: bool = False) -> list[Department]:
    """The departments of these names under these parents, in this order; those that are missing are made."""
    known = {(found.name, found.parent_id): found for found in Department.objects.filter(name__in=dict(wanted))}
    fresh = Department.objects.bulk_create(
        Department(name=name, parent=parent, takes_intake=takes_intake)
        for name, parent in wanted
        if (name, parent.pk if parent else None) not in known
    )
    for department in fresh:
        department.path = [*(department.parent.path if department.parent else []), department.pk]
    Department.objects.bulk_update(fresh, ["path"])
    known |= {(made.name, made.parent_id): made for made in fresh}
    return [known[name, parent.pk if parent else None] for name, parent in wanted]


def _pools(roots: list[Department]) -> list[tuple[int, int]]:
    names = {f"{root.name} 公海": root for root in roots}
    known = set(Pool.objects.filter(name__in=names).values_list("name", flat=True))
    Pool.objects.bulk_create(Pool(name=name, department=root) for name, root in names.items() if name not in known)
    return list(Pool.objects.filter(name__in=names).order_by("pk").values_list("pk", "department_id"))


def _staff(teams: list[Department]) -> None:
    """Give each team that has nobody its people, the first of them its head."""
    staffed = set(User.objects.filter(department__in=teams).values_list("department", flat=True))
    empty = {number: team for number, team in enumerate(teams, 1) if team.pk not in staffed}
    members = User.objects.bulk_create(
        person for number, team in empty.items() for person in _members(team, number, Random(number))
    )
    roles = {role.code: role for role in Role.objects.filter(code__in=["rep", "director"])}
    for team, director in zip(empty.values(), members[::REPS], strict=True):
        team.head = director
    roles["director"].holders.add(*members[::REPS])
    roles["rep"].holders.add(*(person for place, person in enumerate(members) if place % REPS))
    Department.objects.bulk_update(empty.values(), ["head"])


def _members(team: Department, number: int, random: Random) -> list[User]:
    return [
        User(
            username=f"scale{number:02d}{place:02d}",
            name=person_name(random),
            department=team,
            password=make_password(None),
            customer_capacity=100_000,
        )
        for place in range(REPS)
    ]


def _reps(teams: list[Department]) -> list[tuple[int, int]]:
    place = {team.pk: at for at, team in enumerate(teams)}
    found = User.objects.filter(department__in=teams).order_by("pk").values_list("pk", "department_id")
    return sorted(found, key=lambda rep: place[rep[1]])
