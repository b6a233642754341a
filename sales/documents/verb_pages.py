"""The page of a verb: what happens, what is asked, an action that may refuse in words, a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.access.gate import SignedInRequest
from crm.approvals.routing import preview
from crm.records.forms import refused
from sales.documents.verb_forms import SubmitForm


def posted(request: SignedInRequest) -> QueryDict | None:
    """What a form is bound to: what was sent, also where that is nothing; None before anything was sent."""
    return request.POST if request.method == "POST" else None


def verb_page(
    request: SignedInRequest, record: Any, form: forms.BaseForm, act: Callable[..., Any], *,
    done: str, template: str = "records/confirm.html", back_to: Any = None, **shown: Any,
) -> HttpResponse:  # fmt: skip
    """Ask, act, say what was `done` and go to the record (or `back_to`); what is refused stands in the form (422).

    `act` gets the record, the actor and what was asked. The template gets `shown` besides the form: title,
    action_label, text, facts, danger.
    """
    if request.method == "POST" and form.is_valid():
        try:
            act(record, actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, done)
            return HttpResponseRedirect((back_to or record).get_absolute_url())
    return asked(request, record, form, template, **shown)


def asked(
    request: SignedInRequest, record: Any, form: forms.BaseForm, template: str = "records/confirm.html", **shown: Any
) -> HttpResponse:
    """The question itself: 422 where the answer was refused."""
    place = record.get_absolute_url()
    name = getattr(record, "number", "") or getattr(record, "title", "") or str(record)
    context = {"parent": name, "parent_url": place, "cancel_url": place, **shown, "form": form}
    return render(request, template, context, status=422 if form.is_bound and form.errors else 200)


def submit_page(
    request: SignedInRequest, purpose: str, document: Any, submit: Callable[..., Any], *, done: str,
    title: str | None = None,
) -> HttpResponse:  # fmt: skip
    """Put a document up for approval, after showing who will decide and why."""
    seen = preview(purpose, document, actor=request.user)
    form = SubmitForm(posted(request), preview=seen)
    return verb_page(
        request, document, form,
        lambda document, actor, comment, **_: submit(document, actor=actor, chosen=form.chosen(), comment=comment),
        done=done, template="sales/documents/submit.html", preview=seen, title=title or _("Submit for approval"),
        action_label=_("Submit"),
    )  # fmt: skip
