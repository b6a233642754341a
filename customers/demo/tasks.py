"""What the people of the demo company have to do: a few tasks each, about customers of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.models import Customer
from customers.tasks.models import Task

# title, days from today, hour (None: all day), whether it matters much, whether the director gave it
PLANNED: Sequence[tuple[str, int, int | None, bool, bool]] = [
    ("把改价后的报价发给客户确认", -2, None, True, False),
    ("确认需求清单是否已发车间", -1, None, False, False),
    ("准备产线演示的批记录样例", 0, 10, True, False),
    ("回电：付款节点与交期", 0, 16, False, True),
    ("寄送同行业案例与样品册", 1, None, False, False),
    ("约客户财务核对开票抬头", 2, 14, False, False),
    ("拜访前整理上次会议纪要", 3, None, False, True),
    ("跟进标书答疑结果", 6, None, False, False),
]
# what those do who own few or no customers
OFFICE: dict[str, list[tuple[str, int, int | None]]] = {
    "director2": [("复核本周回收名单", -1, None), ("与雨桐过一遍重点商机", 0, 15), ("北区月度复盘材料", 4, None)],
    "vp": [("审批华东导出申请", 0, None), ("销售例会", 1, 9), ("和市场部确认展会线索分配", 2, 14)],
    "marketing": [("整理工博会名片并导入", -1, None), ("核对退订名单", 0, 11), ("沙龙邀请函定稿", 3, None)],
}
DONE = ("补录展会名片", "更新联系人职务")


def plan_tasks(users: dict[str, User], now: datetime, random: Random) -> int:
    """Give people their tasks; how many were written."""
    rows = []
    for username in ("rep", "rep2", "rep3", "director"):
        owner = users[username]
        customers = list(Customer.objects.owned_by(owner).order_by("pk")[:40])
        giver = users["director2" if username == "rep3" else "director"]
        rows += [_task(owner, giver, customers, plan, now, random) for plan in PLANNED]
        rows += [Task(title=title, owner=owner, created_by=owner, done_at=now - timedelta(days=1)) for title in DONE]
    for username, plans in OFFICE.items():
        owner = users[username]
        rows += [_task(owner, owner, [], (title, days, hour, False, False), now, random) for title, days, hour in plans]
    with operation(None, "demo_company_founded", via="system"):
        Task.objects.bulk_create(rows)
    return len(rows)


def _task(
    owner: User, giver: User, customers: Sequence[Customer], plan: tuple[Any, ...], now: datetime, random: Random
) -> Task:
    title, days, hour, is_high, is_given = plan
    day = timezone.localdate(now) + timedelta(days=days)
    due = timezone.make_aware(datetime.combine(day, time(hour or 0)))
    return Task(
        title=title, owner=owner, created_by=giver if is_given else owner,
        customer=random.choice(customers) if customers else None,
        priority=Task.Priority.HIGH if is_high else Task.Priority.NORMAL,
        due_at=due, is_all_day=hour is None, remind_at=due - timedelta(hours=1) if hour and due > now else None,
    )  # fmt: skip
