"""The columns of products in spreadsheets, in and out."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Case, F, Func, TextField, Value, When
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from crm.records.sheets import (
    ChoiceWidget,
    DecimalWidget,
    MomentWidget,
    SheetField,
    SheetResource,
    SheetWidget,
    TextWidget,
    refuse,
)
from sales.products.formats import plain_number, rate_text
from sales.products.models import Product
from sales.products.secrets import COST_RIGHT, FLOOR_RIGHT

_NOISE = re.compile(r"[\s,，¥￥$€]")
_YES = {"yes", "y", "true", "1", "是", "有", "√"}
_NO = {"no", "n", "false", "0", "否", "无", "×"}


class PriceWidget(DecimalWidget):
    """A price, with or without thousands separators and currency signs; kept as text."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str | None:
        text = _NOISE.sub("", value)
        if not text:
            return None
        try:
            price = Decimal(text)
        except InvalidOperation:
            raise refuse("refused", message=gettext("“%(value)s” is no price") % {"value": text[:40]}) from None
        if not price.is_finite() or not 0 <= price < Decimal(10) ** 12 or price != round(price, 4):
            raise refuse("refused", message=gettext("“%(value)s” is no price") % {"value": text[:40]})
        return plain_number(price)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return plain_number(value)


class RateWidget(SheetWidget):
    """A tax rate as 13%, 13 or 0.13; kept as a fraction in text."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str | None:
        text = value.strip().replace("％", "%")
        if not text:
            return None
        try:
            rate = Decimal(text.removesuffix("%").strip())
        except InvalidOperation:
            raise refuse("refused", message=gettext("“%(value)s” is no tax rate") % {"value": text[:40]}) from None
        if text.endswith("%") or rate >= 1:
            rate /= 100
        if not rate.is_finite() or not 0 <= rate < 1:
            raise refuse("refused", message=gettext("“%(value)s” is no tax rate") % {"value": text[:40]})
        return plain_number(rate)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return rate_text(value)


class RateField(SheetField):
    """A column of fractions of one, written as percentages."""

    def source(self) -> Any:
        """13.000000 → 13%."""
        template = "trim_scale(%(expressions)s * 100)::text || '%%%%'"
        return Func(F(self.path), template=template, output_field=TextField())


class YesWidget(SheetWidget):
    """Yes or no, in either language."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> bool | None:
        text = value.strip().casefold()
        if not text:
            return None
        if text not in _YES | _NO:
            raise refuse("unknown", value=text[:40])
        return text in _YES


class YesField(SheetField):
    """A column of yes and no."""

    def source(self) -> Any:
        """The words for what is kept."""
        is_so = When(**{self.path: True}, then=Value(gettext("yes")))
        return Case(is_so, default=Value(gettext("no")), output_field=TextField())


class ProductResource(SheetResource):
    """What is sold."""

    record = Product

    code = SheetField(
        "code",
        pgettext_lazy("product", "Code"),
        TextWidget(40),
        required=True,
        aliases="产品编码|产品编号|编码|货号|sku",
    )
    name = SheetField(
        "name",
        pgettext_lazy("thing", "Name"),
        TextWidget(200),
        required=True,
        aliases="名称|产品|产品名称|品名|product",
    )
    spec = SheetField("spec", _("Description"), TextWidget(300), aliases="规格|规格型号|说明|spec")
    category = SheetField("category_id", _("Category"), TextWidget(400), path="category__name",
                          aliases="分类|产品分类|类别")  # fmt: skip
    unit = SheetField("unit", _("Unit"), TextWidget(20), aliases="单位|计量单位|uom")
    list_price = SheetField("list_price", _("List price"), PriceWidget(), aliases="目录价|标准价|单价|价格|price")
    minimum_price = SheetField("minimum_price", _("Minimum price"), PriceWidget(), right=FLOOR_RIGHT,
                               aliases="底价|最低价|floor price")  # fmt: skip
    cost_price = SheetField("cost_price", _("Cost"), PriceWidget(), right=COST_RIGHT, aliases="成本|成本价")
    tax_rate = RateField("tax_rate", _("Tax rate"), RateWidget(), aliases="税率|增值税率|vat")
    currency = SheetField("currency", _("Currency"), TextWidget(3), aliases="币种|货币")
    is_delivered = YesField("is_delivered", _("Is delivered"), YesWidget(), aliases="需要交付|交付")
    service = SheetField("service", _("Service to book"), ChoiceWidget(Product.Service), aliases="服务类型")
    is_on_sale = YesField("is_on_sale", _("On sale"), YesWidget(), readonly=True)
    remark = SheetField("remark", _("Remark"), TextWidget(2000, has_lines=True), aliases="备注|notes")
    created_at = SheetField("created_at", _("Created at"), MomentWidget(), readonly=True)
