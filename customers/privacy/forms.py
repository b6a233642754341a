"""Input about consents and requests of persons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.ui.widgets import DayInput, MomentInput
from customers.privacy.matching import Match
from customers.privacy.models import Consent, PersonRequest, Purpose


class ConsentForm(forms.ModelForm):
    """On which basis the data serves which purpose, and the proof."""

    class Meta:
        model = Consent
        fields = ("purpose", "basis", "channel", "given_at", "text_version", "evidence")
        widgets = {"given_at": MomentInput}
        help_texts = {"evidence": _("A file name, the number of a recording, an e-mail.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("purpose", "channel"):
            self.fields[name].choices = [("", _("Choose")), *self.fields[name].choices[1:]]  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        # the action checks the record as a whole
        return None


class WithdrawalForm(forms.Form):
    """What the person no longer wants, and how they said so."""

    purpose = forms.ChoiceField(label=_("purpose"), choices=Purpose.choices)
    channel = forms.ChoiceField(label=_("withdrawn"), choices=Consent.Channel.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].initial = Consent.Channel.PHONE


class PersonRequestForm(forms.ModelForm):
    """Who asks, and for what."""

    class Meta:
        model = PersonRequest
        fields = ("kind", "person_name", "phone", "email", "received_on", "wish")
        labels = {"person_name": _("Name")}
        widgets = {"received_on": DayInput, "wish": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("Choose")), *PersonRequest.Kind.choices]  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        # the action checks the record as a whole
        return None


class IdentityForm(forms.Form):
    """How we know who asks."""

    proof = forms.CharField(
        label=_("how the identity was checked"),
        max_length=200,
        help_text=_("Seen, called back, code sent; no number of an identity card."),
    )


class ApprovalForm(forms.Form):
    """Which contacts the person is."""

    contact_ids = forms.TypedMultipleChoiceField(
        label=_("The person is"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, matches: list[Match], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["contact_ids"]
        field.choices = [(match.contact_id, match.told) for match in matches]
        field.initial = [match.contact_id for match in matches if match.is_sure]


class AnswerForm(forms.Form):
    """What the person is told."""

    answer = forms.CharField(label=_("answer"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class BeginForm(forms.Form):
    """Whether an erasure takes the values out of texts as well."""

    with_texts = forms.BooleanField(label=_("Take name, phone and e-mail out of these texts as well"), required=False)
