"""Exports: the rows of a list as a file, made in the background, in parts that survive anything.

A part is read by COPY, formatted by PostgreSQL as far as possible, and encoded by the safe writer; the person's rights
and the list's filter are asked again for every part.
"""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import BooleanField, Case, F, Func, Model, Q, QuerySet, Sum, TextField, Value, When
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm.access.masks import masked
from crm.access.reach import Reach
from crm.history.models import Operation
from crm.history.operations import operation
from crm.jobs.actions import start_job
from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job
from crm.people.models import User
from crm.records.filters import RecordFilterSet
from crm.records.selection import Selection
from crm.records.sheets import (
    ChoiceWidget,
    DayWidget,
    MomentWidget,
    NamedListWidget,
    RuleWidget,
    SheetField,
    SheetResource,
    WholeNumberWidget,
)
from crm.records.writers import FORMATS, SHEET_ROWS, ReadyCells, open_writer, ready_cells

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PART_ROWS = 10_000
VERB = "customers_exported"
CellMaker = Callable[[str], str]


@dataclass(frozen=True)
class Export:
    """What can be exported from one list: its resource and filter, the right, and names of listed ids (tags)."""

    title: str | _StrPromise
    resource: type[SheetResource]
    filterset: type[RecordFilterSet]
    right: str
    details_right: str
    names: Mapping[str, Callable[[], dict[int, str]]] = field(default_factory=dict)

    @property
    def model(self) -> type[Model]:
        """The record."""
        found: type[Model] = self.resource.record
        return found

    def rows(self, user: User, selection: Selection) -> QuerySet[Any]:
        """The chosen rows that the person may see and may export now."""
        manager: Any = self.model._default_manager
        if not user.reach.has(self.right):
            return manager.none()
        scope = user.reach.rows(self.right, manager.all().reach_path)
        scoped = manager.visible_to(user) if selection.is_all else manager.visible_to(user).live()
        return selection.rows(scoped if scope is None else scoped.filter(scope), self.filterset, user)

    def chosen(self, names: Iterable[str]) -> dict[str, SheetField]:
        """The columns of these names in the resource's order; ValidationError where there are none or unknown ones."""
        wanted, columns = list(names), self.resource.columns()
        if not wanted or not set(wanted) <= columns.keys():
            raise ValidationError(_("Choose at least one column of this list."), code="bad_columns")
        return {name: column for name, column in columns.items() if name in wanted}


@cache
def export_named(label: str) -> Export:
    """What settings.HARBOUR_EXPORTS says about a model; ValidationError for an unknown one."""
    if label not in settings.HARBOUR_EXPORTS:
        raise ValidationError(_("This list cannot be exported."), code="unknown_list")
    found: Export = import_string(settings.HARBOUR_EXPORTS[label])
    return found


def rows_left_today(user: User, right: str) -> int:
    """How many more rows a person may export today, by the scope of their right."""
    allowed: int = settings.EXPORT_ROWS_A_DAY.get(user.reach.scopes.get(right, ""), 0)
    start = datetime.combine(timezone.localdate(), time(), timezone.get_default_timezone())
    used = Operation.objects.filter(actor=user, verb=VERB, at__gte=start).aggregate(rows=Sum("row_count"))["rows"]
    return max(allowed - (used or 0), 0)


@transaction.atomic
def start_export(
    actor: User, model_label: str, selection: Selection, columns: Sequence[str], file_format: str, reason: str
) -> Job:
    """Start an export as a job; ValidationError in words where format, columns, reason or number of rows do not fit."""
    export = export_named(model_label)
    if not actor.reach.has(export.right):
        raise PermissionDenied(_("Your role does not include this."))
    if file_format not in FORMATS:
        raise ValidationError(_("There is no file format %(name)s.") % {"name": file_format}, code="bad_format")
    if not reason.strip():
        raise ValidationError(_("Say what the export is for."), code="no_reason")
    names = list(export.chosen(columns))
    with connection.cursor() as cursor:  # two exports at once may not share one allowance
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('export'), %s)", [actor.pk])
    count = export.rows(actor, selection).count()
    _refuse_wrong_count(count, rows_left_today(actor, export.right))
    facts = {"model": model_label, "columns": names, "format": file_format, **selection.as_params()}
    with operation(actor, VERB, reason=reason.strip(), row_count=count, facts=facts) as entry:
        return start_job(
            "export",
            _("Export: %(name)s (%(format)s)") % {"name": export.title, "format": file_format},
            requested_by=actor,
            params={
                "model": model_label,
                "columns": names,
                "format": file_format,
                "selection": selection.as_params(),
                "file": f"jobs/{secrets.token_hex(16)}",
            },
            operation=entry,
        )


