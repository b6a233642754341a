"""What is done with an invoice: submit, withdraw, give up, issue, order from a provider, mark as sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from crm.approvals.routing import preview
from crm.attachments.actions import attach_files
from crm.attachments.receiving import received
from crm.people.models import User
from crm.records.forms import refused
from sales.contracts.forms import CommentForm, ReasonForm, SubmitForm
from sales.invoices import actions, issuing, providers
from sales.invoices.actions import PURPOSE
from sales.invoices.forms import IssueForm
from sales.invoices.models import Invoice
from sales.invoices.page import CHANGE, ISSUE


@needs(CHANGE, model=Invoice)
def invoice_submit(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """Apply: put the application up for approval."""
    way = preview(PURPOSE, invoice, actor=request.user)
    form = SubmitForm(_data(request), preview=way)
    return confirm_page(
        request, invoice, form,
        lambda: actions.submit_invoice(
            invoice, actor=request.user, chosen=form.chosen(), comment=form.cleaned_data["comment"]
        ),
        title=_("Apply for this invoice"), action_label=_("Submit"), done=_("Applied for the invoice."),
        text=way.why or _("This will go to:"), facts=steps_of(way), danger=way.is_blocked,
    )  # fmt: skip


@needs(CHANGE, model=Invoice)
def invoice_withdraw(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """Take an application back before the last decision."""
    form = CommentForm(_data(request))
    return confirm_page(
        request, invoice, form,
        lambda: actions.withdraw_invoice(invoice, actor=request.user, comment=form.cleaned_data["comment"]),
        title=_("Withdraw from approval"), action_label=_("Withdraw"), done=_("Application withdrawn."),
    )  # fmt: skip


@needs(CHANGE, model=Invoice)
def invoice_void(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """Give up an application that was not issued."""
    form = ReasonForm(_data(request))
    return confirm_page(
        request, invoice, form,
        lambda: actions.void_invoice(invoice, actor=request.user, reason=form.cleaned_data["reason"]),
        title=_("Give up the application"), action_label=_("Give up"), done=_("Application given up."), danger=True,
        facts=[_("Its amount can be applied for again. Its number is not given again.")],
    )  # fmt: skip


@needs(ISSUE, model=Invoice)
def invoice_issue(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """Record number, day and file of an invoice that was issued at the tax office."""
    form = IssueForm(_data(request), request.FILES or None, user=request.user, document=invoice)

    def act() -> Invoice:
        return with_file(invoice, form, request.user, lambda **given: issuing.issue_invoice(
            invoice, actor=request.user, **given))  # fmt: skip

    return issue_page(request, invoice, form, act, title=_("Record the issued invoice"))


@needs(ISSUE, model=Invoice)
def invoice_order(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """Order an approved invoice from the provider."""
    return confirm_page(
        request, invoice, forms.Form(_data(request)), lambda: providers.order_invoice(invoice, actor=request.user),
        title=_("Order the invoice from the provider"), action_label=_("Order"), done=_("The invoice is ordered."),
        facts=[_("It is issued at the tax office in our name. This cannot be taken back.")],
    )  # fmt: skip


@needs(ISSUE, model=Invoice)
@require_POST
def invoice_sent(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """Record that the customer got the invoice."""
    try:
        issuing.mark_sent(invoice, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Marked as sent."))
    return HttpResponseRedirect(invoice.get_absolute_url())


# ── what verbs of invoices and of reissues share ──


def steps_of(way: Any) -> list[str]:
    """Where a document would go, a sentence for each step."""
    return [
        _("%(step)s: %(people)s") % {"step": step.name, "people": ", ".join(map(str, step.people)) or "—"}
        for step in way.steps
    ]


def with_file(document: Any, form: IssueForm, user: User, issue: Callable[..., Any]) -> Any:
    """Keep an uploaded file with a document and issue it with the file, both or neither."""
    given = form.cleaned_data
    with received([given["upload"]] if given["upload"] else [], "upload") as files, transaction.atomic():
        kept = attach_files(document, files, actor=user, note=_("issued")) if files else []
        return issue(number=given["number"], issued_on=given["issued_on"], file=kept[0] if kept else given["file"])


def issue_page(
    request: SignedInRequest, document: Any, form: IssueForm, act: Callable[[], Any], **words: Any
) -> HttpResponse:
    """The page on which finance records a number; says where the invoice waits for quota instead."""
    if request.method == "POST" and form.is_valid():
        try:
            issued = act()
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            if issued.state == Invoice.State.WAITING_QUOTA:
                messages.warning(request, _("This month has no quota left: the invoice waits, nothing was recorded."))
            else:
                messages.success(request, _("Issued: %(number)s.") % {"number": issued.invoice_number})
            return HttpResponseRedirect(document.get_absolute_url())
    place = {"parent": str(document), "parent_url": document.get_absolute_url()}
    context = {**words, **place, "cancel_url": document.get_absolute_url(), "form": form, "document": document}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "sales/invoices/issue.html", context, status=status)


def confirm_page(
    request: SignedInRequest, document: Any, form: forms.Form, act: Callable[[], Any], **words: Any
) -> HttpResponse:
    """The one shape of a verb: a form, an action that may refuse in words, a message."""
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, words["done"])
            return HttpResponseRedirect(document.get_absolute_url())
    place = {"parent": str(document), "parent_url": document.get_absolute_url()}
    context = {**words, **place, "cancel_url": document.get_absolute_url(), "form": form}
    return render(request, "records/confirm.html", context, status=422 if form.is_bound and form.errors else 200)


def _data(request: SignedInRequest) -> Any:
    return request.POST if request.method == "POST" else None
