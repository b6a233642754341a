"""Repairs on the page of a checked import: one row, or all of a cause at once."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from crm.records.forms import has_code
from customers.imports.forms import RepairForm
from customers.imports.models import ImportSet
from customers.imports.repairing import Choice, Repaired, repair_row, repair_rows
from customers.imports.tables import RowReader
from customers.imports.views import RIGHT, outcome_of, page_of, summary_of
from customers.imports.wording import outcome_labels


@require_POST
@needs(RIGHT, model=ImportSet)
def import_row_repair(request: SignedInRequest, import_set: ImportSet, row_number: int) -> HttpResponse:
    row = import_set.rows.filter(row_number=min(row_number, 2**31 - 1)).first()
    if row is None:
        raise Http404
    cells = {
        int(name.removeprefix("cell_")): str(text)
        for name, text in request.POST.items()
        if name.startswith("cell_") and name.removeprefix("cell_").isascii() and name.removeprefix("cell_").isdigit()
    }
    error, status = "", 200
    try:
        row = repair_row(row, cells, actor=request.user, check=_number(request.POST.get("check", "")))
    except ValidationError as refusal:
        error, status = " ".join(refusal.messages), _refusal_status(refusal)
    fresh = _as_it_stands(request, import_set)
    if getattr(request, "htmx", False):
        line = RowReader(fresh).lines([row])[0]
        shown = outcome_of(request, fresh)
        context = {"line": line, "import_set": fresh, "error": error, "is_answer": True, **summary_of(fresh, shown)}
        return render(request, "customers/imports/_repaired.html", context, status=status)
    if error:
        messages.error(request, error)
        return page_of(request, fresh, status)
    labels = {name: label for name, label, _tone in outcome_labels()}
    text = _("Row %(row)s: %(outcome)s") % {"row": row_number, "outcome": labels[row.outcome]}
    messages.success(request, text)
    return redirect(f"{fresh.get_absolute_url()}?outcome={outcome_of(request, fresh)}")


@require_POST
@needs(RIGHT, model=ImportSet)
def import_repair(request: SignedInRequest, import_set: ImportSet) -> HttpResponse:
    """Repair all rows of one cause and value at once."""
    form = RepairForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(_("Choose what becomes of these rows."), code="unknown_choice")
        wishes = {name: form.cleaned_data[name] for name in ("choice", "text", "check", "count")}
        done = repair_rows(import_set, form.shared(), actor=request.user, **wishes)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return page_of(request, _as_it_stands(request, import_set), _refusal_status(refusal))
    messages.success(request, _said(done, wishes["choice"]))
    return redirect(import_set)


def _said(done: Repaired, choice: str) -> str:
    values = {"rows": done.rows, "passed": done.passed, "left": done.rows - done.passed}
    if done.is_running:
        return ngettext(
            "%(rows)s row is being repaired.", "%(rows)s rows are being repaired.", done.rows
        ) % values  # fmt: skip
    if choice == Choice.LEAVE_OUT:
        return ngettext("%(rows)s row left out.", "%(rows)s rows left out.", done.rows) % values
    return ngettext(
        "%(rows)s row checked again: %(passed)s passes, %(left)s is still left out.",
        "%(rows)s rows checked again: %(passed)s pass, %(left)s are still left out.",
        done.rows,
    ) % values  # fmt: skip


def _as_it_stands(request: SignedInRequest, import_set: ImportSet) -> ImportSet:
    fresh = ImportSet.objects.visible_to(request.user).select_related("job").get(pk=import_set.pk)
    fresh.requested_by = request.user
    return fresh


def _refusal_status(refusal: ValidationError) -> int:
    if has_code(refusal, "stale") or has_code(refusal, "state"):
        return 409
    return 403 if has_code(refusal, "no_right") else 422


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
