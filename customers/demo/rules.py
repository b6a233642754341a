"""The rules the demo company lives by: pools with members and days, segments, levels and tags by rule, kept views."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from crm.people.models import User
from crm.records.saved_views import save_view
from customers.base_data.models import CustomerLevel, Industry, Region, Tag
from customers.customers.models import Customer
from customers.demo.company import EAST, NORTH, SALES
from customers.pool.due import falling, saved_rules
from customers.pool.models import Combination, Pool
from customers.pool.settings_actions import add_member, save_pool
from customers.segments.actions import save_rule, save_segment
from customers.segments.models import Segment

DAYS_AHEAD = 13
# department of the pool → its rules, and the days of single levels (None: never)
POOL_RULES: dict[str, tuple[dict[str, Any], dict[str, int | None]]] = {
    EAST: (
        {"recycles": True, "no_follow_up_days": 60, "no_opportunity_days": 130, "claims_per_day": 5,
         "hidden_columns": ["remark"]},
        {"重点": 45, "老客户": None},
    ),
    NORTH: ({"recycles": True, "no_follow_up_days": 45, "not_won_days": 360, "frozen_hours": 2}, {"老客户": None}),
    SALES: (
        {"recycles": True, "no_follow_up_days": 90, "no_opportunity_days": 180, "combines": Combination.ALL,
         "warning_days": [5, 1], "history_days": 30},
        {},
    ),
}  # fmt: skip
# department of the pool, username, whether the person administers it
MEMBERS = [(EAST, "rep3", False), (SALES, "director", True), (SALES, "director2", True)]
# username, name of the view, its filters, for everyone
VIEWS = [
    ("rep", "我的重点商机", "owner=me&status=opportunity", False),
    ("director", "大客户", "size=giant&size=large", True),
]


def lay_down_pool_rules(pools: Mapping[str, Pool], users: Mapping[str, User]) -> None:
    """Give every pool its rules and its further members."""
    admin, levels = users["admin"], dict(CustomerLevel.objects.values_list("name", "pk"))
    for department, (values, by_level) in POOL_RULES.items():
        pool = pools[department]
        for name, value in values.items():
            setattr(pool, name, value)
        save_pool(pool, actor=admin, by_level={levels[name]: days for name, days in by_level.items()})
    for department, username, is_administrator in MEMBERS:
        add_member(pools[department], actor=admin, user=users[username], is_administrator=is_administrator)


def spread_what_is_overdue(today: date) -> int:
    """Put off what the new rules would take at once, into the coming days; how many."""
    due = list(falling(saved_rules()).filter(due_at__lte=timezone.now()).values_list("pk", flat=True))
    for day in range(DAYS_AHEAD):
        until = today + timedelta(days=2 + day)
        rows = Customer.objects.filter(pk__in=[pk for pk in due if pk % DAYS_AHEAD == day])
        rows.update(recycle_not_before=until, changed_at=F("changed_at"))
    return len(due)


def _asks(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    row = {"field": field, "operator": operator}
    return row if value is None else row | {"value": value}


def _all(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"match": "all", "groups": [{"match": "all", "rows": list(rows)}]}


def describe_segments(users: Mapping[str, User]) -> dict[str, Segment]:
    """Write the segments of several people; by name."""
    levels = dict(CustomerLevel.objects.values_list("name", "pk"))
    near = list(Region.objects.filter(code__in=["310000", "320000", "330000"]).values_list("pk", flat=True))
    factories = list(Industry.objects.filter(code="C").values_list("pk", flat=True))
    big = _asks("size", "any", [Customer.Size.LARGE, Customer.Size.GIANT])
    planned: list[tuple[str, str, str, bool, dict[str, Any]]] = [
        ("director", "重点客户 30 天未跟进", "每周一看一遍，先打电话", True,
         _all(_asks("level", "any", [levels["重点"]]), _asks("last_followed", "older_days", 30))),
        ("director", "集团型企业", "500 人以上，按集团客户维护", True, _all(big)),
        ("director", "高意向大商机", "大企业里正在谈的", True, _all(big, _asks("status", "any", ["opportunity"]))),
        ("director2", "正在降温", "以前联系多，最近没联系", True, _all(_asks("rfm", "any", ["cooling"]))),
        ("marketing", "长三角制造业", "沙龙邀请名单", True,
         _all(_asks("region", "any", near), _asks("industry", "any", factories))),
        ("rep", "近 90 天拜访过两次", "可以谈方案的", False,
         _all(_asks("activities", "at_least", {"count": 2, "days": 90, "kinds": ["visit"]}))),
        ("rep3", "还没有下次计划", "", False,
         _all(_asks("next_follow", "empty"), _asks("status", "any", ["lead", "opportunity"]))),
    ]  # fmt: skip
    return {
        name: save_segment(
            None, actor=users[username], name=name, conditions=asks, description=about, is_shared=is_shared
        )
        for username, name, about, is_shared, asks in planned
    }


def classify_by_rule(users: Mapping[str, User], segments: Mapping[str, Segment]) -> None:
    """Two rules in use and one that waits."""
    director, important = users["director"], CustomerLevel.objects.get(name="重点")
    rules: list[tuple[str, str, CustomerLevel | None, str, bool]] = [
        ("大商机升为重点", "高意向大商机", important, "", True),
        ("集团型企业打标签", "集团型企业", None, "集团客户", True),
        ("降温客户关注价格", "正在降温", None, "关注价格", False),
    ]
    for position, (name, segment, level, tag, is_active) in enumerate(rules, 1):
        save_rule(
            None, actor=director, name=name, segment=segments[segment], level=level,
            tag=Tag.objects.get(name=tag) if tag else None, takes_back=tag == "集团客户", is_active=is_active,
            position=position,
        )  # fmt: skip


def keep_views(users: Mapping[str, User]) -> None:
    """Views of the customer list that people kept."""
    for username, name, query, is_shared in VIEWS:
        save_view(users[username], page="customers", name=name, query=query, is_shared=is_shared)
