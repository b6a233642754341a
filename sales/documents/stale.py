"""Noticing that a document changed while somebody had its form open."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from crm.records.stale import fingerprint


def refuse_stale(document: Model, seen: str, watched: Iterable[str]) -> None:
    """ValidationError `stale` where a locked document is not what a form showed; without `seen` nothing was shown."""
    if seen and seen != fingerprint(document, watched):
        words = _("“%(document)s” has changed since you opened the form. Open it again.")
        raise ValidationError(words % {"document": document}, code="stale")
