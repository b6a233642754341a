"""Settings pages about API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.api.models import ApiToken
from crm.api.scopes import catalogue
from crm.api.tokens import issue_token, revoke_token
from crm.people.models import User
from crm.ui.verb_page import show_refusal
from crm.ui.widgets import SearchSelect

SHOWN = 300


class TokenForm(forms.Form):
    """Whom the key acts for, and what it may do at most."""

    user = forms.ModelChoiceField(User.objects.active(), label=gettext_lazy("Acts as"), widget=SearchSelect)
    name = forms.CharField(label=gettext_lazy("What it is for"), max_length=80)
    days = forms.IntegerField(label=gettext_lazy("Days it lives"), min_value=1, max_value=365, initial=180)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: everything the person may do."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["user"].queryset = User.objects.active()
        fields["scopes"].choices = [(scope, scope) for scope in catalogue()]


@needs("crm.manage_api_token")
@require_safe
def token_list(request: SignedInRequest) -> HttpResponse:
    """Every key, the newest first."""
    tokens = ApiToken.objects.visible_to(request.user).select_related("user")[:SHOWN]
    return render(request, "settings/api/token_list.html", {"tokens": tokens})


@needs("crm.manage_api_token")
@never_cache
def token_new(request: SignedInRequest) -> HttpResponse:
    """Make a key and show it once."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        try:
            token, text = issue_token(
                wanted["user"],
                actor=request.user,
                name=wanted["name"],
                scopes=wanted["scopes"],
                life=timedelta(days=wanted["days"]),
            )
        except ValidationError as refusal:
            show_refusal(form, refusal)
        else:
            return render(request, "settings/api/token_made.html", {"token": token, "text": text})
    return render(request, "settings/api/token_new.html", {"form": form}, status=422 if form.errors else 200)


@needs("crm.manage_api_token", model=ApiToken, rows="visible_to")
@require_POST
def token_revoke(request: SignedInRequest, token: ApiToken) -> HttpResponse:
    """Switch a key off for good."""
    revoke_token(token, actor=request.user)
    messages.success(request, _("Token revoked."))
    return redirect("settings:token_list")
