"""On which basis the data of some demo contacts serves which purpose, and who took it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from crm.history.operations import operation
from crm.people.models import User
from customers.contacts.models import Contact
from customers.privacy.models import Consent

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
    """Consents of the contacts of each rep, and some withdrawals, spread over half a year; how many consents."""
    rows: list[Consent] = []
    for username, wanted in OF_EACH.items():
        contacts = Contact.objects.live().filter(customer__owner=users[username], customer__archived_at=None)
        for contact in contacts.order_by("-customer__last_followed_at", "pk")[:wanted]:
            rows.append(_consent(contact, users[username], len(rows), now))
    with operation(None, "demo_company_founded", via="system"):
        return len(Consent.objects.bulk_create(rows))


def _consent(contact: Contact, actor: User, number: int, now: datetime) -> Consent:
    purpose, basis, channel, wording, proof = KINDS[number % len(KINDS)]
    given_at = now - timedelta(days=1 + number * 9 % 160, hours=3)
    is_withdrawn = number % WITHDRAWS_EACH == 1
    return Consent(
        contact=contact, purpose=purpose, basis=basis, channel=channel, given_at=given_at, text_version=wording,
        evidence=proof.format(number=2100 + number * 7), recorded_by=actor,
        withdrawn_at=given_at + (now - given_at) / 2 if is_withdrawn else None,
        withdrawn_through="phone" if is_withdrawn else "", withdrawal_recorded_by=actor if is_withdrawn else None,
    )  # fmt: skip
