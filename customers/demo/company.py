"""The people of the demo company 云岭工业软件: departments, the thirteen sign-ins, pools."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from crm.access.models import Role
from crm.people.models import Absence, Department, User
from customers.base_data.models import Region
from customers.leads.models import Allotment, AllotmentShare
from customers.pool.models import Pool

PASSWORD = "harbour-demo"  # noqa: S105 - printed on the sign-in page of every demo
SALES, EAST, NORTH = "销售部", "华东区", "华北区"
DEPARTMENTS = [
    (SALES, ""), (EAST, SALES), (NORTH, SALES), ("市场部", ""), ("客服部", ""), ("技术部", ""), ("财务部", ""),
]  # fmt: skip
# username, name, role, department, job title, years here, heads the department
PEOPLE = [
    ("rep", "林晓雯", "rep", EAST, "客户经理", 3, False),
    ("rep2", "陈子昂", "rep", EAST, "客户经理", 5, False),
    ("rep3", "赵雨桐", "rep", NORTH, "客户经理", 2, False),
    ("director", "周启明", "director", EAST, "华东区总监", 7, True),
    ("director2", "韩立新", "director", NORTH, "华北区总监", 6, True),
    ("vp", "沈国栋", "director", SALES, "销售副总裁", 9, True),
    ("marketing", "许佳宁", "marketing", "市场部", "市场专员", 2, True),
    ("agent", "何静怡", "agent", "客服部", "客服专员", 4, True),
    ("technician", "吴海峰", "technician", "技术部", "实施工程师", 4, True),
    ("finance", "郑慧敏", "finance", "财务部", "财务主管", 8, True),
    ("admin", "徐文博", "admin", "技术部", "系统管理员", 5, False),
    ("security", "高思远", "security", "技术部", "安全管理员", 3, False),
    ("auditor", "宋淑芬", "auditor", "财务部", "内部审计", 6, False),
]
POOLS = [("华东公海", EAST), ("华北公海", NORTH), ("总部公海", SALES)]


@dataclass(frozen=True)
class Company:
    """Who is who, by username and department name; pools by department name."""

    users: dict[str, User]
    departments: dict[str, Department]
    pools: dict[str, Pool]


def found_company(today: date) -> Company:
    """Write departments, people and pools; the standard roles exist already."""
    departments = _departments()
    users = _people(departments, today)
    for username, _name, _role, department, _title, _years, is_head in PEOPLE:
        if is_head:
            departments[department].head = users[username]
    Department.objects.bulk_update(departments.values(), ["head"])
    pools = Pool.objects.bulk_create(
        Pool(name=name, department=departments[department], position=place)
        for place, (name, department) in enumerate(POOLS, 1)
    )
    _rules(users)
    away = today + timedelta(days=7 - today.weekday())
    Absence.objects.create(
        user=users["rep2"], deputy=users["rep"], starts_on=away, ends_on=away + timedelta(days=4), note="年假"
    )
    return Company(users, departments, {pool.department.name: pool for pool in pools})


def _rules(users: dict[str, User]) -> None:
    """Two rules that hand out leads when somebody asks them to; nothing happens by itself in the demo."""
    near = list(Region.objects.filter(code__in=["310000", "320000", "330000"]).values_list("pk", flat=True))
    east, others = Allotment.objects.bulk_create(
        [
            Allotment(name="华东新线索轮流", region_ids=near, position=1),
            Allotment(name="其余新线索按持有量", method=Allotment.Method.LOAD, position=2),
        ]
    )
    receivers = [(east, "rep"), (east, "rep2"), (others, "rep"), (others, "rep2"), (others, "rep3")]
    AllotmentShare.objects.bulk_create(AllotmentShare(allotment=rule, user=users[name]) for rule, name in receivers)


def _departments() -> dict[str, Department]:
    made: dict[str, Department] = {}
    for place, (name, parent) in enumerate(DEPARTMENTS, 1):
        department = Department.objects.create(
            name=name, parent=made.get(parent), position=place, takes_intake=name == SALES
        )
        department.path = [*(made[parent].path if parent else []), department.pk]
        made[name] = department
    Department.objects.bulk_update(made.values(), ["path"])
    return made


def _people(departments: dict[str, Department], today: date) -> dict[str, User]:
    roles = {role.code: role for role in Role.objects.all()}
    password, now = make_password(PASSWORD), timezone.now()  # one hash for all: the password is public anyway
    users = User.objects.bulk_create(
        User(
            username=username,
            name=name,
            email=f"{username}@yunling.example",
            department=departments[department],
            job_title=title,
            joined_on=today - timedelta(days=365 * years + 40),
            password=password,
            password_changed_at=now,
            is_demo=True,
        )
        for username, name, _role, department, title, years, _is_head in PEOPLE
    )
    by_name = {user.username: user for user in users}
    User.roles.through.objects.bulk_create(
        User.roles.through(user=by_name[username], role=roles[role])
        for username, _name, role, _department, _title, _years, _is_head in PEOPLE
    )
    return by_name
