"""What may be said in a claim, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.customers.identity import clean_line
from sales.documents.shown import money
from sales.money import LARGEST, ZERO, cents
from sales.payments.holding import Account, seen_account
from sales.payments.models import Payment

EDITABLE = (
    "contract", "currency", "amount", "method", "paid_on", "payer_name", "reference", "remark", "wanted",
    "overpayment_reason",
)  # fmt: skip
_LINES = ("payer_name", "reference", "remark", "overpayment_reason")
WANTED_AT_MOST = 60
LONGEST_AGO = timedelta(days=3650)

Wanted = Sequence[tuple[int, Decimal]]


def take_values(payment: Payment, values: Mapping[str, Any]) -> None:
    """Put values on a claim, unsaved; ValidationError by field where one cannot be."""
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    for name, value in values.items():
        if name != "wanted":
            setattr(payment, name, clean_line(value or "") if name in _LINES else value)
    if payment.contract is not None and "currency" not in values:
        payment.currency = payment.contract.currency
    payment.clean_fields(exclude=[field.name for field in Payment._meta.fields if field.name not in {*values}])
    wrong = _wrong(payment)
    if wrong:
        raise ValidationError(wrong)
    wished = values["wanted"] if "wanted" in values else wanted_of(payment)
    payment.wanted = [[pk, f"{share:.2f}"] for pk, share in _checked_wishes(payment, wished or ())]


def wanted_of(payment: Payment) -> list[tuple[int, Decimal]]:
    """The instalments a claim is for, with the amounts."""
    return [(int(pk), Decimal(share)) for pk, share in payment.wanted]


def refuse_unexplained(payment: Payment, account: Account) -> None:
    """ValidationError where more is paid than is owed and nobody says why (invariant 17)."""
    owed = account.owed(payment.contract_id)
    if payment.amount > owed and not payment.overpayment_reason:
        raise ValidationError(
            {
                "overpayment_reason": ValidationError(
                    _("%(owed)s is owed; %(amount)s is more. Say why, and the rest becomes a prepayment."),
                    code="overpaid",
                    params={
                        "owed": money(owed, payment.currency),
                        "amount": money(payment.amount, payment.currency),
                    },
                )
            }
        )


def _wrong(payment: Payment) -> dict[str, Any]:
    wrong: dict[str, Any] = {}
    contract = payment.contract
    if contract is not None:
        if contract.customer_id != payment.customer_id or contract.main_id:
            wrong["contract"] = _("Choose a contract of this customer.")
        elif not contract.is_running:
            wrong["contract"] = _("%(name)s is “%(state)s”: nothing is paid for it now.") % {
                "name": contract,
                "state": contract.get_state_display(),
            }
        elif payment.currency != contract.currency:
            wrong["currency"] = _("The contract is in %(currency)s.") % {"currency": contract.currency}
    amount = payment.amount
    if amount is None or not amount.is_finite() or amount <= 0 or amount > LARGEST or amount != cents(amount):
        wrong["amount"] = _("Write an amount above nothing, to the cent.")
    if (why := why_no_day(payment.paid_on)) != "":
        wrong["paid_on"] = why
    return wrong


def why_no_day(day: date | None) -> str:
    """Why nothing can have been paid on a day, "" where it can."""
    today = timezone.localdate()
    if day is None:
        return _("Choose the day of the payment.")
    if day > today:
        return _("This day is still to come.")
    return _("This day is more than ten years ago.") if today - day > LONGEST_AGO else ""


def _checked_wishes(payment: Payment, wished: Wanted) -> list[tuple[int, Decimal]]:
    if not wished:
        return []
    if len(wished) > WANTED_AT_MOST:
        raise ValidationError({"wanted": _("Choose %(count)s instalments at most.") % {"count": WANTED_AT_MOST}})
    account = seen_account(payment.customer_id, payment.currency)
    parts = {part.pk: part for part in account.open_parts(payment.contract_id)}
    chosen = [(pk, share) for pk, share in wished if share]
    if len({pk for pk, _share in chosen}) < len(chosen) or not {pk for pk, _share in chosen} <= parts.keys():
        raise ValidationError({"wanted": _("Choose open instalments of this customer, each once.")})
    for pk, share in chosen:
        if not share.is_finite() or not 0 < share <= parts[pk].open_amount or share != cents(share):
            raise ValidationError(
                {
                    "wanted": _("%(open)s of “%(name)s” is open; write an amount up to that.")
                    % {"open": money(parts[pk].open_amount, payment.currency), "name": parts[pk].name}
                }
            )
    if sum((share for _pk, share in chosen), ZERO) > payment.amount:
        raise ValidationError({"wanted": _("The instalments chosen add up to more than the payment.")})
    return chosen
