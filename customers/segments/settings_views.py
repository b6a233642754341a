"""Settings pages of the rules that set levels and tags."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.history.models import Operation
from crm.records.undo import UNDO_MINUTES
from crm.ui.verb_page import verb_page
from customers.segments import actions
from customers.segments.classifying import active_rules, concerned, refuse_broken, steps
from customers.segments.forms import RuleForm
from customers.segments.jobs import VERB, start_classification
from customers.segments.models import ClassificationRule

RIGHT = actions.RULE_RIGHT
SHOWN = 20


@needs(RIGHT)
@require_safe
def rule_list(request: SignedInRequest) -> HttpResponse:
    """The rules in their order, and the last run."""
    rules = ClassificationRule.objects.select_related("segment", "level", "tag")
    since = timezone.now() - timedelta(minutes=UNDO_MINUTES)
    last = Operation.objects.filter(verb=VERB, actor=request.user, at__gte=since).order_by("-id").first()
    return render(request, "settings/classification/list.html", {"rules": rules, "last": last})


@needs(RIGHT)
def rule_new(request: SignedInRequest) -> HttpResponse:
    """A new rule."""
    return _edit(request, None, _("New rule"))


@needs(RIGHT)
def rule_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a rule."""
    rule = _rule(pk)
    return _edit(request, rule, str(rule))


@needs(RIGHT)
@require_POST
def rule_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a rule away."""
    rule = _rule(pk)
    actions.delete_rule(rule, actor=request.user)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": rule})
    return redirect("settings:classification_list")


@needs(RIGHT)
@require_safe
def rule_preview(request: SignedInRequest) -> HttpResponse:
    """What a run would change now, rule by rule; customers out of reach are counted, and not named."""
    lines: list[dict[str, Any]] = []
    rules, refusal = active_rules(), ""
    try:
        refuse_broken(rules, request.user)
        for step in steps(rules):
            rows = concerned(step, rules, request.user)
            named = list(rows.visible_to(request.user).order_by("pk")[:SHOWN])
            lines.append({"step": step, "count": rows.count(), "rows": named})
    except ValidationError as fault:
        refusal = " ".join(fault.messages)
    context = {"lines": lines, "refusal": refusal, "total": sum(line["count"] for line in lines)}
    return render(request, "settings/classification/preview.html", context)


@needs(RIGHT)
@require_POST
def rule_run(request: SignedInRequest) -> HttpResponse:
    """Run all rules in use now."""
    try:
        return redirect(start_classification(request.user))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("settings:classification_list")


def _rule(pk: int) -> ClassificationRule:
    found = ClassificationRule.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _edit(request: SignedInRequest, rule: ClassificationRule | None, title: str) -> HttpResponse:
    def save(**values: Any) -> None:
        actions.save_rule(rule, actor=request.user, **values)

    return verb_page(
        request,
        RuleForm(request.POST or None, instance=rule, user=request.user),
        save,
        title=title,
        action_label=_("Save"),
        back_url=reverse("settings:classification_list"),
        parent=_("Levels and tags by rule"),
        done=_("Saved."),
    )
