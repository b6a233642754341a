"""Bringing the refusal of an action back to the form it came from."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError


def refused(form: forms.BaseForm, refusal: ValidationError) -> None:
    """Put what an action refused at the fields it names, and the rest above the form."""
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, errors in refusal.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


def has_code(refusal: ValidationError, code: str) -> bool:
    """Whether a refusal, or one of those it gathers, is of a kind."""
    gathered = refusal.error_dict.values() if hasattr(refusal, "error_dict") else [refusal.error_list]
    return any(error.code == code for errors in gathered for error in errors)
