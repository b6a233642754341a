"""The files kept with payments: slips, seen by whoever sees the payment; those of a confirmed one stay."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.attachments.policies import AttachPolicy
from sales.payments.holding import lock_payment
from sales.payments.models import Payment


def _rows(user: Any, right: str) -> Any:
    return Payment.objects.within(user, right)


def _hold(payment: Payment, actor: Any) -> None:
    locked = lock_payment(payment.pk)
    if locked.state == Payment.State.VOID or locked.archived_at is not None:
        raise ValidationError(_("This claim was given up."), code="void")


def _why_kept(payment: Payment, attachment_id: int) -> str:
    if payment.is_editable or payment.state == Payment.State.VOID:
        return ""
    return _("What was shown to those who decide stays.")


PAYMENT_FILES = AttachPolicy(
    "payment", "sales.view_payment", "sales.change_payment", _rows, lambda row: row.customer_id, _hold,
    why_kept=_why_kept,
)  # fmt: skip
