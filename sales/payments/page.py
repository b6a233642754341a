"""What the page of a payment shows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crm.access.gate import may
from crm.approvals.panels import approval_panel
from crm.attachments.panels import files_of
from crm.people.models import User
from sales.contracts.models import Instalment
from sales.documents.shown import money
from sales.payments.approvals import CODE
from sales.payments.models import Payment
from sales.payments.shown import state_mark
from sales.payments.values import wanted_of

CHANGE, CONFIRM, REVERSE = "sales.change_payment", "sales.confirm_payment", "sales.reverse_payment"


def payment_page(payment: Payment, user: User) -> dict[str, Any]:
    """The variables of the page of a payment that came by `shown_to`."""
    allocations = list(payment.allocations.select_related("instalment__contract", "made_by").order_by("pk"))
    reversal: Payment | None = getattr(payment, "reversal", None)
    return {
        "payment": payment,
        "state": state_mark(payment),
        "amount": money(-payment.amount if payment.reverses_id else payment.amount, payment.currency),
        "prepaid": money(payment.prepaid, payment.currency) if payment.prepaid and not payment.reverses_id else "",
        "allocations": [(one, money(one.amount, payment.currency)) for one in allocations],
        "wishes": _wishes(payment) if not allocations else [],
        "reversal": reversal,
        "line": getattr(payment, "bank_line", None),
        "released": getattr(payment, "released_line", None),
        "files": files_of(payment, user),
        "approval": approval_panel(user, CODE, payment) if not payment.reverses_id else {},
        "verbs": verbs(payment, reversal, user),
    }


def verbs(payment: Payment, reversal: Payment | None, user: User) -> set[str]:
    """What this person may do with a payment now; the names are those of the templates."""
    found: set[str] = set()
    if payment.archived_at is not None:
        return found
    if payment.reverses_id:
        is_second = payment.state == Payment.State.PENDING and may(user, REVERSE, payment)
        found = {"refuse_reversal"} if is_second else found
        return found | {"confirm_reversal"} if is_second and payment.submitted_by_id != user.pk else found
    if may(user, CHANGE, payment):
        found |= {"edit", "submit", "void"} if payment.is_editable else set()
        found |= {"withdraw"} if payment.is_waiting else set()
    if payment.state == Payment.State.APPROVED:
        if may(user, CONFIRM, payment):
            found |= {"release"} | ({"allocate"} if payment.prepaid else set())
        if may(user, REVERSE, payment) and (reversal is None or reversal.state != Payment.State.PENDING):
            found.add("reverse")
    return found


def _wishes(payment: Payment) -> list[tuple[Instalment, str]]:
    """The instalments a claim is for, while nothing is allocated."""
    wanted: dict[int, Decimal] = dict(wanted_of(payment))
    rows = Instalment.objects.filter(pk__in=wanted).select_related("contract").in_order() if wanted else []
    return [(part, money(wanted[part.pk], payment.currency)) for part in rows]
