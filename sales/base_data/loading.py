"""What a new installation starts with for selling: tax rates, stages, loss reasons, contract types, number rules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from crm.records.models import NumberRule
from sales.contracts.models import ContractType
from sales.opportunities.models import LossReason, OpportunityStage
from sales.products.models import TaxRate

# in force since 1 April 2019 (财政部 税务总局 海关总署公告 2019 年第 39 号); 3 % is for small taxpayers
TAX_SINCE = date(2019, 4, 1)
TAX_RATES = [("13%", "0.13", True), ("9%", "0.09", False), ("6%", "0.06", False), ("3%", "0.03", False),
             ("0%", "0", False)]  # fmt: skip
# entries of a list are business data, not words of the interface: they are not translated
STAGES = [
    ("初步意向", "gray", 10, 21),
    ("需求确认", "violet", 30, 21),
    ("方案演示", "teal", 45, 21),
    ("报价谈判", "blue", 65, 30),
    ("合同洽谈", "amber", 85, 30),
]
LOSS_REASONS = ["价格太高", "选择竞品", "项目取消", "预算不足", "功能不符", "无人回应", "交期赶不上"]
CONTRACT_TYPES = [
    (
        "软件销售合同", False,
        "一、乙方按本合同清单向甲方提供软件产品的使用许可。\n二、甲方按约定的期次付款，乙方按已收款项开具增值税专用发票。\n"
        "三、软件自验收之日起免费维护十二个月。\n四、双方对履行中知悉的商业秘密负有保密义务。",
    ),
    (
        "技术服务合同", False,
        "一、乙方按本合同约定的内容和人天提供技术服务。\n二、甲方按约定的期次付款，乙方按已收款项开具增值税专用发票。\n"
        "三、服务成果以甲方书面验收为准。\n四、双方对履行中知悉的商业秘密负有保密义务。",
    ),
    (
        "框架合同", True,
        "一、本合同有效期内，甲方按订单向乙方采购，价格以本合同清单为准。\n二、乙方按订单开具发票，甲方收到发票后三十日内付款。\n"
        "三、双方对履行中知悉的商业秘密负有保密义务。",
    ),
]  # fmt: skip
NUMBER_PREFIXES = {
    "opportunity": "SJ", "requirement": "XQ", "quote": "BJ", "contract": "HT", "order": "DD", "delivery": "FH",
    "payment": "HK", "invoice": "FP", "reissue": "CK",
}  # fmt: skip


def load_sales_data() -> int:
    """Fill the lists that are still empty; how many rows they got. Inside the operation that loads all base data."""
    NumberRule.objects.bulk_create(
        [NumberRule(kind=kind, prefix=prefix) for kind, prefix in NUMBER_PREFIXES.items()], ignore_conflicts=True
    )
    rates = [
        {"name": name, "rate": Decimal(rate), "is_default": is_default, "valid_from": TAX_SINCE}
        for name, rate, is_default in TAX_RATES
    ]
    stages = [
        {"name": name, "tone": tone, "probability": probability, "stuck_after_days": days}
        for name, tone, probability, days in STAGES
    ]
    types = [
        {"name": name, "may_invoice_before_payment": is_early, "clauses": clauses}
        for name, is_early, clauses in CONTRACT_TYPES
    ]
    wanted: list[tuple[Any, list[dict[str, Any]]]] = [
        (TaxRate, rates),
        (OpportunityStage, stages),
        (LossReason, [{"name": name} for name in LOSS_REASONS]),
        (ContractType, types),
    ]
    return sum(_fill(model, rows) for model, rows in wanted)


def _fill(model: Any, rows: list[dict[str, Any]]) -> int:
    if model._default_manager.exists():
        return 0
    return len(model._default_manager.bulk_create(model(position=place, **row) for place, row in enumerate(rows, 1)))
