"""Settings pages of the numbers people quote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.access.gate import needs
from crm.history.operations import operation
from crm.records.models import NumberRule
from crm.ui.verb_page import verb_page

if TYPE_CHECKING:
    from crm.people.models import User

RIGHT = "crm.manage_base_data"


class NumberRuleForm(forms.ModelForm):
    """How numbers look."""

    class Meta:
        model = NumberRule
        fields = ["prefix", "digits", "has_year"]


def change_number_rule(rule: NumberRule, *, actor: User, prefix: str, digits: int, has_year: bool) -> None:
    """Later numbers look like this; numbers that were given stay."""
    if not prefix.isascii() or not prefix.isalnum():
        raise ValidationError({"prefix": _("Only Latin letters and digits.")})
    with operation(actor, "number_rule_changed", rule):
        rule.prefix, rule.digits, rule.has_year = prefix.upper(), digits, has_year
        rule.full_clean()
        rule.save()


@needs(RIGHT)
@require_safe
def number_list(request: HttpRequest) -> HttpResponse:
    """How the numbers of each kind of record look."""
    rules = [(rule, _sample(rule)) for rule in NumberRule.objects.order_by("kind")]
    return render(request, "settings/number_list.html", {"rules": rules})


@needs(RIGHT)
def number_edit(request: HttpRequest, kind: str) -> HttpResponse:
    """Change how they look."""
    rule = NumberRule.objects.filter(kind=kind).first()
    if rule is None:
        raise Http404
    return verb_page(
        request,
        NumberRuleForm(request.POST or None, instance=rule),
        lambda **fields: _change(kind, request.user, **fields),
        title=_("Numbers"),
        action_label=_("Save"),
        back_url=reverse("settings:number_list"),
        parent=_("Numbers"),
        note=_("Numbers that were given stay as they are."),
        done=_("Saved."),
    )


def _change(kind: str, actor: Any, **fields: Any) -> None:
    change_number_rule(NumberRule.objects.get(kind=kind), actor=actor, **fields)


def _sample(rule: NumberRule) -> str:
    year = f"{timezone.localdate().year}-" if rule.has_year else ""
    return f"{rule.prefix}-{year}{1:0{rule.digits}d}"
