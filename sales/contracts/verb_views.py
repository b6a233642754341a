"""What is done with a contract: submit, withdraw, open again, give up, sign, suspend, resume, terminate, close."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.gate import SignedInRequest, may, needs
from crm.attachments.actions import attach_files
from crm.attachments.models import Attachment
from crm.attachments.receiving import received
from crm.people.models import User
from sales.contracts import actions, ending
from sales.contracts.actions import PURPOSE
from sales.contracts.forms import SignForm, TerminateForm
from sales.contracts.models import Contract
from sales.contracts.page import CHANGE, END, WAIVE
from sales.contracts.signing import sign_contract
from sales.documents.verb_forms import CommentForm, ReasonForm
from sales.documents.verb_pages import posted, submit_page, verb_page


@needs(CHANGE, model=Contract)
def contract_submit(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Put a contract up for approval."""
    return submit_page(request, PURPOSE, contract, actions.submit_contract, done=_("Contract submitted."))


@needs(CHANGE, model=Contract)
def contract_withdraw(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Take a contract back before the last decision."""
    form = CommentForm(posted(request))
    return verb_page(
        request, contract, form,
        actions.withdraw_contract,
        title=_("Withdraw from approval"), action_label=_("Withdraw"), done=_("Contract withdrawn."),
    )  # fmt: skip


@needs(CHANGE, model=Contract)
def contract_revise(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Open an approved or rejected contract again."""
    form = ReasonForm(posted(request))
    return verb_page(
        request, contract, form,
        actions.revise_contract,
        title=_("Open as a new version"), action_label=_("Open as a new version"),
        done=_("You can change the contract now."),
        facts=[_("The approval it has does not count any more; submit it again afterwards.")],
    )  # fmt: skip


@needs(CHANGE, model=Contract)
def contract_void(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Give up a contract that was not signed."""
    form = ReasonForm(posted(request))
    return verb_page(
        request, contract, form,
        actions.void_contract,
        title=_("Give up the contract"), action_label=_("Give up"), done=_("Contract given up."), danger=True,
        facts=[_("Its quotes are free for another contract. Its number is not given again.")],
    )  # fmt: skip


@needs(CHANGE, model=Contract)
def contract_sign(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Record that a contract is signed, with the file or the reason why there is none."""
    user: User = request.user
    form = SignForm(
        posted(request), request.FILES or None, user=user, contract=contract,
        may_waive=may(user, WAIVE, contract), initial={"signed_on": timezone.localdate()},
    )  # fmt: skip
    return verb_page(
        request, contract, form, _sign, template="sales/contracts/sign.html",
        title=_("Record the signature"), action_label=_("Record the signature"), done=_("Contract signed."),
        facts=_what_signing_does(contract),
    )  # fmt: skip


@needs(END, model=Contract)
def contract_suspend(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Let a signed contract rest."""
    form = ReasonForm(posted(request))
    return verb_page(
        request, contract, form,
        ending.suspend_contract,
        title=_("Suspend the contract"), action_label=_("Suspend"), done=_("Contract suspended."),
        facts=[_("Nothing is delivered until it goes on. What is due stays due.")],
    )  # fmt: skip


@needs(END, model=Contract)
def contract_resume(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Let a resting contract go on."""
    form = CommentForm(posted(request))
    return verb_page(
        request, contract, form,
        lambda row, actor, comment: ending.resume_contract(row, actor=actor, reason=comment),
        title=_("Resume the contract"), action_label=_("Resume"), done=_("Contract resumed."),
    )  # fmt: skip


@needs(END, model=Contract)
def contract_terminate(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """End a signed contract early."""
    initial = {"ended_on": timezone.localdate()}
    form = TerminateForm(posted(request), initial=initial)
    return verb_page(
        request, contract, form,
        ending.terminate_contract,
        title=_("Terminate the contract"), action_label=_("Terminate"), done=_("Contract terminated."), danger=True,
        facts=[_("Open instalments become void, its orders are cancelled. This cannot be taken back.")],
    )  # fmt: skip


@needs(END, model=Contract)
def contract_close(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """Put a contract aside as fulfilled."""
    return verb_page(
        request, contract, forms.Form(posted(request)),
        ending.close_contract,
        title=_("Put the contract aside as fulfilled"), action_label=_("Put aside"), done=_("Contract fulfilled."),
        facts=[_("Everything must be paid and delivered.")],
    )  # fmt: skip


def _sign(
    contract: Contract, actor: User, signed_on: date, file: Any, kept_file: Attachment | None, waiver_reason: str = ""
) -> Contract:
    with received([file] if file else [], "file") as files, transaction.atomic():
        signed = attach_files(contract, files, actor=actor, note=_("signed"))[0] if files else kept_file
        return sign_contract(
            contract, actor=actor, signed_on=signed_on, file=signed, waiver_reason="" if signed else waiver_reason
        )


def _what_signing_does(contract: Contract) -> list[str]:
    if contract.main_id:
        return [_("The total and the instalments of the main contract follow.")]
    facts = [_("The customer becomes an existing one, and an order opens for what is delivered.")]
    if contract.opportunity_id:
        facts.append(_("The opportunity is won; its other open quotes are closed."))
    return facts
