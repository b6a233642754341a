"""Kinds whose values point to something else: a colleague, a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from crm.attachments.actions import next_id
from crm.attachments.models import Attachment
from crm.attachments.receiving import CheckedFile
from crm.customfields.file_input import FileField
from crm.customfields.kinds import Kind, People, line
from crm.customfields.models import CustomField
from crm.people.models import User
from crm.ui.widgets import SearchSelect


class PersonKind(Kind):
    """A colleague, kept by id; one who has left may stay where they are."""

    may_be_personal = False
    _in_sql = (
        "(SELECT coalesce(nullif(u.name, ''), u.username) FROM crm_user u WHERE u.id = "
        "CASE WHEN jsonb_typeof(%(expressions)s->%(key)s) = 'number' THEN (%(expressions)s->>%(key)s)::numeric END)"
    )

    def clean(self, field: CustomField, given: Any, before: Any = None) -> int:
        """The id of a colleague: a user, a user name or an id."""
        if isinstance(given, User):
            return given.pk
        if isinstance(given, bool) or not isinstance(given, int | str) or len(str(given)) > 150:
            raise ValidationError(_("This must be the user name of a colleague."), code="bad_type")
        if given == before and before is not None:
            return int(before)
        named = {"pk": given} if isinstance(given, int) and 0 < given < 2**63 else {"username": str(given)}
        found = User.objects.active().filter(**named).values_list("pk", flat=True).first()
        return found or self._unknown(str(given))

    def read(self, field: CustomField, text: str) -> Any:
        """A colleague by name or user name."""
        word = line(text)
        if not word:
            return None
        found = list(User.objects.active().filter(Q(username=word) | Q(name=word)).values_list("pk", flat=True)[:2])
        return found[0] if len(found) == 1 else self._unknown(word)

    def shown(self, field: CustomField, value: Any, people: People) -> str:
        """The name."""
        return str(people.get(value, f"#{value}"))

    def told(self, value: Any, usernames: Mapping[int, str]) -> Any:
        """The user name."""
        return usernames.get(value)

    def input(self, field: CustomField, value: Any = None) -> forms.Field:
        """A list of colleagues."""
        people = User.objects.filter(Q(is_active=True) | Q(pk=value))
        return forms.ModelChoiceField(people, widget=SearchSelect, empty_label=_("not set"), **self._words(field))

    def _unknown(self, word: str) -> int:
        raise ValidationError(_("“%(value)s” is no colleague of ours."), code="bad_choice", params={"value": word[:40]})


class NewFile(dict[str, Any]):
    """A value whose file is still to be kept: its id is taken already, `file` is what came."""

    def __init__(self, file: CheckedFile) -> None:
        super().__init__(id=next_id(), name=file.name)
        self.file = file


class FileKind(Kind):
    """One file kept with the record, as `{"id": …, "name": …}`; in reach where the record is, so never personal."""

    may_be_personal = can_be_typed = False
    _in_sql = "(%(expressions)s->%(key)s->>'name')"

    def clean(self, field: CustomField, given: Any, before: Any = None) -> dict[str, Any]:
        """The file: one that came and was checked, or the id of one kept already (`keep_files` asks where)."""
        if isinstance(given, CheckedFile):
            return NewFile(given)
        pk = given.get("id") if isinstance(given, dict) else given
        if isinstance(pk, bool) or not isinstance(pk, int) or not 0 < pk < 2**63:
            raise ValidationError(_("This must be the id of a file kept with the record."), code="bad_type")
        if isinstance(before, dict) and before.get("id") == pk:
            return before
        name = Attachment.objects.live().filter(pk=pk).values_list("name", flat=True).first()
        if name is None:
            raise no_such_file(pk)
        return {"id": pk, "name": name}

    def shown(self, field: CustomField, value: Any, people: People) -> str:
        """Its name."""
        return str(value["name"])

    def input(self, field: CustomField, value: Any = None) -> forms.Field:
        """A file to choose."""
        return FileField(**self._words(field))


def no_such_file(pk: int) -> ValidationError:
    """The refusal of a file that is not kept with the record, wherever else it may be."""
    return ValidationError(_("The record has no file %(id)s."), code="bad_choice", params={"id": pk})
