"""What is done with people, departments and absences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.models import Role
from crm.history.operations import operation
from crm.people.belongings import belongings, close_belongings, lock_belongings
from crm.people.models import Absence, Department, PasswordRecord, User

KEY_DUTIES = (Role.Duty.SYSTEM, Role.Duty.SECURITY)


def add_user(*, actor: User | None, username: str, name: str, password: str, **fields: Any) -> User:
    """A new person who can sign in with a first password; roles are given apart, by security administration."""
    user = User(username=username, name=name, **fields)
    validate_password(password, user)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    with operation(actor, "user_added", user, facts={"username": username}):
        user.save(force_insert=True)
    return user


def change_user(user: User, *, actor: User, **fields: Any) -> None:
    """Write new facts about a person; a move to another department takes effect at their next click."""
    with operation(actor, "user_changed", user):
        _locked(user)
        for name, value in fields.items():
            setattr(user, name, value)
        user.full_clean(validate_constraints=False)
        user.save(update_fields=list(fields))


def set_first_password(user: User, *, actor: User, password: str) -> None:
    """Replace a forgotten password by one the person is told; sessions of the old one end."""
    if user == actor:
        raise ValidationError(_("Change your own password under “Change password”."))
    validate_password(password, user)
    with operation(actor, "user_password_replaced", user):
        PasswordRecord.objects.create(user=user, password=user.password)
        user.set_password(password)
        user.password_changed_at = None
        user.save(update_fields=["password", "password_changed_at"])


def set_roles(user: User, *, actor: User, roles: Sequence[Role]) -> None:
    """Give a person exactly these roles; nobody changes their own, and the three duties exclude each other."""
    if user == actor:
        raise ValidationError(_("Nobody changes their own roles. Ask another security administrator."))
    if len({role.duty for role in roles}) > 1:
        raise ValidationError(
            _("Nobody holds roles of two duties: %(names)s.") % {"names": ", ".join(str(role) for role in roles)}
        )
    with operation(actor, "user_roles_set", user, facts={"roles": sorted(role.code for role in roles)}):
        _locked(user)
        lost = set(user.roles.values_list("duty", flat=True)) - {role.duty for role in roles}
        _refuse_last_holder(user, lost)
        user.roles.set(roles)


def disable_user(user: User, *, actor: User, left_on: date | None = None) -> None:
    """Switch a person off: sessions end at the next click, tokens are revoked.

    Refused while the person still holds something that must not be left alone; leaving hands it over.
    """
    if user == actor:
        raise ValidationError(_("Nobody disables themselves."))
    with operation(actor, "user_disabled", user):
        lock_belongings(user)
        # what others write while they name this person may go on: only the row itself is held
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if held := held_by(user):
            raise ValidationError(held, code="still_holds")
        switch_off(user, left_on or timezone.localdate())


def switch_off(user: User, left_on: date) -> None:
    """Inside an operation: end a person's sessions and tokens; the last one of a key duty is refused."""
    refuse_last_holder(user)
    user.is_active, user.left_on = False, left_on
    user.save(update_fields=["is_active", "left_on"])
    user.api_tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
    close_belongings(user)


def enable_user(user: User, *, actor: User) -> None:
    """Let a person sign in again; revoked tokens stay revoked."""
    with operation(actor, "user_enabled", user):
        user.is_active, user.left_on = True, None
        user.save(update_fields=["is_active", "left_on"])


def held_by(user: User) -> list[str]:
    """What keeps a person from being disabled: a sentence for each kind of thing that must be handed over first."""
    kinds = [belonging for belonging in belongings().values() if belonging.holds_back]
    return [
        _("%(name)s still holds: %(what)s %(count)s.") % {"name": user, "what": belonging.label, "count": count}
        for belonging in kinds
        if (count := belonging.count(user))
    ]


