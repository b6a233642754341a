"""The opportunities of the demo company: one or two with every customer that is talked with, some won, some lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone

from crm.history.operations import operation
from crm.people.models import User
from crm.records.numbering import next_numbers
from customers.customers.models import Customer
from sales.opportunities.models import LossReason, Opportunity, OpportunityStage

SUBJECTS = [
    "MES 一期",
    "MES 二期扩容",
    "设备联网",
    "质量追溯",
    "能源管理",
    "云 MES 订阅",
    "安灯看板",
    "ERP 接口",
    "年度维保",
]
LESSONS = ["决策人换了，没有及时跟上", "对方要求私有化部署，报价偏高", "竞品提供了免费试点", "预算推迟到明年", ""]


def load_talks(users: Mapping[str, User], now: datetime) -> dict[str, int]:
    """Write the opportunities; how many."""
    random = Random("talks")
    stages, reasons = list(OpportunityStage.objects.all()), list(LossReason.objects.all())
    wanted = Customer.objects.live().filter(owner__isnull=False, status__in=["opportunity", "existing", "lead"])
    rows = [row for customer in wanted.order_by("pk") for row in _talks_with(customer, random, stages, reasons, now)]
    for row, number in zip(rows, next_numbers("opportunity", len(rows)), strict=True):
        row.number = number
    with operation(None, "demo_company_founded", via="system"):
        Opportunity.objects.bulk_create(rows)
    return {"opportunities": len(rows)}


def _talks_with(
    customer: Customer, random: Random, stages: list[Any], reasons: list[Any], now: datetime
) -> list[Opportunity]:
    """An open one where the customer is an opportunity, a lost one with some of the others."""
    states = {"opportunity": ["open"] * random.choice([1, 1, 2]), "existing": ["open"] * (random.random() < 0.4)}
    found = states.get(customer.status, []) + ["lost"] * (random.random() < 0.15)
    return [_talk(customer, state, random, stages, reasons, now) for state in found]


def _talk(
    customer: Customer, state: str, random: Random, stages: list[Any], reasons: list[Any], now: datetime
) -> Opportunity:
    began = now - timedelta(days=random.randint(5, 120), hours=random.randint(0, 8))
    stage = random.choices(stages, [5, 5, 4, 4, 2])[0]
    row = Opportunity(
        customer=customer, owner_id=customer.owner_id, department_id=customer.department_id,
        created_by_id=customer.owner_id, changed_by_id=customer.owner_id, state=state, created_at=began,
        name=f"{customer.short_name or customer.name[:8]} {random.choice(SUBJECTS)}",
        stage=stage, amount=Decimal(random.randint(8, 160) * 5000), probability=stage.probability,
        expected_close_on=timezone.localdate(now) + timedelta(days=random.randint(-10, 110)),
        stage_since=now - timedelta(days=random.randint(1, 40)),
    )  # fmt: skip
    if state == "lost":
        row.closed_at, row.probability = now - timedelta(days=random.randint(1, 30)), 0
        row.loss_reason, row.loss_note = random.choice(reasons), random.choice(LESSONS)
    return row
