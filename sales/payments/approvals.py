"""What is decided on a claim: that the money is there, in the end by finance."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.approvals.purposes import Fact, Purpose
from sales.documents.content import Content, Difference, plain_value, shown_value
from sales.documents.shown import money
from sales.payments import confirming
from sales.payments.holding import account_of_payment, hold_for_decision
from sales.payments.models import Payment

CODE = "sales.payment"
CONTENT = (
    "customer_id", "contract_id", "currency", "amount", "method", "paid_on", "payer_name", "reference", "remark",
    "overpayment_reason",
)  # fmt: skip
ROLLING_DAYS = 30


def snapshot(payment: Payment) -> Content:
    """What a claim says, as plain values; the instalments wished for by id."""
    return {**{name: plain_value(payment, name) for name in CONTENT}, "wanted": payment.wanted}


def differences(before: Content, after: Content) -> list[Difference]:
    """What changed from one claim to another, for people."""
    found = []
    for name in CONTENT:
        if before.get(name) != after.get(name):
            label = str(Payment._meta.get_field(name.removesuffix("_id")).verbose_name)  # type: ignore[union-attr]
            words = [shown_value(Payment, name, content.get(name)) for content in (before, after)]
            found.append((label[:1].upper() + label[1:], *words))
    if before.get("wanted") != after.get("wanted"):
        currency = str(after.get("currency"))
        found.append((str(_("Instalments")), *(_wishes(content, currency) for content in (before, after))))
    return found  # type: ignore[return-value]


def _wishes(content: Content, currency: str) -> str:
    return "; ".join(money(Decimal(share), currency) for _pk, share in content.get("wanted") or [])


def _facts(payment: Payment) -> dict[str, Any]:
    account = account_of_payment(payment)
    return {
        "amount": payment.amount,
        "method": payment.method,
        "overpaid": payment.amount > account.owed(payment.contract_id),
        "department": payment.department.path,
        "level": payment.customer.level_id,
    }


def _rolling(payment: Payment) -> Decimal:
    """What else the owner claimed for the same customer in the last 30 days."""
    since = timezone.now() - timedelta(days=ROLLING_DAYS)
    rows = Payment.objects.filter(
        customer_id=payment.customer_id, owner_id=payment.owner_id, currency=payment.currency, reverses=None,
        state__in=("pending", "blocked", "approved"), submitted_at__gte=since,
    )  # fmt: skip
    found = rows.exclude(pk=payment.pk).aggregate(sum=Sum("amount"))["sum"]
    return Decimal(found or 0)


PURPOSE = Purpose(
    code=CODE,
    label=_("Payment"),
    model="sales.Payment",
    view_right="sales.view_payment",
    part="sales/payments/_decided.html",
    icon="banknote",
    shown_with=("contract",),
    asked=(
        Fact("amount", _("amount"), "amount"),
        Fact("method", _("method"), "choice", tuple(Payment.Method.choices)),
        Fact("overpaid", _("more than is owed"), "yes_no"),
        Fact("department", _("department"), "department"),
        Fact("level", _("customer level"), "level"),
    ),
    lock=hold_for_decision,
    facts=_facts,
    snapshot=snapshot,
    rolling=_rolling,
    differences=differences,
    submitted=confirming.put_up,
    approved=confirming.confirm,
    rejected=confirming.refuse_claim,
    returned=confirming.give_back,
    withdrawn=confirming.take_back_claim,
    blocked=confirming.put_up_in_vain,
    closing_right="sales.confirm_payment",
    standard_flows=(
        (
            _("Payments"),
            {
                "conditions": [],
                "steps": [
                    {"key": "manager", "name": _("Manager"), "who": {"kind": "manager"}, "otherwise": "finance"},
                    {"key": "finance", "name": _("Finance"), "who": {"kind": "role", "role": "finance"}, "hours": 24,
                     "remind_hours": 8},
                ],
            },
        ),
    ),
)  # fmt: skip
