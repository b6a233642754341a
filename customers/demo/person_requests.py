"""A few people of the demo company ask about their data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from crm.people.models import User
from customers.contacts.models import Contact
from customers.privacy.requests import check_identity, open_request, refuse_request

# what they ask, how many days ago, in their words, how far it is
WISHES = [
    ("copy", 2, "请把贵公司保存的我的信息发一份到我的邮箱。", "new"),
    ("correct", 5, "我已换部门，职务和邮箱需要更新。", "checked"),
    ("delete", 9, "我已离职，不再负责采购，希望删除我的联系方式。", "checked"),
    ("explain", 40, "为什么我收到推荐方案？", "refused"),
]


def take_requests_in(users: Mapping[str, User], now: datetime) -> int:
    """Open requests of contacts of a rep, some of them further on; how many."""
    rep, today = users["rep"], timezone.localdate(now)
    contacts = Contact.objects.live().filter(customer__owner=rep, customer__archived_at=None).exclude(phone="")
    people = list(contacts.order_by("pk")[: len(WISHES)])
    for contact, (kind, days, wish, state) in zip(people, WISHES, strict=False):
        asked = open_request(
            actor=rep, kind=kind, person_name=contact.name, phone=contact.phone, email=contact.email, wish=wish,
            received_on=today - timedelta(days=days),
        )  # fmt: skip
        if state != "new":
            check_identity(asked, actor=rep, proof="按登记的手机号回拨核验")
        if state == "refused":
            refuse_request(asked, actor=users["security"], answer="没有对你做自动化决定，方案由销售人员选定。")
    return len(people)
