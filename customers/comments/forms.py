"""Input of comments."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.comments.actions import LONGEST_CONTENT


class CommentForm(forms.Form):
    """What is said; @ and a name tells a colleague."""

    content = forms.CharField(
        label=_("Comment"),
        max_length=LONGEST_CONTENT,
        widget=forms.Textarea(attrs={"rows": 2, "data-mentions": ""}),
        help_text=_("@ and a colleague's name tells them."),
    )
    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial.setdefault("key", str(uuid.uuid4()))
