"""Bank lines and payments: what fits what, and tying them together, a line to one payment only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.ui.formats import long_day
from customers.customers.identity import clean_line, name_key
from customers.customers.models import Customer
from sales.documents.shown import money
from sales.payments.actions import claim_payment, forget_released, submit_payment
from sales.payments.holding import lock_payment
from sales.payments.models import BankLine, Payment

# a payment whose money somebody says is there: the line it was said of counts for no other
COUNTED = ("pending", "blocked", "approved")
# a payment that may still turn out to be the money of a line
MATCHABLE = ("draft", "pending", "blocked", "returned", "withdrawn", "approved")
PROPOSED_AT_MOST = 5
FITTING_AT_MOST = 500


@dataclass
class Proposal:
    """What a bank line may be: payments that fit, best first, and the customer its payer seems to be."""

    payments: list[Payment] = field(default_factory=list)
    customer: Customer | None = None


def match_line(line: BankLine, payment: Payment, *, actor: User) -> BankLine:
    """Tie a bank line to a payment of the same amount; ValidationError where either is tied already."""
    with operation(actor, "bank_line_matched", line, anchor_id=payment.customer_id, facts={"payment": payment.pk}):
        held = lock_payment(payment.pk)
        locked = lock_line(line.pk)
        refuse_taken(locked)
        refuse_counted(locked, held)
        _refuse_unfit(locked, held)
        _tie(locked, held, actor)
    return locked


def book_line(line: BankLine, customer: Customer, *, actor: User, values: Mapping[str, Any]) -> Payment:
    """Claim the payment a bank line tells of and put it up; somebody else confirms it, as always."""
    given = {
        "currency": line.currency, "amount": line.amount, "paid_on": line.booked_on, "payer_name": line.payer_name,
        "reference": line.reference, "method": Payment.Method.TRANSFER, **values,
    }  # fmt: skip
    with operation(actor, "bank_line_matched", line, anchor_id=customer.pk):
        payment = claim_payment(customer, actor=actor, values=given)
        locked = lock_line(line.pk)
        refuse_taken(locked)
        refuse_counted(locked, payment)
        _tie(locked, payment, actor)
        submit_payment(payment, actor=actor)
    return payment


def release_line(line: BankLine, *, actor: User, reason: str) -> BankLine:
    """Untie a bank line from its payment; a reason is needed. The payment stays as it is.

    Where the payment waits or is confirmed, its line is kept for it: nobody books the same money a second time.
    """
    said = clean_line(reason)
    if not said:
        raise ValidationError({"reason": _("Write why.")})
    with operation(actor, "bank_line_released", line, reason=said):
        payment_id = BankLine.objects.values_list("payment_id", flat=True).get(pk=line.pk)
        payment = lock_payment(payment_id) if payment_id else None
        locked = lock_line(line.pk)
        if payment is None or locked.payment_id != payment.pk:
            raise ValidationError(_("This line is not matched."), code="open")
        locked.state, locked.payment = BankLine.State.OPEN, None
        locked.released_from = payment if payment.state in COUNTED else None
        locked.matched_by, locked.matched_at = None, None
        locked.save()
    return locked


def ignore_line(line: BankLine, *, actor: User, note: str) -> BankLine:
    """Say that a bank line is no payment of a customer: interest, a refund; a note says what it is."""
    said = clean_line(note)[:200]
    if not said:
        raise ValidationError({"note": _("Write what it is.")})
    with operation(actor, "bank_line_ignored", line, reason=said):
        locked = lock_line(line.pk)
        refuse_taken(locked)
        locked.state, locked.note = BankLine.State.IGNORED, said
        locked.matched_by, locked.matched_at = actor, timezone.now()
        locked.save()
    return locked


def reopen_line(line: BankLine, *, actor: User) -> BankLine:
    """Let an ignored line be matched after all."""
    with operation(actor, "bank_line_reopened", line):
        locked = lock_line(line.pk)
        if locked.state != BankLine.State.IGNORED:
            raise ValidationError(_("This line was not set aside."), code="open")
        locked.state, locked.note, locked.matched_by, locked.matched_at = BankLine.State.OPEN, "", None, None
        locked.save()
    return locked


def lock_line(pk: int) -> BankLine:
    """A bank line, locked."""
    return (
        BankLine.objects.select_for_update(of=("self",), no_key=True).select_related("payment", "matched_by").get(pk=pk)
    )


def refuse_taken(line: BankLine) -> None:
    """ValidationError where somebody was faster, with who it was and when."""
    if line.state != BankLine.State.OPEN:
        raise ValidationError(
            _("%(name)s dealt with this line already, on %(day)s.")
            % {"name": line.matched_by or "?", "day": long_day(line.matched_at)},
            code="taken",
        )


def refuse_counted(line: BankLine, payment: Payment) -> None:
    """ValidationError where the money of a line still counts for another payment, which it was untied from."""
    if line.released_from_id in (None, payment.pk):
        return
    # asked for by itself: what a lock read along may be older than the row it waited for
    other = Payment.objects.get(pk=line.released_from_id)
    words = _(
        "This money still counts for %(name)s (%(state)s): give that one its own line, return or reverse it first."
    )
    raise ValidationError(words % {"name": other, "state": other.get_state_display()}, code="counted")


def proposals(lines: Sequence[BankLine], user: User) -> dict[int, Proposal]:
    """What each of these open lines may be, out of what the person sees. Three queries for any number of lines."""
    wanted = [line for line in lines if line.state == BankLine.State.OPEN]
    found = {line.pk: Proposal() for line in wanted}
    if not wanted:
        return found
    customers = _payers(wanted, user)
    amounts = {line.amount for line in wanted}
    rows = Payment.objects.visible_to(user).filter(amount__in=amounts, state__in=MATCHABLE, archived_at=None)
    rows = rows.filter(reverses=None, bank_line=None).select_related("customer").order_by("-pk")[:FITTING_AT_MOST]
    fitting = list(rows)
    for line in wanted:
        one = found[line.pk]
        one.customer = customers.get(name_key(line.payer_name))
        same = [row for row in fitting if (row.amount, row.currency) == (line.amount, line.currency)]
        if line.released_from_id:
            same = [row for row in same if row.pk == line.released_from_id]
        one.payments = sorted(same, key=lambda row: _distance(line, row, one.customer))[:PROPOSED_AT_MOST]
    return found


def _payers(lines: Iterable[BankLine], user: User) -> dict[str, Customer]:
    """The customers the payers are: by name, else by what their lines were matched with before."""
    names = {line.payer_name for line in lines if line.payer_name}
    keys = {key for name in names if (key := name_key(name))}
    seen = Customer.objects.visible_to(user).live().exclude(owner=None)
    known: dict[str, Customer] = {}
    earlier = BankLine.objects.filter(payer_name__in=names, state=BankLine.State.MATCHED).order_by("payer_name", "-pk")
    before = dict(earlier.distinct("payer_name").values_list("payer_name", "payment__customer"))
    for row in seen.filter(Q(name_key__in=keys) | Q(pk__in=before.values())).order_by("-pk"):
        if row.name_key in keys:
            known[row.name_key] = row
        for name, pk in before.items():
            if pk == row.pk:
                known.setdefault(name_key(name), row)
    return known


def _distance(line: BankLine, payment: Payment, customer: Customer | None) -> tuple[bool, bool, int, int]:
    """How far a payment is from a line: another reference, another payer, days between."""
    is_payer = payment.customer_id == (customer.pk if customer else None) or (
        bool(line.payer_name) and line.payer_name in (payment.payer_name, payment.customer.name)
    )
    has_reference = bool(line.reference) and line.reference == payment.reference
    return not has_reference, not is_payer, abs((payment.paid_on - line.booked_on).days), -payment.pk


def _refuse_unfit(line: BankLine, payment: Payment) -> None:
    if payment.reverses_id or payment.state not in MATCHABLE or payment.archived_at is not None:
        raise ValidationError(
            _("%(name)s is “%(state)s”: no money comes for it.")
            % {"name": payment, "state": payment.get_state_display()},
            code="state",
        )
    if (line.amount, line.currency) != (payment.amount, payment.currency):
        raise ValidationError(
            _("The bank says %(line)s, the payment %(payment)s. Return the claim to be corrected.")
            % {"line": money(line.amount, line.currency), "payment": money(payment.amount, payment.currency)},
            code="amount",
        )
    other = BankLine.objects.filter(payment=payment).exclude(pk=line.pk).first()
    if other is not None:
        raise ValidationError(_("%(name)s is matched with another bank line.") % {"name": payment}, code="taken")


def _tie(line: BankLine, payment: Payment, actor: User) -> None:
    forget_released(payment)
    line.state, line.payment, line.released_from = BankLine.State.MATCHED, payment, None
    line.matched_by, line.matched_at = actor, timezone.now()
    line.save()
