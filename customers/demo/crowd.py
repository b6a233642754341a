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
        intake = Department.objects.intake() or _department("规模测试", None, takes_intake=True)
        reps, pools = [], []
        for region in range(1, REGIONS + 1):
            root = _department(f"大区 {region}", intake)
            pool, _is_new = Pool.objects.get_or_create(name=f"大区 {region} 公海", defaults={"department": root})
            pools.append((pool.pk, root.pk))
            for team in range(1, TEAMS + 1):
                reps += _team(_department(f"大区 {region} 团队 {team}", root), (region - 1) * TEAMS + team)
    return Crowd(reps, pools, intake.pk)


def _department(name: str, parent: Department | None, *, takes_intake: bool = False) -> Department:
    department, is_new = Department.objects.get_or_create(
        name=name, parent=parent, defaults={"takes_intake": takes_intake}
    )
    if is_new:
        department.path = [*(parent.path if parent else []), department.pk]
        department.save(update_fields=["path"])
    return department


def _team(department: Department, number: int) -> list[tuple[int, int]]:
    if not department.members.exists():
        random = Random(number)
        users = User.objects.bulk_create(
            User(
                username=f"scale{number:02d}{place:02d}",
                name=person_name(random),
                department=department,
                password=make_password(None),
                customer_capacity=100_000,
            )
            for place in range(REPS)
        )
        roles = {role.code: role for role in Role.objects.filter(code__in=["rep", "director"])}
        roles["director"].holders.add(users[0])
        roles["rep"].holders.add(*users[1:])
        department.head = users[0]
        department.save(update_fields=["head"])
    return [(pk, department.pk) for pk in department.members.order_by("pk").values_list("pk", flat=True)]
