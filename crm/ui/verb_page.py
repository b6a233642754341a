"""The one shape of a settings page that does something: a form, an action that may refuse in words, a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render


def verb_page(
    request: HttpRequest,
    form: forms.BaseForm,
    act: Callable[..., Any],
    *,
    title: Any,
    action_label: Any,
    back_url: str,
    done: Any,
    template: str = "settings/form.html",
    **context: Any,
) -> HttpResponse:
    """Show the form; when it is sent and valid, call `act(**cleaned_data)`, say `done` and go to `back_url`."""
    if request.method == "POST" and form.is_valid():
        try:
            act(**form.cleaned_data)
        except ValidationError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, done)
            return redirect(back_url)
    shown = {"form": form, "title": title, "action_label": action_label, "back_url": back_url, **context}
    return render(request, template, shown, status=422 if form.errors else 200)


def show_refusal(form: forms.BaseForm, refusal: ValidationError) -> None:
    """Put what an action refused at the fields it names, or above the form."""
    named = hasattr(refusal, "error_dict") and set(refusal.error_dict) <= set(form.fields)
    form.add_error(None, refusal if named else refusal.messages)
