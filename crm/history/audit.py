"""What the audit log can be narrowed to."""

from __future__ import annotations

from functools import cache
from typing import Any

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from crm.history.models import Operation
from crm.history.verbs import all_verbs, worded
from crm.operations.moments import on_days
from crm.ui.widgets import DayInput, SearchSelect


class AuditForm(forms.Form):
    """Who, what, on what, when."""

    person: Any = forms.ModelChoiceField(None, label=_("Person"), required=False, widget=SearchSelect)
    verb = forms.ChoiceField(label=_("Action"), required=False, widget=SearchSelect)
    subject = forms.CharField(label=_("Name of the record"), required=False, max_length=80)
    first = forms.DateField(label=_("From"), required=False, widget=DayInput)
    last = forms.DateField(label=_("Until"), required=False, widget=DayInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["person"].queryset = get_user_model()._default_manager.order_by("name")
        fields["verb"].choices = [("", "")] + [(verb, worded(verb, "…")[0]) for verb in all_verbs()]

    def clean(self) -> dict[str, Any]:
        """The days in their order."""
        cleaned = super().clean() or {}
        if cleaned.get("first") and cleaned.get("last") and cleaned["first"] > cleaned["last"]:
            self.add_error("last", _("This day lies before the first one."))
        return cleaned


def names_subject(user: Any, subject_type: str) -> bool:
    """Whether the audit log tells this person the names (and reasons) of a kind of record.

    People, roles and settings are named to everybody who reads the log; a business record only to those who may see
    every one of its kind, because its name is business. So are the approvals and files of business records.
    """
    return all(user.reach.scopes.get(right) == "all" for right in _asked_of(subject_type))


@cache
def _asked_of(subject_type: str) -> list[str]:
    """The rights somebody must have for all rows, to read the names of a kind of record."""
    app, _dot, model = subject_type.partition(".")
    if subject_type == "crm.approvalrequest":
        return ["crm.view_approval"]
    if subject_type == "crm.attachment":
        return sorted({import_string(policy).view for policy in settings.HARBOUR_ATTACHABLE.values()})
    return [] if app in ("", "crm") else [f"{app}.view_{model}"]


def operations_matching(wanted: dict[str, Any], user: Any) -> QuerySet[Operation]:
    """Operations that fit what the form says, newest first; a name matches only where this person reads names."""
    rows = Operation.objects.select_related("actor", "on_behalf_of").order_by("-pk")
    if wanted.get("person"):
        rows = rows.filter(actor=wanted["person"])
    if wanted.get("verb"):
        rows = rows.filter(verb=wanted["verb"])
    if wanted.get("subject"):
        kinds = [model._meta.label_lower for model in apps.get_models()]
        named = ["", *(kind for kind in kinds if names_subject(user, kind))]
        rows = rows.filter(subject_label__icontains=wanted["subject"], subject_type__in=named)
    return rows.filter(on_days("at", wanted.get("first") or None, wanted.get("last") or None))
