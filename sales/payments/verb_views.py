"""What is done with a payment: submit, withdraw, give up, confirm several, allocate, take back, reverse."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from crm.approvals.actions import approve
from crm.approvals.models import ApprovalRequest, ApprovalTask
from crm.people.models import User
from crm.records.selection import Selection
from sales.documents.shown import money
from sales.documents.verb_forms import CommentForm, ReasonForm
from sales.documents.verb_pages import posted, submit_page, verb_page
from sales.payments import actions, reversing, settling
from sales.payments.approvals import CODE
from sales.payments.filters import PaymentFilter
from sales.payments.forms import PartsForm, ReverseForm
from sales.payments.holding import seen_account
from sales.payments.models import Allocation, Payment
from sales.payments.page import CHANGE, CONFIRM, REVERSE

AT_ONCE = 100


@needs(CHANGE, model=Payment)
def payment_submit(request: SignedInRequest, payment: Payment) -> HttpResponse:
    """Put a claim up: those of the flow decide, finance confirms."""
    return submit_page(
        request, CODE, payment, actions.submit_payment, done=_("Payment submitted."), title=_("Submit the payment")
    )


@needs(CHANGE, model=Payment)
def payment_withdraw(request: SignedInRequest, payment: Payment) -> HttpResponse:
    """Take a claim back before it is confirmed."""
    form = CommentForm(posted(request))
    return verb_page(
        request, payment, form,
        actions.withdraw_payment,
        title=_("Withdraw the claim"), action_label=_("Withdraw"), done=_("Claim withdrawn."),
    )  # fmt: skip


@needs(CHANGE, model=Payment)
def payment_void(request: SignedInRequest, payment: Payment) -> HttpResponse:
    """Give up a claim that waits for nobody."""
    form = ReasonForm(posted(request))
    facts = [_("Its number is not given again.")] if payment.number else [_("The draft is discarded.")]
    return verb_page(
        request, payment, form,
        actions.void_payment,
        title=_("Give up the claim"), action_label=_("Give up"), done=_("Claim given up."), danger=True, facts=facts,
    )  # fmt: skip


@needs(CONFIRM, model=Payment)
def payment_allocate(request: SignedInRequest, payment: Payment) -> HttpResponse:
    """Let what is left of a payment settle instalments of the customer."""
    account = seen_account(payment.customer_id, payment.currency)
    form = PartsForm(posted(request), parts=account.open_parts(None), account=account)
    return verb_page(
        request, payment, form,
        lambda row, actor, **_: settling.allocate_payment(row, actor=actor, parts=form.chosen_parts()),
        title=_("Allocate"), action_label=_("Allocate"), done=_("Payment allocated."),
        text=_("%(left)s is left.") % {"left": money(payment.prepaid, payment.currency)},
        facts=[_("Leave all empty to settle the oldest due first.")],
    )  # fmt: skip


@needs(CONFIRM, model=Allocation)
def allocation_release(request: SignedInRequest, allocation: Allocation) -> HttpResponse:
    """Take back that a payment settles an instalment."""
    form = ReasonForm(posted(request))
    return verb_page(
        request, allocation.payment, form,
        lambda payment, **given: settling.release_allocation(allocation, **given),
        title=_("Take the allocation back"), action_label=_("Take back"), done=_("Allocation taken back."),
        facts=[_("The money stays with the customer as a prepayment.")],
    )  # fmt: skip


@needs(REVERSE, model=Payment)
def payment_reverse(request: SignedInRequest, payment: Payment) -> HttpResponse:
    """Write the counter-entry of a confirmed payment."""
    form = ReverseForm(posted(request), initial={"day": timezone.localdate()})
    facts = [_("What it settled is open again, and its bank line can be matched anew.")]
    if reversing.needs_second(payment.amount):
        facts.append(_("So large a reversal takes effect when a second person of finance confirms it."))
    return verb_page(
        request, payment, form,
        reversing.reverse_payment,
        title=_("Reverse the payment"), action_label=_("Reverse"), done=_("Reversal written."), danger=True,
        facts=facts,
    )  # fmt: skip


@needs(REVERSE, model=Payment)
def payment_confirm_reversal(request: SignedInRequest, payment: Payment) -> HttpResponse:
    """Let a large reversal take effect, as a second person."""
    return verb_page(
        request, payment, forms.Form(posted(request)),
        reversing.confirm_reversal,
        title=_("Confirm the reversal"), action_label=_("Confirm"), done=_("Reversal confirmed."), danger=True,
        text=payment.reversal_reason,
    )  # fmt: skip


@needs(REVERSE, model=Payment)
def payment_refuse_reversal(request: SignedInRequest, payment: Payment) -> HttpResponse:
    """Leave the payment as it is."""
    form = ReasonForm(posted(request))
    return verb_page(
        request, payment, form,
        reversing.refuse_reversal,
        title=_("Refuse the reversal"), action_label=_("Refuse"), done=_("Reversal refused."),
    )  # fmt: skip


@needs(CONFIRM)
@require_POST
def payments_confirm(request: SignedInRequest) -> HttpResponse:
    """Confirm several claims: first what each of them is, then one outcome for each."""
    list_url = reverse("sales:payment_list")
    try:
        rows = _chosen(request)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(list_url)
    waiting = _turns(rows, request.user)
    if "confirmed" in request.POST:
        _confirm_each(request, waiting)
        return HttpResponseRedirect(f"{list_url}?state=pending,blocked&kind=payment&view=to-confirm")
    rest = len(rows) - len(waiting)
    context = {
        "claims": [(row, money(row.amount, row.currency), turn) for row, turn in waiting],
        "rest_words": ngettext(
            "%(count)s of those chosen is not yours to confirm now.",
            "%(count)s of those chosen are not yours to confirm now.", rest,
        ) % {"count": rest} if rest else "",
        "list_url": list_url,
    }  # fmt: skip
    return render(request, "sales/payments/confirm.html", context)


def _chosen(request: SignedInRequest) -> list[Payment]:
    selection = Selection.from_request(request)
    if not selection.ids and not selection.is_all:
        raise ValidationError(_("Choose payments on the list first."))
    rows = selection.rows(Payment.objects.within(request.user, CONFIRM), PaymentFilter, request.user)
    found = list(rows.select_related("customer", "contract", "bank_line").order_by("pk")[: AT_ONCE + 1])
    if len(found) > AT_ONCE:
        raise ValidationError(_("Confirm at most %(count)s at once.") % {"count": AT_ONCE})
    return found


def _turns(rows: list[Payment], user: User) -> list[tuple[Payment, ApprovalRequest]]:
    """Those of the payments that wait for this person's decision, with their requests."""
    turns = ApprovalTask.objects.waiting().of(user).filter(
        request__purpose=CODE, request__subject_id__in=[row.pk for row in rows]
    )  # fmt: skip
    requests = {turn.request.subject_id: turn.request for turn in turns.select_related("request")}
    return [(row, requests[row.pk]) for row in rows if row.pk in requests]


def _confirm_each(request: SignedInRequest, waiting: list[tuple[Payment, ApprovalRequest]]) -> None:
    done = 0
    for row, turn in waiting:
        try:
            approve(turn, actor=request.user, seen=request.POST.get(f"seen_{row.pk}", ""))
        except (ValidationError, PermissionDenied) as refusal:
            words = " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)
            messages.error(request, f"{row}: {words}")
        else:
            done += 1
    if done:
        text = ngettext("%(count)s payment decided on.", "%(count)s payments decided on.", done)
        messages.success(request, text % {"count": done})
