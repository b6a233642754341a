"""What the people of the demo ask of each other: more time, access to a customer, an export, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.people.models import User
from crm.records.export_requests import decide_export, start_or_ask
from crm.records.exports import Order, export_named, start_export
from crm.records.models import ExportRequest
from crm.records.selection import Selection
from customers.customers.models import Customer
from customers.duplicates.requests import ask_for_customer, decide_request
from customers.pool.due import falling, saved_rules, with_day
from customers.pool.extensions import ask_extension, decide_extension

ANSWERS = {True: "同意，月底前给出结论", False: "客户两个月没有进展，先回公海"}
# who asks, why, and whether their director grants it (None: has not decided yet)
EXTENSIONS: list[tuple[str, str, bool | None]] = [
    ("rep", "客户年度预算下周批复，已约好会议", None),
    ("rep", "对方项目经理休假，返岗后继续谈", True),
    ("rep", "想再试一次", False),
    ("rep2", "合同条款在对方法务，预计十天内回复", None),
    ("rep3", "设备到货推迟，验收后签二期", None),
]
# who asks, whose customer, what they want, why, and the answer with its words
REQUESTS: list[tuple[str, str, str, str, bool | None, str]] = [
    ("rep", "rep3", "access", "客户华东工厂由我跟进，需要看总部的沟通记录", None, ""),
    ("rep3", "rep", "dispute", "去年工博会由我首次接触，名片与邮件可查", None, ""),
    ("rep2", "rep", "access", "一起准备集团投标", True, "可以，投标结束后到期"),
    ("rep", "rep2", "access", "想参考报价", False, "报价涉及其他客户，找我要脱敏案例"),
]
COLUMNS = ["name", "number", "status", "level", "owner", "last_followed_at"]


def ask_for_more_time(users: Mapping[str, User]) -> None:
    """Owners ask to keep what goes back soon; some have their answer."""
    rules, now = saved_rules(), timezone.now()
    for username, reason, is_granted in EXTENSIONS:
        owner = users[username]
        mine = Customer.objects.owned_by(owner).exclude(extensions__isnull=False)
        customer = with_day(falling(rules, mine), now).order_by("due_on", "pk").first()
        if customer is None:
            continue
        wish = ask_extension(customer, actor=owner, reason=reason)
        if is_granted is not None:
            decide_extension(wish, actor=_director(users, owner), is_granted=is_granted, answer=ANSWERS[is_granted])


def ask_for_customers(users: Mapping[str, User]) -> None:
    """People ask for customers of others; two have their answer."""
    for place, (asker, owner, kind, reason, is_granted, answer) in enumerate(REQUESTS):
        rows = Customer.objects.owned_by(users[owner]).live().filter(shares=None, access_requests=None)
        customer = rows.order_by("pk")[20 + place]
        asked = ask_for_customer(customer, actor=users[asker], kind=kind, reason=reason)
        if is_granted is not None:
            decide_request(asked, actor=_director(users, users[owner]), grants=is_granted, answer=answer)


def take_out_lists(users: Mapping[str, User]) -> int:
    """Exports within the limit, one above it that waits and one that security refused; how many files were made."""
    rep, director = users["rep"], users["director"]
    mine = Customer.objects.owned_by(rep).live().order_by("pk").values_list("pk", flat=True)[:18]
    talks = Selection(query="status=opportunity", is_all=True)
    jobs = [
        start_export(rep, "customers.Customer", Selection(tuple(mine)), COLUMNS, "xlsx", "下周拜访路线"),
        start_export(director, "customers.Customer", talks, COLUMNS, "csv", "季度复盘"),
    ]
    follow_ups = list(export_named("customers.Activity").resource.columns())
    for username, reason in (("rep2", "整理全年跟进记录写述职"), ("rep", "把跟进记录导给外部顾问")):
        order = Order("customers.Activity", Selection(is_all=True), follow_ups, "xlsx", reason)
        made: Any = start_or_ask(users[username], order)
        if isinstance(made, Job):
            jobs.append(made)
        elif username == "rep":
            _refuse(made, users["security"])
    for job in jobs:
        run_job(job.pk)
    return len(jobs)


def _refuse(wish: ExportRequest, decider: User) -> None:
    decide_export(wish, actor=decider, is_granted=False, answer="不向公司外部提供，可在系统内共享给顾问账号")


def _director(users: Mapping[str, User], owner: User) -> User:
    return users["director2" if owner.username == "rep3" else "director"]
