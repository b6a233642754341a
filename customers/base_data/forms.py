"""The form of an entry of the base data."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.ui.widgets import DayInput, SearchSelect
from customers.base_data.kinds import Kind
from customers.base_data.models import Industry, Region

PARENTS = {
    Industry: Industry.objects.filter(parent=None),
    Region: Region.objects.filter(rank__lt=3),
}


def entry_form(kind: Kind) -> type[forms.ModelForm]:
    """The form class of a list."""
    widgets: dict[str, Any] = {"day": DayInput(), "parent": SearchSelect()}
    form = forms.modelform_factory(
        kind.model, fields=kind.fields, widgets={name: widgets[name] for name in kind.fields if name in widgets}
    )
    if "parent" in kind.fields:
        form.base_fields["parent"].queryset = PARENTS[kind.model].all()  # type: ignore[attr-defined]
        form.base_fields["parent"].label = _("Below")
    return form
