"""The life of a payment in a few words, for tests."""

from decimal import Decimal

from django.utils import timezone

from crm.approvals import actions as approvals
from crm.approvals.models import ApprovalRequest
from sales.payments.actions import claim_payment, submit_payment


def values(contract=None, amount="3000.00", **more):
    """What a claim says."""
    return {"contract": contract, "amount": Decimal(amount), "paid_on": timezone.localdate(), **more}


def claimed(company, amount="3000.00", **more):
    """A claim of the rep that waits."""
    contract = more.pop("contract", company.contract)
    payment = claim_payment(
        more.pop("customer", company.customer), actor=company.rep, values=values(contract, amount, **more)
    )
    submit_payment(payment, actor=company.rep)
    return payment


def decide(payment, person, act=approvals.approve, **more):
    """One person's decision on what they see."""
    request = ApprovalRequest.objects.of("sales.payment", payment.pk).get(closed_at=None)
    return act(request, actor=person, seen=request.content_hash, **more)


def confirmed(company, amount="3000.00", **more):
    """A claim the head and finance approved."""
    payment = claimed(company, amount, **more)
    decide(payment, company.head)
    decide(payment, company.finance)
    payment.refresh_from_db()
    return payment


def sums(contract):
    """Received, overpaid and what each instalment received."""
    contract.refresh_from_db()
    return contract.received, contract.overpaid, [part.received for part in contract.instalments.order_by("position")]
