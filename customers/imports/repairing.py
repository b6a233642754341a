"""Repairs after the check: one refused row, or all rows of one cause and value at once; nothing reaches customers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.jobs.actions import start_job
from crm.people.models import User
from customers.base_data.lookups import Lookups
from customers.customers.resources import CustomerResource
from customers.imports.actions import count_outcomes
from customers.imports.causes import LEFT_OUT, ONE_OF_A_KIND, Cause, rows_with
from customers.imports.checking import Checker, stage
from customers.imports.cleaning import EMPTY, Cleaned
from customers.imports.models import ImportRow, ImportSet
from customers.imports.receiving import locked_import

AT_ONCE = 4000  # rows repaired while one waits; more are left to a job
CELL_LENGTH = 5000
State = ImportSet.State
Outcome = ImportRow.Outcome


class Choice(models.TextChoices):
    """What becomes of all rows of a group."""

    SET = "set", gettext_lazy("Replace")
    CLEAR = "clear", gettext_lazy("Leave empty")
    LEAVE_OUT = "leave_out", gettext_lazy("Leave out")
    CHECK = "check", gettext_lazy("Check again")


class Repaired(NamedTuple):
    """How many rows were repaired, how many of them pass now, and whether a job goes on with it."""

    rows: int
    passed: int
    is_running: bool = False


@transaction.atomic
def repair_row(row: ImportRow, cells: dict[int, str], *, actor: User, check: int) -> ImportRow:
    """Correct cells of a refused row (column number → text) and check that row again.

    `check` is the job whose result the person saw; ValidationError ("stale", "state") where it is not the latest.
    """
    import_set = _open_import(row.import_set, check)
    current = import_set.rows.get(row_number=row.row_number)
    if current.outcome not in (Outcome.REFUSED, Outcome.DUPLICATE):
        raise ValidationError(_("Only refused rows are repaired."), code="stale")
    if any(not 0 <= at < import_set.width for at in cells):
        raise ValidationError(_("The mapping names a column the file does not have."), code="unknown_column")
    _decide_again(import_set, [(row.row_number, _with_cells(current.cells, cells))], actor)
    count_outcomes(import_set)
    return import_set.rows.get(row_number=row.row_number)


@transaction.atomic
def repair_rows(
    import_set: ImportSet, shared: Cause, choice: str, text: str = "", *, actor: User, check: int, count: int
) -> Repaired:
    """Do the same with all refused rows of one cause and value, and check them again.

    `check` and `count` say what the person saw: ValidationError ("stale", "state") where the import is at work, was
    checked anew or holds another number of such rows by now. Groups larger than AT_ONCE go on as a job.
    """
    locked = _open_import(import_set, check)
    text = text if choice == Choice.SET else ""
    _refuse_choice(shared, choice, text, actor)
    rows = rows_with(locked, shared)
    if (found := rows.count()) != count or not found:
        raise ValidationError(
            _("These rows were changed meanwhile: %(before)s were shown, now there are %(now)s.")
            % {"before": count, "now": found},
            code="stale",
        )
    if choice == Choice.LEAVE_OUT:
        rows.update(errors={"": [LEFT_OUT, {}]})
        return Repaired(found, 0)
    if found > AT_ONCE:
        _start_repair(locked, shared, choice, text, actor)
        return Repaired(found, 0, is_running=True)
    passed = repair_part(locked, list(rows), shared, choice, text, actor)
    count_outcomes(locked)
    return Repaired(found, passed)


def repair_part(
    import_set: ImportSet, rows: Collection[ImportRow], shared: Cause, choice: str, text: str, actor: User
) -> int:
    """Put the same right in all these rows and check them again; how many pass."""
    changed = [(row.row_number, row.cells) for row in rows]
    if choice != Choice.CHECK:
        at = next(int(at) for at, name in import_set.mapping.items() if name == shared.field)
        changed = [(row.row_number, _corrected(row, shared.field, at, text)) for row in rows]
    decided = _decide_again(import_set, changed, actor)
    return sum(row.outcome not in (Outcome.REFUSED, Outcome.DUPLICATE) for row in decided)


def _open_import(import_set: ImportSet, check: int) -> ImportSet:
    locked = locked_import(import_set)
    if locked.state != State.CHECKED:
        raise ValidationError(_("This import is %(state)s.") % {"state": locked.get_state_display()}, code="state")
    if locked.job_id != check:
        raise ValidationError(_("This import was checked anew meanwhile. Look at the rows again."), code="stale")
    return locked


def _refuse_choice(shared: Cause, choice: str, text: str, actor: User) -> None:
    column = CustomerResource.importable(actor).get(shared.field)
    if choice == Choice.LEAVE_OUT or (choice == Choice.CHECK and shared.code == LEFT_OUT):
        return
    if column is None:
        raise ValidationError(_("You may not fill the field %(name)s.") % {"name": shared.field}, code="no_right")
    if choice == Choice.CLEAR and not column.required:
        return
    if choice != Choice.SET or shared.field in ONE_OF_A_KIND:
        raise ValidationError(
            _("%(field)s cannot be repaired for many rows at once.") % {"field": column.header}, code="unknown_choice"
        )
    if column.widget.clean(text, lookups=Lookups()) in EMPTY:
        raise ValidationError(_("Choose or type what stands there instead."), code="required")


def _corrected(row: ImportRow, field: str, at: int, text: str) -> list[str]:
    before = row.cells[at] if at < len(row.cells) else ""
    widget, (_code, values) = CustomerResource.columns()[field].widget, row.errors[field]
    return _with_cells(row.cells, {at: widget.corrected(before, values.get("value", ""), text)})


def _start_repair(import_set: ImportSet, shared: Cause, choice: str, text: str, actor: User) -> None:
    job = start_job(
        "customer-import-repair",
        _("Repair of %(file)s") % {"file": import_set.file_name},
        requested_by=actor,
        params={"import_set": import_set.pk, "cause": list(shared), "choice": choice, "text": text},
    )
    ImportSet.objects.filter(pk=import_set.pk).update(state=State.CHECKING, job=job, error="")


def _decide_again(import_set: ImportSet, rows: Collection[tuple[int, list[str]]], actor: User) -> list[Cleaned]:
    import_set.requested_by = actor
    decided = Checker(import_set).decide(rows)
    staged = import_set.rows.filter(row_number__in=[row.row_number for row in decided])
    staged._raw_delete(staged.db)  # nothing points to staged rows
    stage(import_set, decided)
    return decided


def _with_cells(cells: Sequence[str], changed: dict[int, str]) -> list[str]:
    """The cells of a row with some replaced; a short row grows as far as needed."""
    width = max([len(cells), *(at + 1 for at in changed)])
    return [
        changed[at][:CELL_LENGTH].replace("\0", "") if at in changed else cells[at] if at < len(cells) else ""
        for at in range(width)
    ]
