"""What is done with roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.access.models import Grant, Role
from crm.access.rights import ALL, Right, catalogue
from crm.history.operations import operation

if TYPE_CHECKING:
    from crm.people.models import User


def add_role(*, actor: User, code: str, name: str, duty: str, **fields: Any) -> Role:
    """A new role without any right."""
    role = Role(code=code, name=name, duty=duty, position=Role.objects.count(), **fields)
    role.full_clean()
    with operation(actor, "role_added", role):
        role.save(force_insert=True)
    return role


def change_role(role: Role, *, actor: User, **fields: Any) -> None:
    """Write name, description and whether a second factor is asked for; the duty of a role never changes."""
    _refuse_own(role, actor)
    with operation(actor, "role_changed", role):
        for name, value in fields.items():
            setattr(role, name, value)
        role.full_clean()
        role.save(update_fields=list(fields))


def set_grants(role: Role, *, actor: User, scopes: Mapping[str, str]) -> None:
    """Let a role do exactly this: right → scope.

    ValidationError for a role one holds, an unknown right or scope, or a right that belongs to another duty.
    """
    _refuse_own(role, actor)
    rights = catalogue()
    for code, scope in scopes.items():
        _refuse_grant(role, rights.get(code), code, scope)
    with operation(actor, "role_grants_set", role):
        Role.objects.select_for_update().get(pk=role.pk)
        before = {grant.right: grant for grant in role.grants.all()}
        gone = [grant.pk for right, grant in before.items() if right not in scopes]
        Grant.objects.filter(pk__in=gone).delete()
        changed = [grant for right, grant in before.items() if right in scopes and grant.scope != scopes[right]]
        for grant in changed:
            grant.scope = scopes[grant.right]
        Grant.objects.bulk_update(changed, ["scope"])
        Grant.objects.bulk_create(
            Grant(role=role, right=right, scope=scope) for right, scope in scopes.items() if right not in before
        )


def remove_role(role: Role, *, actor: User) -> None:
    """Delete a role nobody holds."""
    with operation(actor, "role_removed", role):
        if role.holders.exists():
            raise ValidationError(_("%(name)s is still held by somebody.") % {"name": role})
        role.delete()


def _refuse_own(role: Role, actor: User) -> None:
    if role.holders.filter(pk=actor.pk).exists():
        raise ValidationError(_("Nobody changes a role they hold. Ask another security administrator."))


def _refuse_grant(role: Role, right: Right | None, code: str, scope: str) -> None:
    if right is None:
        raise ValidationError(_("There is no right “%(code)s”.") % {"code": code[:80]})
    allowed = Grant.Scope.values if right.has_rows else [ALL]
    if scope not in allowed:
        raise ValidationError(_("“%(right)s” has no scope “%(scope)s”.") % {"right": right.label, "scope": scope[:20]})
    if right.duty and right.duty != role.duty:
        raise ValidationError(
            _("“%(right)s” is only for %(duty)s roles.") % {"right": right.label, "duty": Role.Duty(right.duty).label}
        )
