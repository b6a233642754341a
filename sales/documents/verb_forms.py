"""What is asked before something is done with a record."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.approvals.routing import Preview


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}))


class CommentForm(forms.Form):
    """A word about it."""

    comment = forms.CharField(
        label=_("A word about it"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class SubmitForm(CommentForm):
    """A word for those who decide, and who they are where the flow leaves it to whoever submits."""

    def __init__(self, *args: Any, preview: Preview, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = [step.key for step in preview.steps if step.offered]
        for step in preview.steps:
            if step.offered:
                self.fields[f"chosen_{step.key}"] = forms.TypedMultipleChoiceField(
                    label=step.name, choices=[(person.pk, str(person)) for person in step.offered], coerce=int,
                    widget=forms.CheckboxSelectMultiple,
                )  # fmt: skip

    def chosen(self) -> dict[str, list[int]]:
        """The people chosen, by the key of their step."""
        return {key: self.cleaned_data[f"chosen_{key}"] for key in self.keys}
