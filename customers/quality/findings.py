"""What can be wrong with the details of a customer, in words, and where it is put right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class Finding:
    """One kind of fault; `field` of the edit form is where it is mended ("" = the contacts)."""

    code: str
    label: str | _StrPromise
    field: str


FINDINGS = {
    finding.code: finding
    for finding in [
        Finding("bad_credit_code", _("credit code cannot be right"), "credit_code"),
        Finding("bad_phone", _("phone cannot be right"), "phone"),
        Finding("bad_email", _("e-mail cannot be right"), "email"),
        Finding("no_contact", _("no contact"), ""),
        Finding("no_primary", _("no main contact"), ""),
        Finding("no_phone", _("no phone, neither here nor of a contact"), "phone"),
        Finding("no_credit_code", _("no credit code"), "credit_code"),
        Finding("no_industry", _("no industry"), "industry"),
        Finding("no_region", _("no region"), "region"),
        Finding("no_source", _("no source"), "source"),
        Finding("no_size", _("no size"), "size"),
        Finding("orphan", _("belongs to nobody for over 30 days"), ""),
        Finding("stale", _("nothing changed or followed up for long"), ""),
    ]
}
