"""Pages of requests of persons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.access.masks import masked
from crm.people.models import User
from crm.ui.verb_page import show_refusal
from customers.contacts.models import Contact
from customers.customers.identity import display_phone
from customers.privacy import requests
from customers.privacy.erasure import masked_name
from customers.privacy.forms import AnswerForm, ApprovalForm, BeginForm, IdentityForm, PersonRequestForm
from customers.privacy.matching import find_matches, masked_matches
from customers.privacy.models import PersonRequest
from customers.privacy.planning import erasure_plan
from customers.privacy.request_lists import TONES, PersonRequestFilter
from customers.privacy.requests import APPROVE, EXECUTE, OPEN, VIEW

State, Kind = PersonRequest.State, PersonRequest.Kind


@needs(VIEW)
@require_safe
def person_request_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = PersonRequestFilter(request.GET, PersonRequest.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter requests"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("customers:person_request_list")})


@needs(OPEN)
@require_http_methods(["GET", "POST"])
def person_request_new(request: SignedInRequest) -> HttpResponse:
    """Take in what a person asks; whom it fits is not shown."""
    form = PersonRequestForm(request.POST or None, initial={"received_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            asked = requests.open_request(actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The request is open. Check now who asks."))
            return redirect(asked)
    address = reverse("customers:person_request_list")
    context = {
        "title": _("New privacy request"), "form": form, "back_url": address,
        "parent": _("Privacy requests"), "action_label": _("Record request"),
        "note": _("The whole company is searched for matching people; you do not see them."),
    }  # fmt: skip
    return render(request, "settings/form.html", context, status=422 if form.errors else 200)


@needs(VIEW, model=PersonRequest, rows="visible_to")
@require_safe
def person_request_detail(request: SignedInRequest, asked: PersonRequest) -> HttpResponse:
    """A request with its steps and what may be done next."""
    return _page(request, asked)


@needs(VIEW, model=PersonRequest, rows="visible_to")
@require_POST
def person_request_check(request: SignedInRequest, asked: PersonRequest) -> HttpResponse:
    """Keep how the identity was checked."""
    form = IdentityForm(request.POST)
    return _done(
        request,
        asked,
        form,
        "identity",
        lambda: requests.check_identity(asked, actor=request.user, **form.cleaned_data),
    )


@needs(APPROVE, model=PersonRequest, rows="visible_to")
@require_POST
def person_request_approve(request: SignedInRequest, asked: PersonRequest) -> HttpResponse:
    """Agree, and say which contacts the person is."""
    form = ApprovalForm(request.POST, matches=_matches(asked))
    return _done(
        request,
        asked,
        form,
        "approval",
        lambda: requests.approve_request(asked, actor=request.user, **form.cleaned_data),
    )


@needs(APPROVE, model=PersonRequest, rows="visible_to")
@require_POST
def person_request_refuse(request: SignedInRequest, asked: PersonRequest) -> HttpResponse:
    """Say no, with the reason."""
    form = AnswerForm(request.POST)
    return _done(
        request, asked, form, "refusal", lambda: requests.refuse_request(asked, actor=request.user, **form.cleaned_data)
    )


@needs(EXECUTE, model=PersonRequest, rows="visible_to")
@require_POST
def person_request_begin(request: SignedInRequest, asked: PersonRequest) -> HttpResponse:
    """Start the package or the erasure."""
    form = BeginForm(request.POST)
    return _done(
        request, asked, form, "begin", lambda: requests.begin_request(asked, actor=request.user, **form.cleaned_data)
    )


@needs(EXECUTE, model=PersonRequest, rows="visible_to")
@require_POST
def person_request_answer(request: SignedInRequest, asked: PersonRequest) -> HttpResponse:
    """Close a correction or an explanation in words."""
    form = AnswerForm(request.POST)
    return _done(
        request, asked, form, "answer", lambda: requests.answer_request(asked, actor=request.user, **form.cleaned_data)
    )


def _done(
    request: SignedInRequest, asked: PersonRequest, form: forms.Form, name: str, act: Callable[[], Any]
) -> HttpResponse:
    """Do a step and go back to the page, or show there what is wrong."""
    if form.is_valid():
        try:
            act()
        except ValidationError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Recorded."))
            return redirect(asked)
    asked.refresh_from_db()
    return _page(request, asked, {name: form}, status=422)


def _page(
    request: SignedInRequest, asked: PersonRequest, bound: dict[str, forms.Form] | None = None, status: int = 200
) -> HttpResponse:
    steps = _steps(request.user, asked)
    forms_shown: dict[str, Any] = {name: form for name, form in _unbound(asked).items() if name in steps}
    refusals = [words for form in (bound or {}).values() for errors in form.errors.values() for words in errors]
    is_planned = asked.kind == Kind.DELETE and asked.state == State.APPROVED and request.user.reach.has(EXECUTE)
    context = {
        "asked": asked,
        "tone": TONES[asked.state],
        "person": _person(request.user, asked),
        "steps": steps,
        "may_read": request.user.pk == asked.opened_by_id or any(map(request.user.reach.has, (APPROVE, EXECUTE))),
        "forms": {**forms_shown, **(bound or {})},
        "refusals": refusals,
        "plan": erasure_plan(asked.contact_ids) if is_planned else None,
        "people": _correctable(request.user, asked),
        "job": asked.job if asked.job and asked.closed_by_id == request.user.pk else None,
        "told": [
            (_("Opened"), asked.opened_by, asked.opened_at), (_("Identity checked"), asked.checked_by, None),
            (_("Approved"), asked.approved_by, None), (_("Closed"), asked.closed_by, asked.closed_at),
        ],
    }  # fmt: skip
    return render(request, "customers/privacy/request.html", context, status=status)


def _steps(user: User, asked: PersonRequest) -> set[str]:
    """What this person may do now, by the names of the forms."""
    may_decide = user.reach.has(APPROVE) and user.pk not in (asked.opened_by_id, asked.checked_by_id)
    may_execute = user.reach.has(EXECUTE) and user.pk != asked.approved_by_id
    steps = {
        "identity": asked.state == State.NEW and (asked.opened_by_id == user.pk or user.reach.has(EXECUTE)),
        "approval": asked.state == State.CHECKED and may_decide,
        "refusal": asked.state in (State.NEW, State.CHECKED, State.APPROVED) and user.reach.has(APPROVE),
        "begin": asked.state == State.APPROVED and may_execute and asked.kind in requests.BY_JOB,
        "answer": asked.state == State.APPROVED and may_execute and asked.kind not in requests.BY_JOB,
    }
    return {name for name, is_open in steps.items() if is_open}


def _unbound(asked: PersonRequest) -> dict[str, forms.Form]:
    approval = ApprovalForm(matches=_matches(asked)) if asked.state == State.CHECKED else AnswerForm()
    return {
        "identity": IdentityForm(), "approval": approval, "refusal": AnswerForm(), "begin": BeginForm(),
        "answer": AnswerForm(),
    }  # fmt: skip


def _matches(asked: PersonRequest) -> list[Any]:
    facts = (asked.person_name, asked.phone, asked.email)
    return masked_matches(find_matches(*facts), *facts)


def _person(user: User, asked: PersonRequest) -> dict[str, str]:
    """Whoever took the wish in and whoever answers it see how to reach the person; the others see masks."""
    is_due = asked.state in (State.APPROVED, State.RUNNING, State.DONE)
    if user.pk == asked.opened_by_id or (is_due and user.reach.has(EXECUTE)):
        return {"name": asked.person_name, "phone": display_phone(asked.phone), "email": asked.email}
    return {
        "name": masked_name(asked.person_name), "phone": masked("phone", asked.phone),
        "email": masked("email", asked.email),
    }  # fmt: skip


def _correctable(user: User, asked: PersonRequest) -> list[Contact]:
    """The contacts whose form this person may open for an approved correction."""
    if asked.kind != Kind.CORRECT or asked.state != State.APPROVED:
        return []
    return list(Contact.objects.editable_by(user).live().filter(pk__in=asked.contact_ids))
