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
from crm.attachments.actions import attach_files
from crm.attachments.models import Attachment
from crm.attachments.receiving import received
from crm.people.models import User
from crm.records.forms import refused
from sales.documents.verb_forms import CommentForm, ReasonForm
from sales.documents.verb_pages import posted, submit_page, verb_page
from sales.invoices import actions, issuing, providers
from sales.invoices.actions import PURPOSE
from sales.invoices.forms import IssueForm
from sales.invoices.models import Invoice
from sales.invoices.page import CHANGE, ISSUE


@needs(CHANGE, model=Invoice)
def invoice_submit(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """Apply: put the application up for approval."""
    return submit_page(
        request, PURPOSE, invoice, actions.submit_invoice, done=_("Applied for the invoice."),
        title=_("Apply for this invoice"),
    )  # fmt: skip


@needs(CHANGE, model=Invoice)
def invoice_withdraw(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """Take an application back before the last decision."""
    form = CommentForm(posted(request))
    return verb_page(
        request, invoice, form,
        actions.withdraw_invoice,
        title=_("Withdraw from approval"), action_label=_("Withdraw"), done=_("Application withdrawn."),
    )  # fmt: skip


@needs(CHANGE, model=Invoice)
def invoice_void(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """Give up an application that was not issued."""
    form = ReasonForm(posted(request))
    return verb_page(
        request, invoice, form,
        actions.void_invoice,
        title=_("Give up the application"), action_label=_("Give up"), done=_("Application given up."), danger=True,
        facts=[_("Its amount can be applied for again. Its number is not given again.")],
    )  # fmt: skip


@needs(ISSUE, model=Invoice)
def invoice_issue(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """Record number, day and file of an invoice that was issued at the tax office."""
    return issue_page(request, invoice, issuing.issue_invoice, title=_("Record the issued invoice"))


@needs(ISSUE, model=Invoice)
def invoice_order(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """Order an approved invoice from the provider."""
    return verb_page(
        request, invoice, forms.Form(posted(request)), providers.order_invoice,
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


def issue_page(request: SignedInRequest, document: Any, issue: Callable[..., Invoice], *, title: str) -> HttpResponse:
    """The page on which finance records number, day and file of what it issued for an invoice or a reissue.

    File and number are kept both or neither; the page says where the invoice waits for quota instead.
    """
    form = IssueForm(posted(request), request.FILES or None, user=request.user, document=document)
    if request.method == "POST" and form.is_valid():
        try:
            issued = _with_file(document, issue, actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            if issued.state == Invoice.State.WAITING_QUOTA:
                messages.warning(request, _("This month has no quota left: the invoice waits, nothing was recorded."))
            else:
                messages.success(request, _("Issued: %(number)s.") % {"number": issued.invoice_number})
            return HttpResponseRedirect(document.get_absolute_url())
    place = document.get_absolute_url()
    context = {"title": title, "parent": str(document), "parent_url": place, "cancel_url": place, "form": form,
               "document": document}  # fmt: skip
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "sales/invoices/issue.html", context, status=status)


def _with_file(
    document: Any, issue: Callable[..., Invoice], *, actor: User, upload: Any, file: Attachment | None, **given: Any
) -> Invoice:
    with received([upload] if upload else [], "upload") as files, transaction.atomic():
        kept = attach_files(document, files, actor=actor, note=_("issued"))[0] if files else file
        return issue(document, actor=actor, file=kept, **given)
