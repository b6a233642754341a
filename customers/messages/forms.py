"""Input about mails to contacts."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.ui.widgets import MomentInput
from customers.messages.models import ContactMail
from customers.privacy.models import Purpose


class MailForm(forms.ModelForm):
    """What is written to a person, for which purpose, and when it goes."""

    send_at = forms.DateTimeField(
        label=_("Send at"), required=False, widget=MomentInput, help_text=_("Empty = at once.")
    )
    purpose = forms.ChoiceField(
        label=_("Purpose"), choices=[(one.value, one.label) for one in (Purpose.SALES, Purpose.MAILING)]
    )

    class Meta:
        model = ContactMail
        fields = ("subject", "body", "purpose", "send_at")
        widgets = {"body": forms.Textarea(attrs={"rows": 8})}

    def _post_clean(self) -> None:
        # the action checks the record as a whole
        return None