def set_appearance(user: User, **choices: Any) -> None:
    """Keep a person's own choices of theme, row height, shortcuts and language; not a fact for the history."""
    for name, value in choices.items():
        setattr(user, name, value)
    user.save(update_fields=list(choices))


def add_department(*, actor: User, name: str, parent: Department | None = None, **fields: Any) -> Department:
    """A new node of the organisation."""
    department = Department(name=name, parent=parent, **fields)
    with operation(actor, "department_added", department):
        _hand_over_intake(department)
        department.full_clean()
        department.save(force_insert=True)
        department.path = [*(parent.path if parent else []), department.pk]
        department.save(update_fields=["path"])
    return department


def change_department(department: Department, *, actor: User, parent: Department | None = None, **fields: Any) -> None:
    """Rename or move a department; all below it move with it, and it cannot move below itself."""
    with operation(actor, "department_changed", department):
        rows = {row.pk: row for row in Department.objects.select_for_update().order_by("pk")}
        new_parent = rows[parent.pk] if parent else None
        if new_parent and department.pk in new_parent.path:
            raise ValidationError({"parent": _("A department cannot stand below itself.")})
        loses_intake = rows[department.pk].takes_intake and not fields.get("takes_intake", True)
        if loses_intake:
            raise ValidationError({"takes_intake": _("Choose another department for new customers first.")})
        for name, value in {"parent": new_parent, **fields}.items():
            setattr(department, name, value)
        _hand_over_intake(department)
        department.full_clean()
        department.save(update_fields=["parent", *fields])
        _repath(department, [*(new_parent.path if new_parent else []), department.pk])


def remove_department(department: Department, *, actor: User) -> None:
    """Delete a department that nobody and nothing belongs to."""
    with operation(actor, "department_removed", department):
        if department.children.exists() or department.members.exists():
            raise ValidationError(_("%(name)s still has people or departments below it.") % {"name": department})
        if department.takes_intake:
            raise ValidationError(_("Choose another department for new customers first."))
        try:
            department.delete()
        except ProtectedError:
            raise ValidationError(_("Records still belong to %(name)s. Move them first.") % {"name": department})


def add_absence(*, actor: User, user: User, deputy: User, starts_on: date, ends_on: date, note: str = "") -> Absence:
    """Somebody stands in for a person on these days."""
    absence = Absence(user=user, deputy=deputy, starts_on=starts_on, ends_on=ends_on, note=note)
    if not deputy.is_active:
        raise ValidationError({"deputy": _("%(name)s is disabled.") % {"name": deputy}})
    absence.full_clean()
    with operation(actor, "absence_added", user):
        absence.save()
    return absence


def remove_absence(absence: Absence, *, actor: User) -> None:
    """Forget an absence."""
    with operation(actor, "absence_removed", absence.user):
        absence.delete()


def _locked(user: User) -> None:
    User.objects.select_for_update().get(pk=user.pk)


def refuse_last_holder(user: User) -> None:
    """ValidationError where nobody else holds a duty the installation cannot be without."""
    _refuse_last_holder(user, set(user.roles.values_list("duty", flat=True)))


def _refuse_last_holder(user: User, duties: set[str]) -> None:
    for duty in duties & set(KEY_DUTIES):
        others = User.objects.active().exclude(pk=user.pk).filter(roles__duty=duty)
        if not others.exists():
            raise ValidationError(
                _("%(name)s is the last one for %(duty)s. Appoint somebody else first.")
                % {"name": user, "duty": Role.Duty(duty).label}
            )


def _hand_over_intake(department: Department) -> None:
    if department.takes_intake:
        Department.objects.filter(takes_intake=True).exclude(pk=department.pk).update(takes_intake=False)


def _repath(department: Department, path: list[int]) -> None:
    """Give a department and all below it their new paths."""
    old = department.path
    if old == path:
        return
    below = list(Department.objects.below(department.pk))
    for row in below:
        row.path = path + row.path[len(old) :]
    Department.objects.bulk_update(below, ["path"])
    department.path = path
