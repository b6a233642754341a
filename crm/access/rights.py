"""The catalogue of rights: one line each, with the scope every standard role gets (source: permission matrix)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

OWN, DEPARTMENT, BELOW, ALL = "own", "department", "below", "all"


@dataclass(frozen=True)
class Right:
    """Something a role may do; `grants` says which standard role gets it, and on which rows.

    A right without rows (`has_rows=False`) is granted with scope `all`. `duty` keeps administration apart from
    business: only roles of that duty may hold the right ("" = any).
    """

    code: str
    label: str | _StrPromise
    group: str | _StrPromise
    grants: dict[str, str] = field(default_factory=dict)
    has_rows: bool = True
    duty: str = ""


_PEOPLE = _("People and access")
_PLATFORM = _("Platform")

RIGHTS = [
    Right(
        "crm.view_user",
        _("See users and departments"),
        _PEOPLE,
        {"director": ALL, "admin": ALL, "security": ALL, "auditor": ALL},
        has_rows=False,
    ),
    Right(
        "crm.change_user",
        _("Add, change and disable users and departments"),
        _PEOPLE,
        {"admin": ALL},
        has_rows=False,
        duty="system",
    ),
    Right("crm.assign_role", _("Give roles to people"), _PEOPLE, {"security": ALL}, has_rows=False, duty="security"),
    Right("crm.view_role", _("See roles"), _PEOPLE, {"admin": ALL, "security": ALL, "auditor": ALL}, has_rows=False),
    Right(
        "crm.change_role", _("Change what roles may do"), _PEOPLE, {"security": ALL}, has_rows=False, duty="security"
    ),
    Right("crm.view_audit", _("Read the audit log"), _PLATFORM, {"security": ALL, "auditor": ALL}, has_rows=False),
    Right("crm.manage_base_data", _("Keep base data"), _PLATFORM, {"admin": ALL}, has_rows=False),
    Right("crm.manage_company", _("Change the company settings"), _PLATFORM, {"admin": ALL}, has_rows=False),
    Right("crm.manage_custom_field", _("Keep custom fields"), _PLATFORM, {"admin": ALL}, has_rows=False),
    Right(
        "crm.decide_export",
        _("Decide on exports above the daily limit"),
        _PLATFORM,
        {"director": ALL, "security": ALL},
        has_rows=False,
    ),
    Right("crm.manage_api_token", _("Make and revoke API tokens"), _PLATFORM, {"admin": ALL}, has_rows=False),
    Right(
        "crm.view_system",
        _("See jobs of everybody, outbox and health"),
        _PLATFORM,
        {"admin": ALL, "auditor": ALL},
        has_rows=False,
    ),
    Right("crm.retry_outbox", _("Retry work that failed for good"), _PLATFORM, {"admin": ALL}, has_rows=False),
    Right(
        "crm.share_view", _("Offer saved views to everyone"), _PLATFORM, {"director": ALL, "admin": ALL}, has_rows=False
    ),
    Right(
        "crm.view_approval",
        _("See approvals"),
        _PLATFORM,
        {"rep": OWN, "director": BELOW, "technician": OWN, "finance": ALL, "auditor": ALL},
    ),
    Right(
        "crm.decide_approval",
        _("Decide on documents put up to them"),
        _PLATFORM,
        {"director": ALL, "technician": ALL, "finance": ALL},
        has_rows=False,
        duty="business",
    ),
    Right(
        "crm.delegate_approval",
        _("Let a colleague decide in one's name"),
        _PLATFORM,
        {"director": ALL, "technician": ALL, "finance": ALL},
        has_rows=False,
        duty="business",
    ),
    Right("crm.manage_flow", _("Keep approval flows"), _PLATFORM, {"admin": ALL}, has_rows=False),
]


@cache
def catalogue() -> dict[str, Right]:
    """All rights of all apps by code, in the order of settings.HARBOUR_RIGHTS."""
    lists = [import_string(name) for name in settings.HARBOUR_RIGHTS]
    return {right.code: right for rights in lists for right in rights}