def _refuse_wrong_count(count: int, left: int) -> None:
    if not count:
        raise ValidationError(_("There is nothing to export: no row you may export matches."), code="nothing")
    if count >= SHEET_ROWS:
        raise ValidationError(_("An Excel sheet holds 1,048,576 rows. Choose fewer rows, or CSV."), code="too_many")
    if count > left:
        raise ValidationError(
            _("%(count)d rows are too many: you may export %(left)d more today. Narrow the list down.")
            % {"count": count, "left": left},
            code="over_limit",
        )


class ExportRun(JobKind):
    """Parts of ten thousand rows by id, put together at the end."""

    file_right = "customers.export_customer"

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        """Cut the rows by id."""
        _export, rows = _rows(job)
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        job.total = len(ids)
        parts = [ids[at : at + PART_ROWS] for at in range(0, len(ids), PART_ROWS)]
        return [{"number": number, "first": part[0], "last": part[-1]} for number, part in enumerate(parts)]

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        """Write one part; written again after a crash, it replaces itself."""
        export, rows = _rows(job)
        rows = rows.filter(pk__gte=params["first"], pk__lte=params["last"])
        columns = export.chosen(job.params["columns"])
        encoded, count = encode_rows(export, rows, columns, job.params["format"], job.requested_by)
        part = _part(job, params["number"])
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(encoded)
        return Tally(count)

    def finish(self, job: Job) -> dict[str, Any]:
        """Put the parts together."""
        export, path = export_named(job.params["model"]), Path(settings.MEDIA_ROOT) / job.params["file"]
        headers = [column.header for column in export.chosen(job.params["columns"]).values()]
        parts = [_part(job, number) for number in range(job.chunks.count())]
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_writer(path, job.params["format"], headers, str(export.title)) as writer:
            for part in parts:
                writer.write_encoded(part.read_bytes())
        transaction.on_commit(partial(_forget, parts))
        job.file_out = job.params["file"]
        job.file_name = f"{export.title}-{timezone.localtime():%Y%m%d-%H%M}.{job.params['format']}"
        digest = sha256(path.read_bytes()).hexdigest()
        job.refresh_from_db(fields=["done"])
        return {"rows": job.done, "sha256": digest, "facts": [[_("Rows"), f"{job.done:,}"], ["SHA-256", digest]]}

    def cancelled(self, job: Job) -> None:
        """Nothing of an unfinished file stays."""
        _forget([_part(job, number) for number in range(job.chunks.count())])

    def failed(self, job: Job) -> None:
        """Nothing of an unfinished file stays."""
        self.cancelled(job)


def _rows(job: Job) -> tuple[Export, QuerySet[Any]]:
    export, selection = export_named(job.params["model"]), Selection.from_params(job.params["selection"])
    if not job.requested_by.reach.has(export.right):
        raise ValidationError(_("You may no longer export this list."))
    return export, export.rows(job.requested_by, selection)


def _part(job: Job, number: int) -> Path:
    return Path(settings.MEDIA_ROOT) / f"{job.params['file']}.part{number}"


def _forget(parts: Iterable[Path]) -> None:
    for part in parts:
        part.unlink(missing_ok=True)


# ── rows to bytes ──


def encode_rows(
    export: Export, rows: QuerySet[Any], columns: Mapping[str, SheetField], file_format: str, user: User
) -> tuple[bytes, int]:
    """The rows in order of their ids, encoded for the writer, and how many; contact details masked row by row."""
    cells = ready_cells(file_format)
    named = {name: read() for name, read in export.names.items() if name in columns}
    open_makers = [_maker(column, cells, named.get(name), False) for name, column in columns.items()]
    masked_makers = [_maker(column, cells, named.get(name), True) for name, column in columns.items()]
    opening, between, ending = (part.encode() for part in cells.frame)

    def encoded(values: list[str]) -> bytes:
        makers = open_makers if values.pop() == "t" else masked_makers
        made = cells.frame[1].join([make(value) for make, value in zip(makers, values, strict=True)])
        return opening + made.encode() + ending

    prepared = _prepared(export, rows, columns, file_format, user)
    if file_format == "csv":
        out = [
            b"%b\r\n" % row[:-3] if _HARMLESS_ROW(row) and not _ODD_BYTES(row) else encoded(_parsed(row))
            for row in _copied(prepared, "FORMAT csv")
        ]
    else:
        out = [encoded(_split(row)) for row in _copied(prepared, "NULL ''")]
    return b"".join(out), len(out)


