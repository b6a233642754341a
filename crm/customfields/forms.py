"""The custom fields in the form of a record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from crm.attachments.receiving import received
from crm.customfields.definitions import fields_of
from crm.customfields.fields import kind_of
from crm.customfields.models import CustomField


class CustomFieldsForm(forms.BaseForm):
    """Adds a field for each custom field in use; they are named `custom.key`, as the refusals of the actions."""

    _custom: Mapping[str, CustomField] = MappingProxyType({})

    def add_custom_fields(self, label: str, values: Mapping[str, Any], *, is_new: bool) -> None:
        """Build the fields; a new record starts with the defaults."""
        self._custom = {one.member: one for one in fields_of(label).active}
        for name, one in self._custom.items():
            value = one.default if is_new else values.get(one.key)
            self.fields[name] = kind_of(one).input(one, value)
            if value is not None:
                self.initial[name] = kind_of(one).initial(value)

    def cover_custom_fields(self, *, is_entitled: bool, sees: bool, values: Mapping[str, Any]) -> None:
        """Take personal fields away from those who may not know them, and empty them for those who have to uncover."""
        for name, one in self._custom.items():
            if not one.is_personal:
                continue
            if not is_entitled:
                del self.fields[name]
            elif not sees and values.get(one.key) is not None:
                self.initial.pop(name, None)
                self.fields[name].required = False
                self.fields[name].help_text = _("Hidden. Leave it empty to keep the value, or enter a new one.")

    def take_files_away(self) -> None:
        """Ask for no file where the record shows none."""
        for name, one in self._custom.items():
            if one.kind == CustomField.Kind.FILE:
                self.fields.pop(name, None)

    @contextmanager
    def checked_files(self) -> Iterator[None]:
        """Put each upload of a valid form through the checks, for the block; ValidationError by `custom.key`."""
        with ExitStack() as stack:
            for name in self._custom:
                upload = self.cleaned_data.get(name)
                if isinstance(upload, UploadedFile):
                    (self.cleaned_data[name],) = stack.enter_context(received([upload], name))
            yield

    def custom_fields(self) -> list[forms.BoundField]:
        """The bound custom fields, for the template."""
        return [self[name] for name in self._custom if name in self.fields]

    def custom_values(self) -> dict[str, Any]:
        """Every custom value by key."""
        return {one.key: self.cleaned_data[name] for name, one in self._custom.items() if name in self.fields}

    def custom_changes(self) -> dict[str, Any]:
        """The custom values that were changed, as the actions take them: nothing, or `custom` with keys."""
        changed = set(self.changed_data)
        found = {key: value for key, value in self.custom_values().items() if f"custom.{key}" in changed}
        return {"custom": found} if found else {}
