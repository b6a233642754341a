"""The columns of contacts in spreadsheets."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.records.custom import custom_sheet_fields
from crm.records.sheets import (
    ChoiceWidget,
    DayWidget,
    EmailWidget,
    MomentWidget,
    RuleWidget,
    SheetField,
    SheetResource,
    TextWidget,
)
from customers.contacts.models import Contact
from customers.customers.custom import CONTACT
from customers.customers.identity import clean_phone, display_phone


class ContactResource(SheetResource):
    """People at customers."""

    record = Contact

    customer = SheetField("customer_id", _("Customer"), TextWidget(200), path="customer__name", readonly=True)
    name = SheetField("name", _("Name"), TextWidget(80), required=True, aliases="联系人|姓名|full name")
    job_title = SheetField("job_title", _("Job title"), TextWidget(80), aliases="职务|职位|title")
    power = SheetField("power", _("Decision power"), ChoiceWidget(Contact.Power), aliases="决策权|角色")
    attitude = SheetField("attitude", _("Attitude"), ChoiceWidget(Contact.Attitude), aliases="态度")
    phone = SheetField(
        "phone",
        _("Phone"),
        RuleWidget(clean_phone, 32, display_phone),
        mask="phone",
        aliases="手机|电话|mobile",
    )
    email = SheetField("email", _("E-mail"), EmailWidget(120), mask="email", aliases="邮箱|电子邮箱")
    wechat = SheetField("wechat", _("WeChat"), TextWidget(40), mask="wechat", aliases="微信|微信号")
    birthday = SheetField("birthday", _("Birthday"), DayWidget(), aliases="生日|出生日期")
    remark = SheetField("remark", _("Remark"), TextWidget(500), aliases="备注|notes")
    created_at = SheetField("created_at", _("Created at"), MomentWidget(), readonly=True)

    @classmethod
    def columns(cls) -> dict[str, SheetField]:
        """The declared columns, and one for each custom field."""
        return {**super().columns(), **custom_sheet_fields(CONTACT)}
