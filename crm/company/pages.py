"""The page on which an administrator changes the settings of the company."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from crm.access.gate import SignedInRequest, needs
from crm.company.actions import change_settings, company_settings, state_of
from crm.company.declared import Setting, declared
from crm.ui.verb_page import show_refusal

LONGEST_TEXT = 4000


class CompanyForm(forms.Form):
    """A field for every declared setting; names are the keys with dots as double underscores."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for setting in declared().values():
            self.fields[field_name(setting.key)] = _field(setting)

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        return {key: self.cleaned_data[field_name(key)] for key in declared()}

    def groups(self) -> Iterable[tuple[Any, list[forms.BoundField]]]:
        """The fields under their headings."""
        found: dict[Any, list[forms.BoundField]] = {}
        for setting in declared().values():
            found.setdefault(setting.group, []).append(self[field_name(setting.key)])
        return found.items()


@needs("crm.manage_company")
def company(request: SignedInRequest) -> HttpResponse:
    """Every setting with its value; saved all at once, unless somebody changed them since the form was opened."""
    shown = company_settings()
    seen, status = state_of(shown), 200
    initial = {field_name(key): value for key, value in shown.items()} | {"seen": seen}
    form = CompanyForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            change_settings(form.values(), actor=request.user, seen=form.cleaned_data["seen"])
        except ValidationError as refusal:
            if hasattr(refusal, "error_dict"):
                show_refusal(form, _named(refusal))
            else:  # somebody else was faster
                show_refusal(form, refusal)
                typed, status = request.POST.copy(), 409
                typed["seen"] = seen
                form.data = typed
        else:
            messages.success(request, _("Saved."))
            return redirect("settings:company")
    if form.errors and status == 200:
        status = 422
    return render(request, "settings/company.html", {"form": form}, status=status)


def _named(refusal: ValidationError) -> ValidationError:
    return ValidationError({field_name(key): errors for key, errors in refusal.error_dict.items()})


def field_name(key: str) -> str:
    """The name of a setting in the form."""
    return key.replace(".", "__")


def _field(setting: Setting) -> forms.Field:
    words: dict[str, Any] = {"label": setting.label, "help_text": setting.hint}
    if isinstance(setting.default, bool):
        return forms.BooleanField(required=False, **words)
    if isinstance(setting.default, int):
        low = 0 if setting.may_be_off else setting.low
        return forms.IntegerField(min_value=low, max_value=setting.high, **words)
    if setting.choices:
        return forms.ChoiceField(choices=setting.choices, **words)
    widget = forms.Textarea(attrs={"rows": setting.lines}) if setting.lines > 1 else forms.TextInput()
    return forms.CharField(required=False, max_length=LONGEST_TEXT, widget=widget, **words)
