"""Input about files."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.attachments.actions import LONGEST_NOTE
from crm.attachments.names import LONGEST


class RenameForm(forms.Form):
    """Another name, and what the file is about."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST)
    note = forms.CharField(label=_("Note"), max_length=LONGEST_NOTE, required=False)
