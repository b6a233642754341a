"""The nine roles a new installation starts with; edited ones are left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from crm.access.models import Grant, Role
from crm.access.rights import catalogue

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

STANDARD_ROLES: list[tuple[str, str | _StrPromise, str, bool]] = [
    ("rep", _("Sales representative"), Role.Duty.BUSINESS, False),
    ("director", _("Sales director"), Role.Duty.BUSINESS, True),
    ("marketing", _("Marketing specialist"), Role.Duty.BUSINESS, False),
    ("agent", _("Service agent"), Role.Duty.BUSINESS, False),
    ("technician", _("Technician"), Role.Duty.BUSINESS, False),
    ("finance", _("Finance officer"), Role.Duty.BUSINESS, True),
    ("admin", _("System administrator"), Role.Duty.SYSTEM, True),
    ("security", _("Security administrator"), Role.Duty.SECURITY, True),
    ("auditor", _("Auditor"), Role.Duty.AUDIT, True),
]


@transaction.atomic
def load_standard_roles(language: str = "zh-hans") -> list[Role]:
    """Create the standard roles that do not exist yet, with the grants of the catalogue; never overwrite one."""
    known = set(Role.objects.values_list("code", flat=True))
    with translation.override(language):
        fresh = Role.objects.bulk_create(
            Role(code=code, name=str(name), duty=duty, requires_second_factor=asks, position=position)
            for position, (code, name, duty, asks) in enumerate(STANDARD_ROLES)
            if code not in known
        )
    by_code = {role.code: role for role in fresh}
    Grant.objects.bulk_create(
        Grant(role=by_code[code], right=right.code, scope=scope)
        for right in catalogue().values()
        for code, scope in right.grants.items()
        if code in by_code
    )
    return fresh
