"""On which basis the data of some demo contacts serves which purpose, and who took it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from crm.people.models import User
from customers.contacts.models import Contact
from customers.privacy.consents import record_consent, withdraw_consent

# purpose, basis, how it was given, the wording agreed to, the proof
KINDS = [
    ("mailing", "consent", "meeting", "《个人信息使用告知书》2025 版", "展会登记表，编号 {number}"),
    ("calls", "consent", "phone", "电话沟通确认话术 3.1", "录音 {number}"),
    ("sales", "contract", "paper", "", "采购合同联系人条款"),
    ("mailing", "consent", "web", "官网订阅条款 2025-06", ""),
    ("sales", "published", "web", "", "企业官网公开的商务联系人"),
    ("profiling", "consent", "email", "《个人信息使用告知书》2025 版", "确认邮件 {number}"),
    ("sharing", "consent", "paper", "合作伙伴转介绍同意书", "扫描件 {number}"),
]
OF_EACH = {"rep": 9, "rep2": 5, "rep3": 6}
WITHDRAWS_EACH = 5  # every fifth takes it back


def keep_consents(users: Mapping[str, User], now: datetime) -> int:
    """Record consents with the contacts of each rep, and some withdrawals; how many consents."""
    count = 0
    for username, wanted in OF_EACH.items():
        contacts = Contact.objects.live().filter(customer__owner=users[username], customer__archived_at=None)
        for contact in contacts.select_related("customer").order_by("-customer__last_followed_at", "pk")[:wanted]:
            _record(contact, users[username], count, now)
            count += 1
    return count


def _record(contact: Contact, actor: User, number: int, now: datetime) -> None:
    purpose, basis, channel, wording, proof = KINDS[number % len(KINDS)]
    record_consent(
        contact, actor=actor, purpose=purpose, basis=basis, channel=channel, text_version=wording,
        evidence=proof.format(number=f"{2100 + number * 7}"), given_at=now - timedelta(days=number * 9 % 160, hours=3),
    )  # fmt: skip
    if number % WITHDRAWS_EACH == 1:
        withdraw_consent(contact, actor=actor, purpose=purpose, channel="phone")
