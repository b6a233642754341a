"""Pages of reissues: reading them, asking for them, and what is done with them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, needs
from crm.api.once import made_once
from crm.approvals.routing import preview
from crm.attachments.actions import attach_files
from crm.attachments.receiving import received
from sales.contracts.forms import CommentForm, ReasonForm, SubmitForm
from sales.invoices.forms import IssueForm
from sales.invoices.models import Invoice, Reissue
from sales.invoices.verb_views import confirm_page, issue_page, steps_of, with_file
from sales.reissues import actions, confirmation, red_letters
from sales.reissues.actions import PURPOSE, left_of
from sales.reissues.filters import ReissueFilter
from sales.reissues.forms import ConfirmationForm, ReissueForm
from sales.reissues.page import ADD, CHANGE, ISSUE, VIEW, reissue_page


@needs(VIEW, model=Reissue)
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
    way = preview(PURPOSE, reissue, actor=request.user)
    form = SubmitForm(_data(request), preview=way)
    return confirm_page(
        request, reissue, form,
        lambda: actions.submit_reissue(
            reissue, actor=request.user, chosen=form.chosen(), comment=form.cleaned_data["comment"]
        ),
        title=_("Submit for approval"), action_label=_("Submit"), done=_("Reissue submitted."),
        text=way.why or _("This will go to:"), facts=steps_of(way), danger=way.is_blocked,
    )  # fmt: skip


@needs(CHANGE, model=Reissue)
def reissue_withdraw(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Take a request back before the last decision."""
    form = CommentForm(_data(request))
    return confirm_page(
        request, reissue, form,
        lambda: actions.withdraw_reissue(reissue, actor=request.user, comment=form.cleaned_data["comment"]),
        title=_("Withdraw from approval"), action_label=_("Withdraw"), done=_("Reissue withdrawn."),
    )  # fmt: skip


@needs(CHANGE, model=Reissue)
def reissue_void(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Give up a request before its red letter."""
    form = ReasonForm(_data(request))
    return confirm_page(
        request, reissue, form,
        lambda: actions.void_reissue(reissue, actor=request.user, reason=form.cleaned_data["reason"]),
        title=_("Give up the reissue"), action_label=_("Give up"), done=_("Reissue given up."), danger=True,
        facts=[_("The invoice stays as it was issued.")],
    )  # fmt: skip


@needs(ISSUE, model=Reissue)
def reissue_confirmation(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Record the confirmation form at the tax platform, or what became of it."""
    is_new = reissue.confirmation in ("", *confirmation.VOID)
    form = ConfirmationForm(_data(request), reissue=reissue, is_new=is_new)
    act = confirmation.begin_confirmation if is_new else confirmation.move_confirmation
    lapses = _("A form that waits for the other side is void after 72 hours; a new one can be begun then.")
    return confirm_page(
        request, reissue, form, lambda: act(reissue, actor=request.user, **form.cleaned_data),
        title=_("Confirmation form for the red letter"), action_label=_("Record"),
        done=_("Confirmation form recorded."), facts=[lapses] if reissue.is_used_by_buyer else [],
    )  # fmt: skip


@needs(ISSUE, model=Reissue)
def reissue_red(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Record the red letter."""
    form = IssueForm(_data(request), request.FILES or None, user=request.user, document=reissue)

    def act() -> Invoice:
        return with_file(reissue, form, request.user, lambda **given: red_letters.issue_red_letter(
            reissue, actor=request.user, **given))  # fmt: skip

    return issue_page(request, reissue, form, act, title=_("Record the red letter"))


@needs(CHANGE, model=Reissue)
def reissue_again(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Another application for the new invoice."""
    return confirm_page(
        request, reissue, forms.Form(_data(request)), lambda: red_letters.apply_again(reissue, actor=request.user),
        title=_("Apply for the new invoice again"), action_label=_("Prepare"),
        done=_("The new application is a draft."),
    )  # fmt: skip


@needs(CHANGE, model=Reissue)
def reissue_settle(request: SignedInRequest, reissue: Reissue) -> HttpResponse:
    """Close a reissue without its new invoice."""
    form = ReasonForm(_data(request))
    return confirm_page(
        request, reissue, form,
        lambda: red_letters.settle_without_new(reissue, actor=request.user, reason=form.cleaned_data["reason"]),
        title=_("Close without a new invoice"), action_label=_("Close the reissue"), done=_("Reissue closed."),
    )  # fmt: skip


# ── parts of the pages above ──


def _data(request: SignedInRequest) -> Any:
    return request.POST if request.method == "POST" else None


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
        actions.change_reissue(reissue, actor=request.user, values=form.values(), portions=form.portions())
        attach_files(reissue, files, actor=request.user, note=_("evidence"))


def _form_page(
    request: SignedInRequest, form: ReissueForm, invoice: Invoice, title: str, cancel_url: str
) -> HttpResponse:
    context = {"form": form, "invoice": invoice, "title": title, "cancel_url": cancel_url}
    return render(request, "sales/reissues/form.html", context, status=422 if form.is_bound and form.errors else 200)
