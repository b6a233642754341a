"""Input about custom fields and their choices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.customfields.fields import kind_of
from crm.customfields.keys import KEY_LENGTH
from crm.customfields.models import CustomField

OPTIONS = ("is_required", "is_unique", "is_personal", "is_listed")


class CustomFieldForm(forms.ModelForm):
    """What may be changed of a field; the default is entered as the field itself will be."""

    class Meta:
        model = CustomField
        fields = ("label", "label_en", "hint", *OPTIONS)
        labels = {
            "label": pgettext_lazy("entry", "Name"), "label_en": _("English name"), "hint": _("Help below the field"),
            "is_required": _("Required: new records and edits must fill it in"),
            "is_unique": _("Unique: no two records may share a value"),
            "is_personal": _("Personal data: masked like a phone"),
            "is_listed": _("Offered as a column of lists"),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = kind_of(self.instance)
        if not kind.may_be_unique:
            del self.fields["is_unique"]
        if not kind.may_be_personal:
            del self.fields["is_personal"]
        if kind.can_be_typed and (not kind.has_choices or self.instance.pk):
            self.fields["default"] = self._default()

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        found = dict(self.cleaned_data)
        if "default" in found and found["default"] in ("", [], None):
            found["default"] = None
        return found

    def _default(self) -> forms.Field:
        found = kind_of(self.instance).input(self.instance, self.instance.default)
        found.label, found.required, found.help_text = _("Default for new records"), False, ""
        if self.instance.default is not None:
            self.initial["default"] = kind_of(self.instance).initial(self.instance.default)
        else:
            self.initial.pop("default", None)
        return found

    def _post_clean(self) -> None:
        # the actions check the definition as a whole
        return None


class NewCustomFieldForm(CustomFieldForm):
    """A new field: its key too, and its choices."""

    key = forms.CharField(
        label=_("Key"), max_length=KEY_LENGTH, required=False,
        help_text=_("How the API and imports call it; made of the name where it is empty. It stays for ever."),
    )  # fmt: skip
    choices = forms.CharField(
        label=_("Choices"), max_length=13_000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One in each line, in the order they are offered."),
    )  # fmt: skip

    field_order = ("label", "label_en", "key", "choices", "hint")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not kind_of(self.instance).has_choices:
            del self.fields["choices"]

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        found = super().values()
        return found | {"choices": found.get("choices", "").splitlines()}


class ChoiceForm(forms.Form):
    """The label of a choice."""

    label = forms.CharField(label=pgettext_lazy("entry", "Name"), max_length=60)
