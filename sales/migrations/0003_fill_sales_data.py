"""Gives an installation that existed before what selling starts with: rates, stages, contract types, number rules."""

from datetime import date
from decimal import Decimal

from django.db import migrations

NUMBER_PREFIXES = {
    "opportunity": "SJ", "requirement": "XQ", "quote": "BJ", "contract": "HT", "order": "DD", "delivery": "FH",
    "payment": "HK", "invoice": "FP", "reissue": "CK",
}  # fmt: skip
# model → rows, as a new installation had them when these parts came
ROWS = {
    "TaxRate": [
        {"name": name, "rate": Decimal(rate), "valid_from": date(2019, 4, 1), "is_default": name == "13%"}
        for name, rate in (("13%", "0.13"), ("9%", "0.09"), ("6%", "0.06"), ("3%", "0.03"), ("0%", "0"))
    ],
    "OpportunityStage": [
        {"name": name, "tone": tone, "probability": probability, "stuck_after_days": days}
        for name, tone, probability, days in (
            ("初步意向", "gray", 10, 21),
            ("需求确认", "violet", 30, 21),
            ("方案演示", "teal", 45, 21),
            ("报价谈判", "blue", 65, 30),
            ("合同洽谈", "amber", 85, 30),
        )
    ],
    "LossReason": [
        {"name": name}
        for name in ("价格太高", "选择竞品", "项目取消", "预算不足", "功能不符", "无人回应", "交期赶不上")
    ],
    "ContractType": [
        {"name": "软件销售合同"},
        {"name": "技术服务合同"},
        {"name": "框架合同", "may_invoice_before_payment": True},
    ],
}


def fill_sales_data(apps, schema_editor):
    """An installation with roles was there before; a new one is filled by its loader."""
    if not apps.get_model("crm", "Role").objects.exists():
        return
    rules = apps.get_model("crm", "NumberRule")
    rules.objects.bulk_create(
        [rules(kind=kind, prefix=prefix) for kind, prefix in NUMBER_PREFIXES.items()], ignore_conflicts=True
    )
    for name, rows in ROWS.items():
        model = apps.get_model("sales", name)
        if not model.objects.exists():
            model.objects.bulk_create(model(position=place, **row) for place, row in enumerate(rows, 1))


class Migration(migrations.Migration):
    dependencies = [("sales", "0002_grant_rights")]

    operations = [migrations.RunPython(fill_sales_data, migrations.RunPython.noop)]
