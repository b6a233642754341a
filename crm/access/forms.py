"""Forms of the settings pages about roles."""

from __future__ import annotations

from typing import Any

from django import forms

from crm.access.models import Grant, Role
from crm.access.rights import ALL, Right, catalogue

NONE = [("", "—")]


class RoleForm(forms.ModelForm):
    """What a role is called and asks for."""

    class Meta:
        model = Role
        fields = ["name", "description", "requires_second_factor"]


class NewRoleForm(forms.ModelForm):
    """A new role."""

    class Meta:
        model = Role
        fields = ["name", "code", "duty", "description", "requires_second_factor"]


class GrantsForm(forms.Form):
    """One choice for each right a role of this duty may hold: a scope, or nothing."""

    def __init__(self, *args: Any, role: Role, **kwargs: Any) -> None:
        held = dict(role.grants.values_list("right", "scope"))
        super().__init__(*args, **kwargs)
        for right in catalogue().values():
            if not right.duty or right.duty == role.duty:
                self.fields[right.code] = self._field(right, held.get(right.code, ""))

    def _field(self, right: Right, scope: str) -> forms.Field:
        choices = NONE + [(value, label) for value, label in Grant.Scope.choices if right.has_rows or value == ALL]
        return forms.ChoiceField(label=right.label, choices=choices, initial=scope, required=False)

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The choices under the headings of the catalogue."""
        found: dict[str, list[forms.BoundField]] = {}
        for right in catalogue().values():
            if right.code in self.fields:
                found.setdefault(str(right.group), []).append(self[right.code])
        return list(found.items())

    def scopes(self) -> dict[str, str]:
        """Right → scope, without those that are not granted."""
        return {right: scope for right, scope in self.cleaned_data.items() if scope}
