"""The fields the demo company has added to its customers, with values for some of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Any

from django.utils import timezone

from crm.customfields.models import CustomChoice, CustomField
from crm.people.models import User

MODEL = "customers.Customer"
CONTACT_FIELD = {"key": "prefers", "label": "偏好联系方式", "label_en": "Likes to be reached by", "kind": "choice"}
PREFERENCES = [("phone", "电话"), ("wechat", "微信"), ("mail", "邮件")]
SYSTEMS = [("erp", "ERP"), ("mes", "MES"), ("plm", "PLM"), ("none_yet", "尚无系统")]
DEPLOYMENTS = [("cloud", "公有云"), ("private", "私有化部署"), ("mixed", "混合部署")]
FIELDS: list[dict[str, Any]] = [
    {"key": "deployment", "label": "部署方式", "label_en": "Deployment", "kind": "choice"},
    {"key": "systems", "label": "现有系统", "label_en": "Systems in use", "kind": "choices"},
    {"key": "seats", "label": "预计用户数", "label_en": "Expected seats", "kind": "number"},
    {"key": "budget", "label": "年度预算", "label_en": "Yearly budget", "kind": "money"},
    {"key": "contract_ends", "label": "现有合同到期", "label_en": "Present contract ends", "kind": "date"},
    {"key": "engineer", "label": "售前工程师", "label_en": "Presales engineer", "kind": "user"},
    {"key": "licence", "label": "营业执照", "label_en": "Business licence", "kind": "file"},
]


def add_demo_fields() -> None:
    """Write the fields and their choices."""
    made = CustomField.objects.bulk_create(
        CustomField(model=MODEL, position=place, **one) for place, one in enumerate(FIELDS, 1)
    )
    made.append(CustomField.objects.create(model="customers.Contact", position=1, **CONTACT_FIELD))
    offered = {"deployment": DEPLOYMENTS, "systems": SYSTEMS, "prefers": PREFERENCES}
    CustomChoice.objects.bulk_create(
        CustomChoice(field=one, value=value, label=label, position=place)
        for one in made
        for place, (value, label) in enumerate(offered.get(one.key, []), 1)
    )


def fill_demo_fields(rows: Iterable[dict[str, Any]], seed: int) -> None:
    """Give about two in five of the customers values of these fields."""
    random, today = Random(seed), timezone.localdate()
    engineer = User.objects.get(username="technician").pk
    for row in rows:
        chance = random.random()
        if chance > 0.4:
            continue
        values: dict[str, Any] = {
            "deployment": random.choice(DEPLOYMENTS)[0],
            "systems": [random.choice(SYSTEMS[:3])[0]] if chance > 0.1 else ["erp", "mes"],
            "seats": random.randrange(2, 60) * 10,
            "budget": f"{random.randrange(5, 90) * 10_000}.00",
            "contract_ends": (today + timedelta(days=random.randrange(20, 700))).isoformat(),
        }
        row["custom"] = values | ({"engineer": engineer} if chance < 0.2 else {})


def fill_contact_fields(contacts: Iterable[dict[str, Any]]) -> None:
    """Every third contact has said how it likes to be reached."""
    for place, contact in enumerate(contacts):
        if place % 3 == 0:
            contact["custom"] = {"prefers": PREFERENCES[place // 3 % len(PREFERENCES)][0]}
