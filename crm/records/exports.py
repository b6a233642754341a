"""Exports: the rows of a list as a file, made in the background, in parts that survive anything.

Each part is read and encoded by crm.records.copied; the person's rights and the list's filter are asked again for it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cache, partial
from hashlib import file_digest
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.history.models import Operation
from crm.history.operations import operation
from crm.jobs.actions import start_job
from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job
from crm.people.models import User
from crm.records.copied import write_copied
from crm.records.filters import Names, RecordFilterSet
from crm.records.parts import id_parts
from crm.records.selection import Selection
from crm.records.sheets import SheetField, SheetResource
from crm.records.writers import FORMATS, SHEET_ROWS, open_writer

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PART_ROWS = 20_000
VERB = "customers_exported"
_REACHED = re.compile(r"\S+@\S*|[+(]?\d[\d\s()-]{5,}")


@dataclass(frozen=True)
class Export:
    """What can be exported from one list: its resource and filter, the right, names of listed ids (tags), in which
    rows a column is hidden from a person, and the names of what its filter chooses by id.
    """

    title: str | _StrPromise
    resource: type[SheetResource]
    filterset: type[RecordFilterSet]
    right: str
    details_right: str
    names: Mapping[str, Callable[[], dict[int, str]]] = field(default_factory=dict)
    hidden: Callable[[User], Mapping[str, Q]] = lambda user: {}
    look_up: Callable[[dict[str, set[int]]], Names] = lambda wanted: {}

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

    def details_open(self, user: User) -> Q:
        """The rows whose contact details go out in full: in the scope of that right, and never from the pool."""
        path = self.model._default_manager.all().reach_path  # type: ignore[attr-defined]
        scope = user.reach.rows(self.details_right, path)
        is_open = ~Q(**{f"{path}status": "pool"})
        return is_open if scope is None else scope & is_open

    def chosen(self, names: Iterable[str]) -> dict[str, SheetField]:
        """The columns of these names in the resource's order; ValidationError where there are none or unknown ones."""
        wanted, columns = list(names), self.resource.columns()
        if not wanted or not set(wanted) <= columns.keys():
            raise ValidationError(_("Choose at least one column of this list."), code="bad_columns")
        return {name: column for name, column in columns.items() if name in wanted}

    def has_details(self, names: Iterable[str], user: User) -> bool:
        """Whether a file of these columns would hold contact details in full."""
        return user.reach.has(self.details_right) and any(column.mask for column in self.chosen(names).values())

    def told(self, selection: Selection, user: User) -> str:
        """The filter in words ("" for the whole list); what it says of a masked field stays out."""
        if not selection.is_all:
            return ngettext("%(count)d chosen row", "%(count)d chosen rows", len(selection.ids)) % {
                "count": len(selection.ids)
            }
        filters = self.filterset(QueryDict(selection.query), self.model._default_manager.none(), user)
        filters.rows()
        wanted = filters.wanted_names()
        customers = {pk: f"#{pk}" for pk in wanted.pop("customer", ())}  # a number: deciders learn no names
        names = {**self.look_up(wanted), "customer": customers}
        said = [f"{_('Search')}: {_unnumbered(words)}"] if (words := filters.set_values().get("q")) else []
        for chip in filters.chosen(names):
            is_hidden = chip.name in filters.masked_filters or getattr(filters.filters[chip.name], "is_personal", False)
            said.append(f"{chip.label}: {'****' if is_hidden else chip.text}")
        return "; ".join(said)


def _unnumbered(words: str) -> str:
    """A search text without what may be a phone or an e-mail in it."""
    return _REACHED.sub("****", words)


@cache
def export_named(label: str) -> Export:
    """What settings.HARBOUR_EXPORTS says about a model; ValidationError for an unknown one."""
    if label not in settings.HARBOUR_EXPORTS:
        raise ValidationError(_("This list cannot be exported."), code="unknown_list")
    found: Export = import_string(settings.HARBOUR_EXPORTS[label])
    return found


def rows_left_today(user: User, right: str) -> int:
    """How many more rows a person may export today, by the scope of their right; what somebody granted is besides."""
    allowed: int = settings.EXPORT_ROWS_A_DAY.get(user.reach.scopes.get(right, ""), 0)
    start = datetime.combine(timezone.localdate(), time(), timezone.get_default_timezone())
    done = Operation.objects.filter(actor=user, verb=VERB, at__gte=start).exclude(facts__has_key="request")
    return max(allowed - (done.aggregate(rows=Sum("row_count"))["rows"] or 0), 0)


@dataclass(frozen=True)
class Order:
    """An export as a person wants it: which list, which rows and columns, in which format, what for."""

    model: str
    selection: Selection
    columns: Sequence[str]
    file_format: str
    reason: str


@transaction.atomic
def start_export(
    actor: User, model_label: str, selection: Selection, columns: Sequence[str], file_format: str, reason: str
) -> Job:
    """Start an export as a job; ValidationError in words where format, columns, reason or number of rows do not fit."""
    order = Order(model_label, selection, columns, file_format, reason)
    hold_allowance(actor)
    count = count_ordered(actor, order)
    _refuse_above_limit(count, rows_left_today(actor, export_named(model_label).right))
    return begin_export(actor, order, count)


