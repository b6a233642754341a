"""The form field of a file: what is kept, a way to take it off, and a file to choose instead."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.attachments.receiving import ACCEPT


class FileInput(forms.ClearableFileInput):
    """Shows the kept file as a link; without script too."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """The control, and what is kept above it."""
        control = forms.FileInput({**self.attrs, "accept": ACCEPT}).render(name, None, attrs, renderer)
        if not isinstance(value, dict):
            return control
        clear = self.clear_checkbox_name(name)
        box = format_html(
            '<label class="check"><input type="checkbox" name="{}" id="id_{}">{}</label>', clear, clear, _("Remove")
        )
        return format_html(
            '<span class="bar"><a class="trunc" href="{}">{}</a>{}</span>{}',
            reverse("attachments:detail", args=[value["id"]]), value["name"], "" if self.is_required else box, control,
        )  # fmt: skip


class FileField(forms.FileField):
    """A file somebody chooses; what was kept stays where none is chosen. What is in it is checked later."""

    widget = FileInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty_file=True, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The upload, what was kept, or None where it is taken off."""
        return super().clean(data, initial) or None
