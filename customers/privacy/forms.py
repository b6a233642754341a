"""Input about consents."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.ui.widgets import MomentInput
from customers.privacy.models import Consent, Purpose


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