def hold_allowance(actor: User) -> None:
    """Let no two exports of a person share one allowance, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('export'), %s)", [actor.pk])


def count_ordered(actor: User, order: Order) -> int:
    """How many rows the file would have; ValidationError in words for an order that makes no sense."""
    export = export_named(order.model)
    if not actor.reach.has(export.right):
        raise PermissionDenied(_("Your role does not include this."))
    if order.file_format not in FORMATS:
        raise ValidationError(_("There is no file format %(name)s.") % {"name": order.file_format}, code="bad_format")
    if not order.reason.strip():
        raise ValidationError(_("Say what the export is for."), code="no_reason")
    export.chosen(order.columns)
    count = export.rows(actor, order.selection).count()
    _refuse_wrong_count(count)
    return count


def begin_export(actor: User, order: Order, count: int, **facts: Any) -> Job:
    """Write an export into the history and queue its job; its order and number of rows are checked already."""
    export, selection = export_named(order.model), order.selection.as_params()
    names = list(export.chosen(order.columns))
    said = {
        "model": order.model,
        "columns": names,
        "format": order.file_format,
        **selection,
        "filter": export.told(order.selection, actor),
        "details": export.has_details(names, actor),
        **facts,
    }
    with operation(actor, VERB, reason=order.reason.strip(), row_count=count, facts=said) as entry:
        return start_job(
            "export",
            _("Export: %(name)s (%(format)s)") % {"name": export.title, "format": order.file_format},
            requested_by=actor,
            params={
                "model": order.model,
                "columns": names,
                "format": order.file_format,
                "selection": selection,
                "rows": count,
                "reach": _reach(export, actor),
                "file": f"jobs/{secrets.token_hex(16)}",
            },
            operation=entry,
        )


def _refuse_wrong_count(count: int) -> None:
    if not count:
        raise ValidationError(_("There is nothing to export: no row you may export matches."), code="nothing")
    if count >= SHEET_ROWS:
        raise ValidationError(_("An Excel sheet holds 1,048,576 rows. Choose fewer rows, or CSV."), code="too_many")


def _refuse_above_limit(count: int, left: int) -> None:
    if count > left:
        raise ValidationError(
            _("%(count)d rows are too many: you may export %(left)d more today. Narrow the list down.")
            % {"count": count, "left": left},
            code="over_limit",
        )


class ExportRun(JobKind):
    """Parts of twenty thousand rows by id, put together at the end."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        """Cut the rows by id; of a list that has grown since, as many rows as were counted when it was allowed."""
        _export, rows = _rows(job)
        parts: list[dict[str, Any]] = []
        left = job.params["rows"]
        for part in id_parts(rows, PART_ROWS):
            size = min(part.size, left)
            left -= size
            if size:
                parts.append({"number": len(parts), "first": part.first, "last": part.last, "size": size})
        job.total = job.params["rows"] - left
        return parts

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        """Write one part; written again after a crash, it replaces itself."""
        export, rows = _rows(job)
        rows = rows.filter(pk__gte=params["first"], pk__lte=params["last"])
        count = _write_part(job, params["number"], export, rows)
        if count > params["size"]:
            planned = rows.order_by("pk").values("pk")[: params["size"]]
            count = _write_part(job, params["number"], export, rows.filter(pk__in=planned))
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
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        job.refresh_from_db(fields=["done"])
        facts = [[_("Rows"), f"{job.done:,}"], ["SHA-256", digest]]
        return {"rows": job.done, "sha256": digest, "facts": facts}

    def refuse_file(self, job: Job, actor: User) -> None:
        """PermissionDenied without the right to export, ValidationError where its maker reaches other rows now."""
        export = export_named(job.params["model"])
        if not actor.reach.has(export.right):
            raise PermissionDenied(_("Your role does not include this."))
        _refuse_other_reach(job, export, actor)

    def cancelled(self, job: Job) -> None:
        """Nothing of an unfinished file stays."""
        _forget([_part(job, number) for number in range(job.chunks.count())])

    def failed(self, job: Job) -> None:
        """Nothing of an unfinished file stays."""
        self.cancelled(job)


def _reach(export: Export, user: User) -> dict[str, Any]:
    """What decides which rows and details a person may take out."""
    view_right = f"{export.model._meta.app_label}.view_{export.model._meta.model_name}"
    return user.reach.extent(export.right, export.details_right, view_right)


def _refuse_other_reach(job: Job, export: Export, user: User) -> None:
    if job.params.get("reach") != _reach(export, user):
        text = _("What you may export has changed since. Start again to get a new file.")
        raise ValidationError(text, code="gone")


def _rows(job: Job) -> tuple[Export, QuerySet[Any]]:
    export, selection = export_named(job.params["model"]), Selection.from_params(job.params["selection"])
    if not job.requested_by.reach.has(export.right):
        raise ValidationError(_("You may no longer export this list."))
    _refuse_other_reach(job, export, job.requested_by)
    return export, export.rows(job.requested_by, selection)


def _write_part(job: Job, number: int, export: Export, rows: QuerySet[Any]) -> int:
    part = _part(job, number)
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("wb") as file:
        return write_rows(export, rows, job.params["columns"], job.params["format"], job.requested_by, file)


def write_rows(
    export: Export, rows: QuerySet[Any], columns: Iterable[str], file_format: str, user: User, file: IO[bytes]
) -> int:
    """Write the rows in order of their ids as the format's writer would, details masked row by row; how many."""
    chosen = export.chosen(columns)
    names = {name: read() for name, read in export.names.items() if name in chosen}
    is_open, hidden = export.details_open(user), export.hidden(user)
    return write_copied(export.resource.prepared(rows), chosen, names, is_open, file_format, file, hidden)


def _part(job: Job, number: int) -> Path:
    return Path(settings.MEDIA_ROOT) / f"{job.params['file']}.part{number}"


def _forget(parts: Iterable[Path]) -> None:
    for part in parts:
        part.unlink(missing_ok=True)
