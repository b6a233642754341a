"""The columns of customers in spreadsheets: import, export and template all read them from here."""

from __future__ import annotations

from typing import Any

from django.db.models import FilteredRelation, Q
from django.utils.translation import gettext_lazy as _

from crm.records.custom import custom_sheet_fields
from crm.records.sheets import (
    ChoiceWidget,
    DayWidget,
    EmailWidget,
    MomentWidget,
    NamedListWidget,
    NamedWidget,
    RuleWidget,
    SheetField,
    SheetResource,
    TextWidget,
    UrlWidget,
    WholeNumberWidget,
)
from customers.customers.custom import CONTACT, CUSTOMER
from customers.customers.identity import clean_credit_code, clean_phone, display_phone
from customers.customers.models import Customer

ANY_OWNER = "customers.import_any_owner"


def _strict_phone(text: str) -> str:
    return clean_phone(text, is_strict=True)


def _size_of(text: str) -> str:
    """The size class of a number of employees; "" where the text is none."""
    digits = text.replace(",", "").removesuffix("人")
    if not (digits.isascii() and digits.isdigit()):
        return ""
    limits = ((20, "micro"), (100, "small"), (500, "medium"), (2000, "large"))
    return next((size for limit, size in limits if int(digits) < limit), "giant")


class CustomerResource(SheetResource):
    """Customers with their main contact."""

    record = Customer

    name = SheetField(
        "name",
        _("Customer name"),
        TextWidget(200),
        required=True,
        example="苏州恒曜精密机械有限公司",
        aliases=(
            "客户|客户名称|客户全称|公司|公司名|公司名称|公司全称|企业|企业名称|单位|单位名称|单位全称|名称|"
            "客户公司|公司简称全称|company|company name|account|account name|organization|organisation|"
            "organization name|business name|customer|customer name|client|client name"
        ),
    )
    number = SheetField(
        "number",
        _("Customer number"),
        TextWidget(32),
        aliases="客户编号|编号|客户编码|客户代码|customer no|customer number|account number",
    )
    id = SheetField("id", _("Customer id"), WholeNumberWidget(), aliases="客户id")
    credit_code = SheetField(
        "credit_code",
        _("Unified social credit code"),
        RuleWidget(clean_credit_code, 18),
        example="91320594MA1X8H6T3K",
        aliases="统一社会信用代码|信用代码|社会信用代码|税号|纳税人识别号|营业执照号|credit code|uscc|tax id",
    )
    short_name = SheetField(
        "short_name", _("Short name"), TextWidget(60), aliases="客户简称|公司简称|简称", example="恒曜精密"
    )
    phone = SheetField(
        "phone",
        _("Company phone"),
        RuleWidget(_strict_phone, 32, display_phone),
        mask="phone",
        example="0512-62881234",
        aliases=(
            "电话|联系电话|公司电话|固定电话|固话|座机|办公电话|电话号码|phone|phone number|telephone|tel|phone 1|"
            "office phone|company phone"
        ),
    )
    email = SheetField(
        "email",
        _("Company e-mail"),
        EmailWidget(120),
        mask="email",
        example="info@example.com",
        aliases="邮箱|电子邮箱|电子邮件|公司邮箱|email|e-mail|email address|mail|email 1",
    )
    website = SheetField(
        "website",
        _("Website"),
        UrlWidget(200),
        example="https://www.example.com",
        aliases="网址|官网|网站|公司网址|公司网站|主页|web site|url|homepage|domain|company domain name|website url",
    )
    address = SheetField(
        "address",
        _("Address"),
        TextWidget(200),
        mask="address",
        example="工业园区星湖街 328 号",
        aliases="地址|公司地址|单位地址|详细地址|联系地址|通讯地址|street|street address|address 1|address line 1",
    )
    region = SheetField(
        "region_id",
        _("Region"),
        NamedWidget("regions"),
        path="region__path_name",
        example="江苏省苏州市",
        aliases="地区|区域|省市|省份|所在地|所在地区|所在城市|城市|province|city|state",
    )
    industry = SheetField(
        "industry_id",
        _("Industry"),
        NamedWidget("industries"),
        path="industry__name",
        aliases="行业|所属行业|行业类别|客户行业|sector",
    )
    source = SheetField(
        "source_id",
        _("Source"),
        NamedWidget("sources"),
        path="source__name",
        aliases="来源|客户来源|线索来源|渠道来源|lead source",
    )
    level = SheetField(
        "level_id",
        _("Level"),
        NamedWidget("levels"),
        path="level__name",
        aliases="级别|等级|客户级别|客户等级|customer level|rating",
    )
    stage = SheetField(
        "stage_id",
        _("Stage"),
        NamedWidget("stages"),
        path="stage__name",
        aliases="阶段|客户阶段|跟进阶段|customer stage",
    )
    size = SheetField(
        "size",
        _("Size"),
        ChoiceWidget(Customer.Size, _size_of),
        example="100–499 人",
        aliases="规模|人员规模|公司规模|员工人数|人数|employees|number of employees|company size",
    )
    tags = SheetField("tag_ids", _("Tags"), NamedListWidget("tags"), aliases="标签|客户标签|labels")
    next_follow_on = SheetField(
        "next_follow_on",
        _("Next follow-up"),
        DayWidget(),
        example="2026-03-18",
        aliases="下次跟进|下次跟进日期|下次跟进时间|下次联系时间|next follow up|next contact",
    )
    remark = SheetField(
        "remark",
        _("Remark"),
        TextWidget(2000, has_lines=True),
        aliases="备注|备注1|说明|客户备注|备注信息|note|notes|remarks|comment|comments|description|background info",
    )
    contact_name = SheetField(
        "contact_name",
        _("Contact: name"),
        TextWidget(80),
        path="main_contact__name",
        example="丁兰",
        aliases="联系人|联系人姓名|姓名|主要联系人|首要联系人|contact|contact name|contact person|full name",
    )
    contact_title = SheetField(
        "contact_job_title",
        _("Contact: job title"),
        TextWidget(80),
        path="main_contact__job_title",
        example="采购经理",
        aliases="职务|职位|联系人职务|联系人职位|job title|title|position",
    )
    contact_phone = SheetField(
        "contact_phone",
        _("Contact: phone"),
        RuleWidget(_strict_phone, 32, display_phone),
        path="main_contact__phone",
        mask="phone",
        example="13800138000",
        aliases=(
            "手机|手机号|手机号码|移动电话|联系手机|联系人电话|联系人手机|联系人手机号|mobile|mobile phone|"
            "mobile number|cell phone|contact phone"
        ),
    )
    contact_email = SheetField(
        "contact_email",
        _("Contact: e-mail"),
        EmailWidget(120),
        path="main_contact__email",
        mask="email",
        example="ding@example.com",
        aliases="联系人邮箱|联系人邮件|contact email",
    )
    owner = SheetField(
        "owner_id",
        _("Owner"),
        NamedWidget("people"),
        path="owner__name",
        right=ANY_OWNER,
        aliases="负责人|业务员|销售|销售人员|销售代表|客户经理|跟进人|所属人|owner|account owner|sales rep|assigned to",
    )
    department = SheetField(
        "department_id",
        _("Department"),
        NamedWidget("departments"),
        path="department__name",
        right=ANY_OWNER,
        aliases="部门|所属部门|归属部门",
    )
    created_at = SheetField(
        "created_at",
        _("Created at"),
        MomentWidget(),
        right=ANY_OWNER,
        aliases="创建时间|创建日期|录入时间|录入日期|登记日期|create date|created|created on|subscription date",
    )
    status = SheetField("status", _("Status"), ChoiceWidget(Customer.Status), readonly=True)
    pool = SheetField("pool_id", _("Public pool"), TextWidget(60), path="pool__name", readonly=True)
    last_followed_at = SheetField("last_followed_at", _("Last follow-up"), MomentWidget(), readonly=True)

    @classmethod
    def columns(cls) -> dict[str, SheetField]:
        """The declared columns, and one for each custom field of the customer and of its main contact."""
        people = custom_sheet_fields(CONTACT, "contact_", "main_contact__custom", _("Contact: %(name)s"))
        return {**super().columns(), **custom_sheet_fields(CUSTOMER), **people}

    @classmethod
    def prepared(cls, queryset: Any) -> Any:
        """The queryset with what the columns' paths need: the main contact as `main_contact`."""
        return queryset.annotate(
            main_contact=FilteredRelation(
                "contacts", condition=Q(contacts__is_primary=True, contacts__archived_at=None)
            )
        )
