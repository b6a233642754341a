"""Every component on one page, for developers; new components must show up in templates/kit.html."""

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from crm.ui import widgets
from crm.ui.charts import Chart, Series

NEUTRALS = (
    "canvas",
    "bg",
    "subtle",
    "muted",
    "active",
    "line",
    "line-2",
    "line-input",
    "ink",
    "ink-2",
    "ink-3",
    "accent",
)
TONES = ("blue", "green", "amber", "red", "violet", "teal", "gray")
MONTHS = ["10月", "11月", "12月", "1月", "2月", "3月"]


class KitForm(forms.Form):
    """One field of each kind, two of them refused."""

    name = forms.CharField(label="客户名称", help_text="帮助文字在控件下面", initial="云岭工业软件")
    phone = forms.CharField(label="手机")
    amount = forms.DecimalField(label="金额", widget=widgets.MoneyInput, initial="680,000.00")
    visited_on = forms.DateField(label="拜访日期", widget=widgets.DayInput, required=False)
    reason = forms.ChoiceField(label="原因", choices=[("", ""), ("leave", "离职交接"), ("area", "区域调整")])
    owner = forms.ChoiceField(
        label="负责人",
        choices=[("", "")]
        + [(str(n), name) for n, name in enumerate(("林晓雯", "陈子昂", "阿依古丽·买买提江", "Michael Tan"))],
        widget=widgets.SearchSelect,
    )
    channels = forms.MultipleChoiceField(
        label="同意的联系方式",
        choices=[("call", "电话"), ("sms", "短信"), ("mail", "邮件")],
        widget=forms.CheckboxSelectMultiple,
    )
    has_mails = forms.BooleanField(label="每天发送邮件摘要", widget=widgets.SwitchInput, required=False)
    remark = forms.CharField(label="备注", widget=forms.Textarea, required=False)


def _charts() -> list[Chart]:
    won, forecast = Series("已成交", [62, 71, 88, 54, 86, 41]), Series("加权预测", [0, 0, 0, 0, 12, 52])
    target = [70, 70, 80, 80, 90, 100]
    names = ["陈子昂", "林晓雯", "欧阳文博", "阿依古丽·买买提江"]
    return [
        Chart(
            "columns",
            "成交、预测与目标",
            "万元",
            MONTHS,
            [won, forecast],
            target,
            "目标",
            "3 月预测 93 万，差目标 7 万。",
        ),
        Chart(
            "line", "新增客户", "个", MONTHS, [Series("新增客户", [31, 42, 40, 55, 23, 61])], finding="3 月新增 61 个。"
        ),
        Chart("hbar", "个人成交", "万元", names, [Series("成交", [86.2, 64, 52.8, 41])], finding="陈子昂领先。"),
        Chart("columns", "没有数据时", "个", [], [Series("成交", [])]),
    ]


def kit(request: HttpRequest) -> HttpResponse:
    """The page itself."""
    form = KitForm({"name": "云岭工业软件", "phone": "1380021602", "amount": "680,000.00", "channels": ["call"]})
    form.add_error("phone", "只有 10 位，手机号应为 11 位")
    now = timezone.now()
    context: dict[str, Any] = {
        "neutrals": NEUTRALS,
        "tones": TONES,
        "form": form,
        "charts": _charts(),
        "moments": [now, now - dt.timedelta(days=1), now - dt.timedelta(days=9), now - dt.timedelta(days=400)],
        "steps": ["上传", "列映射", "预检", "导入", "结果"],
        "parts": [(3, "f6"), (4, "f2"), (8, "f3"), (9, "f1")],
        "values": [3, 5, 4, 8, 7, 9],
    }
    return render(request, "kit.html", context)
