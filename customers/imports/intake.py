"""An import in one step, as other systems ask for it: receive the file, map its columns, start the dry run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from crm.jobs.models import Job
from crm.people.models import User
from customers.imports import actions, receiving
from customers.imports.models import ImportSet


def receive_and_check(
    actor: User, upload: UploadedFile[Any], *, mapping: Mapping[str, str] | None = None, **choices: Any
) -> tuple[ImportSet, Job]:
    """Keep a spreadsheet and start its dry run; ValidationError where anything is wrong, and then nothing is kept.

    `mapping` leads from headers or column numbers (from 0) to fields, None: as proposed; `choices` are those of
    `map_columns`.
    """
    received: list[ImportSet] = []
    try:
        with transaction.atomic():
            import_set = receiving.receive_file(actor, upload)
            received.append(import_set)
            columns = import_set.mapping if mapping is None else _by_number(import_set, mapping)
            mapped = actions.map_columns(import_set, columns, actor=actor, **choices)
            return mapped, actions.start_check(mapped, actor=actor)
    except BaseException:
        for import_set in received:
            receiving.file_of(import_set).unlink(missing_ok=True)
            receiving.rows_file_of(import_set).unlink(missing_ok=True)
        raise


def _by_number(import_set: ImportSet, mapping: Mapping[str, str]) -> dict[str, str]:
    numbers = {header: str(at) for at, header in reversed(list(enumerate(import_set.headers)))}
    known = {str(at) for at in range(import_set.width)}
    if unknown := [column for column in mapping if column not in numbers and column not in known]:
        raise ValidationError(
            {"mapping": _("The file has no column “%(name)s”.") % {"name": unknown[0][:60]}}, code="unknown_column"
        )
    return {numbers.get(column, column): field for column, field in mapping.items()}
