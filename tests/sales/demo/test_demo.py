"""What the demo company sells: everything is alive, dated in its order, and nothing contradicts itself."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F, Max
from django.utils import timezone

from crm.approvals.models import ApprovalDecision, ApprovalRequest, ApprovalTask
from crm.history.models import Operation
from crm.history.operations import operation
from crm.notifications.models import Notice
from crm.people.models import User
from sales.contracts.models import Contract, Instalment
from sales.demo.clock import turned_back
from sales.invoices.models import Invoice, Reissue
from sales.opportunities.models import Opportunity
from sales.orders.models import Delivery, Order
from sales.payments.models import Payment
from sales.products.models import PriceChange, ProductCategory
from sales.quotes.models import Quote
from sales.requirements.models import Requirement

# what a newcomer must find alive: rows, and how many of them at least
ALIVE = [
    (Requirement.objects.filter(state="pending", check_result=""), 2),
    (Requirement.objects.filter(state="pending", check_result="partly"), 1),
    (Requirement.objects.filter(state="approved"), 1),
    *((Quote.objects.filter(state=state), 1) for state in (
        "draft", "pending", "returned", "approved", "sent", "accepted", "declined", "superseded")),
    (Quote.objects.filter(state="sent", valid_until__lt=timezone.localdate()), 1),
    (Opportunity.objects.filter(state="won"), 6),
    (Opportunity.objects.filter(state="lost", quote_set__state="sent"), 1),
    *((Contract.objects.filter(state=state), 1) for state in ("draft", "pending", "approved", "signed", "closed")),
    (Contract.objects.filter(main__isnull=False, state="signed"), 1),
    (Payment.objects.filter(state="pending"), 1),
    (Payment.objects.filter(state="approved", contract=None, allocated=0), 1),
    *((Invoice.objects.filter(state=state), 1) for state in ("pending", "approved", "issued", "red")),
    (Reissue.objects.filter(state="closed"), 1),
    (Reissue.objects.filter(state="approved", confirmation="02"), 1),
    (Order.objects.filter(state="part"), 1),
    (Delivery.objects.filter(state="planned", planned_on__gt=timezone.localdate()), 1),
    (PriceChange.objects.filter(decided_by=None), 2),
]  # fmt: skip
WAITS_FOR = {
    "director": {"sales.quote", "sales.requirement"},
    "vp": {"sales.quote"},
    "finance": {"sales.contract", "sales.invoice", "sales.payment"},
    "technician": {"sales.requirement"},
}


def test_every_step_of_the_chain_is_alive(company):
    few = {str(rows.query): rows.count() for rows, least in ALIVE if rows.count() < least}
    assert few == {}


@pytest.mark.parametrize("username", WAITS_FOR)
def test_something_waits_for_everybody_who_decides(company, username):
    waiting = ApprovalTask.objects.filter(approver__username=username, state="pending")
    assert set(waiting.values_list("request__purpose", flat=True)) >= WAITS_FOR[username]


def test_instalments_are_open_paid_in_part_done_and_overdue_for_different_times(company):
    today = timezone.localdate()
    parts = list(Instalment.objects.filter(contract__state__in=Contract.RUNNING, voided_at=None))
    assert {part.state for part in parts} >= {"open", "done", "overdue"}
    assert any(0 < part.received < part.amount for part in parts)
    ages = {(today - part.due_on).days // 30 for part in parts if part.state == "overdue"}
    assert ages >= {0, 1, 2}


def test_what_happened_lies_in_the_past_and_in_the_order_of_numbers_and_ids(company):
    now = timezone.now()
    moments = [
        (Operation, "at"), (Notice, "created_at"), (ApprovalDecision, "decided_at"), (ApprovalTask, "created_at"),
        (Quote, "created_at"), (Contract, "signed_at"), (Payment, "approved_at"), (Invoice, "issued_at"),
    ]  # fmt: skip
    assert [model.__name__ for model, name in moments if model.objects.filter(**{f"{name}__gt": now})] == []
    assert not ApprovalRequest.objects.filter(closed_at__lt=F("submitted_at")).exists()
    for model, name in ((Operation, "at"), (Notice, "created_at")):
        told = list(model.objects.order_by("pk").values_list(name, flat=True))
        assert told == sorted(told)
    submitted = Contract.objects.exclude(number="").order_by("number").values_list("submitted_at", flat=True)
    assert list(submitted) == sorted(submitted)


def test_the_history_of_a_document_is_dated_like_the_document(company):
    signed = Contract.objects.filter(state="signed").order_by("pk").first()
    entry = Operation.objects.get(verb="contract_signed", subject_id=signed.pk)
    event = Contract.pgh_event_model.objects.filter(pgh_context_id=entry.context_id).latest("pgh_id")
    assert timezone.localdate(entry.at) == timezone.localdate(event.pgh_created_at) == signed.signed_on
    first = Contract.pgh_event_model.objects.filter(pgh_obj_id=signed.pk).earliest("pgh_id")
    assert signed.created_at == first.created_at < signed.submitted_at < signed.approved_at < signed.signed_at


def test_what_was_told_days_ago_has_been_read(company):
    old = Notice.objects.filter(kind__startswith="approval", created_at__lt=timezone.now() - timedelta(days=4))
    assert old.exists() and not old.filter(read_at=None).exists()


def test_a_clock_that_is_turned_back_goes_right_again_also_after_a_refusal(company):
    admin, before = User.objects.get(username="admin"), timezone.now()
    then = before - timedelta(days=9)
    last = Operation.objects.aggregate(last=Max("pk"))["last"]
    with pytest.raises(ValidationError), turned_back() as clock, clock.standing(then):
        assert timezone.localdate() == timezone.localdate(then)
        with operation(admin, "category_added"):
            ProductCategory.objects.create(name="Refused")
            raise ValidationError("no")
    assert timezone.now() > before
    assert Operation.objects.aggregate(last=Max("pk"))["last"] == last
    assert not ProductCategory.objects.filter(name="Refused").exists()


def test_sums_are_those_of_a_company_of_this_size(company):
    totals = Contract.objects.filter(main=None, state__in=Contract.SIGNED_ONCE).values_list("total", flat=True)
    assert all(Decimal(20_000) < total < Decimal(1_500_000) for total in totals)
