"""Input about files."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.attachments.actions import LONGEST_NOTE
from crm.attachments.names import LONGEST
from crm.attachments.receiving import ACCEPT


class SeveralFiles(forms.ClearableFileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": ACCEPT, "multiple": True, **(attrs or {})})


class RenameForm(forms.Form):
    """Another name, and what the file is about."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST)
    note = forms.CharField(label=_("Note"), max_length=LONGEST_NOTE, required=False)
