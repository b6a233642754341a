"""Pages of reissues: reading them, asking for them, and what is done with them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, needs
from crm.api.once import made_once
from crm.attachments.actions import attach_files
from crm.attachments.receiving import received
from sales.documents.verb_forms import CommentForm, ReasonForm
from sales.documents.verb_pages import posted, submit_page, verb_page
from sales.invoices.models import Invoice, Reissue
from sales.invoices.verb_views import issue_page
from sales.reissues import actions, confirmation, red_letters
from sales.reissues.actions import PURPOSE, left_of
from sales.reissues.filters import ReissueFilter
from sales.reissues.forms import ConfirmationForm, ReissueForm
from sales.reissues.page import ADD, CHANGE, ISSUE, VIEW, reissue_page


@needs(VIEW, model=Reissue, rows="shown_to")
@require_safe
def reissue_detail(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """One reissue with its reason, chain, confirmation form and approval."""
    return render(request, "sales/reissues/detail.html", reissue_page(reissue, request.user))


@needs(ADD, model=Invoice)
def reissue_add(request: SignedInRequest, invoice: Invoice) -> HttpResponse:
    """Ask to take an issued invoice back."""
    form = _form(request, invoice)
    if form.is_bound and form.is_valid():
        try:
            place, _is_new = made_once(request.user, form.cleaned_data["key"], lambda: _asked(request, invoice, form))
        except ValidationError as refusal:
            form.take_refusal(refusal)
        else:
            messages.success(request, _("Request kept. Look it through, then submit it."))
            return HttpResponseRedirect(place)
    return _form_page(request, form, invoice, _("Reissue this invoice"), invoice.get_absolute_url())


@needs(CHANGE, model=Reissue)
def reissue_edit(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Change a request nobody decides on."""
    form = _form(request, reissue.invoice, reissue)
    if form.is_bound and form.is_valid():
        try:
            _changed(request, reissue, form)
        except ValidationError as refusal:
            form.take_refusal(refusal)
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(reissue.get_absolute_url())
    return _form_page(request, form, reissue.invoice, _("Edit reissue"), reissue.get_absolute_url())


@needs(VIEW)
@require_safe
def reissue_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = ReissueFilter(request.GET, Reissue.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter reissues"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("sales:reissue_list")})


# ── what is done with a reissue ──


@needs(CHANGE, model=Reissue)
def reissue_submit(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Put a request up for approval."""
    return submit_page(request, PURPOSE, reissue, actions.submit_reissue, done=_("Reissue submitted."))


@needs(CHANGE, model=Reissue)
def reissue_withdraw(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Take a request back before the last decision."""
    form = CommentForm(posted(request))
    return verb_page(
        request, reissue, form,
        actions.withdraw_reissue,
        title=_("Withdraw from approval"), action_label=_("Withdraw"), done=_("Reissue withdrawn."),
    )  # fmt: skip


@needs(CHANGE, model=Reissue)
def reissue_void(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Give up a request before its red letter."""
    form = ReasonForm(posted(request))
    return verb_page(
        request, reissue, form,
        actions.void_reissue,
        title=_("Give up the reissue"), action_label=_("Give up"), done=_("Reissue given up."), danger=True,
        facts=[_("The invoice stays as it was issued.")],
    )  # fmt: skip


@needs(ISSUE, model=Reissue)
def reissue_confirmation(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Record the confirmation form at the tax platform, or what became of it."""
    is_new = reissue.confirmation in ("", *confirmation.VOID)
    form = ConfirmationForm(posted(request), reissue=reissue, is_new=is_new)
    act = confirmation.begin_confirmation if is_new else confirmation.move_confirmation
    lapses = _("A form that waits for the other side is void after 72 hours; a new one can be begun then.")
    return verb_page(
        request, reissue, form, act,
        title=_("Confirmation form for the red letter"), action_label=_("Save"),
        done=_("Confirmation form recorded."), facts=[lapses] if reissue.is_used_by_buyer else [],
    )  # fmt: skip


@needs(ISSUE, model=Reissue)
def reissue_red(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Record the red letter."""
    return issue_page(request, reissue, red_letters.issue_red_letter, title=_("Record the red letter"))


@needs(CHANGE, model=Reissue)
def reissue_again(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Another application for the new invoice."""
    return verb_page(
        request, reissue, forms.Form(posted(request)), red_letters.apply_again,
        title=_("Apply for the new invoice again"), action_label=_("Prepare"),
        done=_("The new application is a draft."),
    )  # fmt: skip


@needs(CHANGE, model=Reissue)
def reissue_settle(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Close a reissue without its new invoice."""
    form = ReasonForm(posted(request))
    return verb_page(
        request, reissue, form,
        red_letters.settle_without_new,
        title=_("Close without a new invoice"), action_label=_("Close the reissue"), done=_("Reissue closed."),
    )  # fmt: skip


# ── parts of the pages above ──


def _form(request: SignedInRequest, invoice: Invoice, reissue: Reissue | None = None) -> ReissueForm:
    is_post = request.method == "POST"
    return ReissueForm(
        request.POST if is_post else None, request.FILES if is_post else None, user=request.user, invoice=invoice,
        left=left_of(invoice), reissue=reissue,
    )  # fmt: skip


def _asked(request: SignedInRequest, invoice: Invoice, form: ReissueForm) -> Reissue:
    upload = form.cleaned_data["upload"]
    with received([upload] if upload else [], "upload") as files, transaction.atomic():
        made = actions.ask_for_reissue(invoice, actor=request.user, values=form.values(), portions=form.portions())
        attach_files(made, files, actor=request.user, note=_("evidence"))
    return made


def _changed(request: SignedInRequest, reissue: Reissue, form: ReissueForm) -> None:
    upload = form.cleaned_data["upload"]
    with received([upload] if upload else [], "upload") as files, transaction.atomic():
        seen = form.cleaned_data["seen"]
        actions.change_reissue(reissue, actor=request.user, values=form.values(), portions=form.portions(), seen=seen)
        attach_files(reissue, files, actor=request.user, note=_("evidence"))


def _form_page(
    request: SignedInRequest, form: ReissueForm, invoice: Invoice, title: str, cancel_url: str
) -> HttpResponse:
    context = {"form": form, "invoice": invoice, "title": title, "cancel_url": cancel_url}
    status = 422 if form.is_bound and form.errors else 200
    if form.has_error(NON_FIELD_ERRORS, "stale"):
        status = 409
    return render(request, "sales/reissues/form.html", context, status=status)
