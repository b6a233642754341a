"""What a customer answers."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class AnswerForm(forms.Form):
    """Accepted or not, by whom, and why."""

    name = forms.CharField(label=_("Your name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    note = forms.CharField(
        label=_("What should be different, or a remark"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    answer = forms.ChoiceField(choices=[("accept", ""), ("decline", "")])
