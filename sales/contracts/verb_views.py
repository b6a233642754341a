"""What is done with a contract: submit, withdraw, open again, give up, sign, suspend, resume, terminate, close."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.gate import SignedInRequest, may, needs
from crm.approvals.routing import preview
from crm.attachments.actions import attach_files
from crm.attachments.receiving import received
from crm.people.models import User
from crm.records.forms import refused
from sales.contracts import actions, ending
from sales.contracts.actions import PURPOSE
from sales.contracts.forms import CommentForm, ReasonForm, SignForm, SubmitForm, TerminateForm
from sales.contracts.models import Contract
from sales.contracts.page import CHANGE, END, WAIVE
from sales.contracts.signing import sign_contract


@needs(CHANGE, model=Contract)
def contract_submit(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Put a contract up for approval."""
    way = preview(PURPOSE, contract, actor=request.user)
    form = SubmitForm(request.POST if request.method == "POST" else None, preview=way)
    steps = [_("%(step)s: %(people)s") % {"step": step.name, "people": ", ".join(map(str, step.people)) or "—"}
             for step in way.steps]  # fmt: skip
    return _page(
        request, contract, form,
        lambda: actions.submit_contract(
            contract, actor=request.user, chosen=form.chosen(), comment=form.cleaned_data["comment"]
        ),
        title=_("Submit for approval"), action_label=_("Submit"), done=_("Contract submitted."),
        text=way.why or _("This will go to:"), facts=steps, danger=way.is_blocked,
    )  # fmt: skip


@needs(CHANGE, model=Contract)
def contract_withdraw(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Take a contract back before the last decision."""
    form = CommentForm(request.POST if request.method == "POST" else None)
    return _page(
        request, contract, form,
        lambda: actions.withdraw_contract(contract, actor=request.user, comment=form.cleaned_data["comment"]),
        title=_("Withdraw from approval"), action_label=_("Withdraw"), done=_("Contract withdrawn."),
    )  # fmt: skip


@needs(CHANGE, model=Contract)
def contract_revise(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Open an approved or rejected contract again."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    return _page(
        request, contract, form,
        lambda: actions.revise_contract(contract, actor=request.user, reason=form.cleaned_data["reason"]),
        title=_("Open as a new version"), action_label=_("Open again"), done=_("You can change the contract now."),
        facts=[_("The approval it has does not count any more; submit it again afterwards.")],
    )  # fmt: skip


@needs(CHANGE, model=Contract)
def contract_void(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Give up a contract that was not signed."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    return _page(
        request, contract, form,
        lambda: actions.void_contract(contract, actor=request.user, reason=form.cleaned_data["reason"]),
        title=_("Give up the contract"), action_label=_("Give up"), done=_("Contract given up."), danger=True,
        facts=[_("Its quotes are free for another contract. Its number is not given again.")],
    )  # fmt: skip


@needs(CHANGE, model=Contract)
def contract_sign(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Record that a contract is signed, with the file or the reason why there is none."""
    user: User = request.user
    is_post = request.method == "POST"
    form = SignForm(
        request.POST if is_post else None, request.FILES if is_post else None, user=user, contract=contract,
        may_waive=may(user, WAIVE, contract), initial={"signed_on": timezone.localdate()},
    )  # fmt: skip
    words = {
        "title": _("Record the signature"), "action_label": _("Record"), "done": _("Contract signed."),
        "facts": _what_signing_does(contract),
    }  # fmt: skip
    return _page(request, contract, form, lambda: _sign(contract, form, user), "sales/contracts/sign.html", **words)


@needs(END, model=Contract)
def contract_suspend(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Let a signed contract rest."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    return _page(
        request, contract, form,
        lambda: ending.suspend_contract(contract, actor=request.user, reason=form.cleaned_data["reason"]),
        title=_("Suspend the contract"), action_label=_("Suspend"), done=_("Contract suspended."),
        facts=[_("Nothing is delivered until it goes on. What is due stays due.")],
    )  # fmt: skip


@needs(END, model=Contract)
def contract_resume(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Let a resting contract go on."""
    form = CommentForm(request.POST if request.method == "POST" else None)
    return _page(
        request, contract, form,
        lambda: ending.resume_contract(contract, actor=request.user, reason=form.cleaned_data["comment"]),
        title=_("Resume the contract"), action_label=_("Resume"), done=_("Contract resumed."),
    )  # fmt: skip


@needs(END, model=Contract)
def contract_terminate(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """End a signed contract early."""
    initial = {"ended_on": timezone.localdate()}
    form = TerminateForm(request.POST if request.method == "POST" else None, initial=initial)
    return _page(
        request, contract, form,
        lambda: ending.terminate_contract(contract, actor=request.user, **form.cleaned_data),
        title=_("Terminate the contract"), action_label=_("Terminate"), done=_("Contract terminated."), danger=True,
        facts=[_("Open instalments become void, its orders are cancelled. This cannot be taken back.")],
    )  # fmt: skip


@needs(END, model=Contract)
def contract_close(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Put a contract aside as fulfilled."""
    return _page(
        request, contract, forms.Form(request.POST if request.method == "POST" else None),
        lambda: ending.close_contract(contract, actor=request.user),
        title=_("Put the contract aside as fulfilled"), action_label=_("Put aside"), done=_("Contract fulfilled."),
        facts=[_("Everything must be paid and delivered.")],
    )  # fmt: skip


def _sign(contract: Contract, form: SignForm, user: User) -> Contract:
    given = form.cleaned_data
    uploads = [given["file"]] if given["file"] else []
    with received(uploads, "file") as files, transaction.atomic():
        kept = attach_files(contract, files, actor=user, note=_("signed")) if files else []
        return sign_contract(
            contract, actor=user, signed_on=given["signed_on"], file=kept[0] if kept else given["kept_file"],
            waiver_reason="" if kept or given["kept_file"] else given.get("waiver_reason", ""),
        )  # fmt: skip


def _what_signing_does(contract: Contract) -> list[str]:
    if contract.main_id:
        return [_("The total and the instalments of the main contract follow.")]
    facts = [_("The customer becomes an existing one, and an order opens for what is delivered.")]
    if contract.opportunity_id:
        facts.append(_("The opportunity is won; its other open quotes are closed."))
    return facts


def _page(
    request: SignedInRequest, contract: Contract, form: forms.Form, act: Callable[[], Any],
    template: str = "records/confirm.html", **words: Any,
) -> HttpResponse:  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, words["done"])
            return HttpResponseRedirect(contract.get_absolute_url())
    place = {"parent": contract.number or contract.title, "parent_url": contract.get_absolute_url()}
    context = {**words, **place, "cancel_url": contract.get_absolute_url(), "form": form, "contract": contract}
    return render(request, template, context, status=422 if form.is_bound and form.errors else 200)