# what PostgreSQL writes as CSV is taken over where no cell is quoted, every cell begins with an ASCII letter, a digit
# or a Chinese character, no character is one that XML or a spreadsheet dislikes, and nothing is masked (",t")
_HARMLESS_ROW = re.compile(
    rb"(?:[0-9A-Za-z\xe4-\xe9][^\",\x00-\x1f\x7f]*)?(?:,(?:[0-9A-Za-z\xe4-\xe9][^\",\x00-\x1f\x7f]*)?)*,t\n"
).fullmatch
_ODD_BYTES = re.compile(rb"\xc2[\x80-\x9f]|\xef\xb7|\xef\xbf").search


def _parsed(row: bytes) -> list[str]:
    return next(csv.reader(io.StringIO(bytes(row).decode(), newline="")))


def _split(row: bytes) -> list[str]:
    line = bytes(row).decode()[:-1]
    values = line.split("\t")
    return [_unescaped(value) for value in values] if "\\" in line else values


def _prepared(
    export: Export, rows: QuerySet[Any], columns: Mapping[str, SheetField], file_format: str, user: User
) -> QuerySet[Any]:
    prepared = export.resource.prepared(rows)
    expressions = {f"cell{at}": _expression(column, file_format) for at, column in enumerate(columns.values())}
    prepared = prepared.annotate(**expressions, sees=_sees_details(export, user))
    ordered: QuerySet[Any] = prepared.order_by("pk").values_list(*expressions, "sees")
    return ordered


def _copied(rows: QuerySet[Any], options: str) -> list[bytes]:
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT ({options})", params) as copy:
        return list(copy)


def _sees_details(export: Export, user: User) -> Any:
    """Whether a row's contact details go out in full: in the scope of that right, and never from the pool."""
    reach: Reach = user.reach
    path = export.model._default_manager.all().reach_path  # type: ignore[attr-defined]
    is_pooled = Q(**{f"{path}status": "pool"})
    scope = reach.rows(export.details_right, path)
    condition = ~is_pooled if scope is None else scope & ~is_pooled
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _expression(column: SheetField, file_format: str) -> Any:
    source = F(column.path)
    if isinstance(column.widget, MomentWidget):
        zone = f"%(expressions)s AT TIME ZONE '{settings.TIME_ZONE}'"
        shape = f"to_char({zone}, 'YYYY-MM-DD HH24:MI:SS')"
        if file_format == "xlsx":
            shape = f"round(extract(epoch FROM {zone}) / 86400 + 25569, 8)::text"
        return Func(source, template=shape, output_field=TextField())
    if isinstance(column.widget, DayWidget) and file_format == "xlsx":
        shape = (
            "CASE WHEN %(expressions)s < DATE '1900-03-01' THEN %(expressions)s::text "
            "ELSE (%(expressions)s - DATE '1899-12-30')::text END"
        )
        return Func(source, template=shape, output_field=TextField())
    if isinstance(column.widget, NamedListWidget):  # the sign keeps ids from being taken over as they are
        shape = "'=' || array_to_string(%(expressions)s, ',')"
        return Func(source, template=shape, output_field=TextField())
    if isinstance(column.widget, ChoiceWidget):
        labels = [
            When(**{column.path: choice.value}, then=Value(str(choice.label))) for choice in column.widget.choices
        ]
        return Case(*labels, default=None, output_field=TextField())
    if column.mask == "phone":  # mobiles are shown 3-4-4 here already; the widget knows how to show every other number
        return Func(source, template=_MOBILE, output_field=TextField())
    if isinstance(column.widget, DayWidget | WholeNumberWidget):
        return source
    return Func(source, template="NULLIF(%(expressions)s, '')", output_field=TextField())


_MOBILE = (
    "CASE WHEN %(expressions)s LIKE '+861__________' THEN substr(%(expressions)s, 4, 3) || ' ' || "
    "substr(%(expressions)s, 7, 4) || ' ' || substr(%(expressions)s, 11) ELSE NULLIF(%(expressions)s, '') END"
)


def _maker(column: SheetField, cells: ReadyCells, names: Mapping[int, str] | None, is_masked: bool) -> CellMaker:
    """What turns the database's text of a column into a cell."""
    widget, text = column.widget, cells.text
    if column.mask and is_masked:
        return lambda value: text(masked(column.mask, value))
    if isinstance(widget, MomentWidget):
        return cells.moment
    if isinstance(widget, DayWidget):
        return cells.day
    if isinstance(widget, WholeNumberWidget):
        return cells.number
    if isinstance(widget, NamedListWidget):
        known = names or {}
        return lambda value: text("、".join(known.get(int(one), "") for one in value[1:].split(",") if one))
    if isinstance(widget, RuleWidget):
        return _remembering(lambda value: text(widget.shown(value)))
    return text


def _remembering(make: CellMaker) -> CellMaker:
    made: dict[str, str] = {}

    def cell(value: str) -> str:
        if value not in made:
            made[value] = make(value)
        return made[value]

    return cell


_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), value) if "\\" in value else value
