"""The columns of follow-ups in spreadsheets."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.records.sheets import ChoiceWidget, DayWidget, MomentWidget, SheetField, SheetResource, TextWidget
from customers.activities.models import Activity


class ActivityResource(SheetResource):
    """What happened between us and customers."""

    record = Activity

    customer = SheetField("customer_id", _("Customer"), TextWidget(200), path="customer__name", readonly=True)
    contact = SheetField("contact_id", _("Contact"), TextWidget(80), path="contact__name", readonly=True)
    kind = SheetField("kind", _("Kind"), ChoiceWidget(Activity.Kind), aliases="方式|跟进方式|type")
    content = SheetField(
        "content", _("Content"), TextWidget(5000, has_lines=True), required=True, aliases="内容|跟进内容|notes"
    )
    happened_at = SheetField("happened_at", _("Happened at"), MomentWidget(), aliases="时间|跟进时间|date")
    place = SheetField("place", _("Place"), TextWidget(120), aliases="地点")
    next_follow_on = SheetField("next_follow_on", _("Next follow-up"), DayWidget(), aliases="下次跟进")
    author = SheetField("author_id", _("By"), TextWidget(60), path="author__name", readonly=True)
