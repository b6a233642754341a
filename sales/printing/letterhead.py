"""Our company on paper: one row, kept by an administrator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.identity import clean_line
from sales.printing.images import drawn_anew
from sales.printing.models import Letterhead

EDITABLE = (
    "name", "english_name", "tax_number", "address", "phone", "email", "website", "bank", "account",
    "legal_representative", "footer",
)  # fmt: skip
PICTURES = ("logo", "seal")


def letterhead() -> Letterhead:
    """The letterhead; a new one with the name of the installation where none was kept yet."""
    return Letterhead.objects.first() or Letterhead(name=settings.COMPANY_NAME)


def save_letterhead(*, actor: User, values: Mapping[str, Any]) -> Letterhead:
    """Keep what stands at the head and foot of documents."""
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    with operation(actor, "letterhead_changed", letterhead()):
        row = _locked()
        for name, value in values.items():
            setattr(row, name, clean_line(value or ""))
        row.clean_fields(exclude=[*PICTURES, "only"])
        row.save()
    return row


def keep_picture(*, actor: User, which: str, upload: BinaryIO) -> Letterhead:
    """Keep a logo or seal, drawn anew as PNG; ValidationError for what is no PNG or JPEG."""
    content = drawn_anew(upload)
    with operation(actor, f"{_known(which)}_changed", letterhead()):
        row = _locked()
        setattr(row, which, content)
        row.save()
    return row


def drop_picture(*, actor: User, which: str) -> Letterhead:
    """Print without a logo or seal again."""
    with operation(actor, f"{_known(which)}_dropped", letterhead()):
        row = _locked()
        if getattr(row, which) is None:
            raise ValidationError(_("There is no such picture."))
        setattr(row, which, None)
        row.save()
    return row


def _locked() -> Letterhead:
    Letterhead.objects.get_or_create(only=True, defaults={"name": settings.COMPANY_NAME})
    return Letterhead.objects.select_for_update(no_key=True).get()


def _known(which: str) -> str:
    if which not in PICTURES:
        raise ValidationError(_("There is no such picture."))
    return which
