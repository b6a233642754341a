"""Pages of imports: the list with the upload, and one page per import that follows its state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access.gate import SignedInRequest, needs
from crm.jobs.actions import cancel_job
from customers.customers.resources import CustomerResource
from customers.imports import actions, receiving
from customers.imports.causes import Cause, causes, groups, long_lists, rows_with
from customers.imports.forms import MappingForm, ReadingForm, UploadForm
from customers.imports.models import ImportSet
from customers.imports.results import result_file, template_file
from customers.imports.tables import RowReader
from customers.imports.wording import outcome_labels

RIGHT = "customers.import_customer"
STEPS = [
    gettext_lazy("Upload"),
    gettext_lazy("Map columns"),
    gettext_lazy("Check"),
    gettext_lazy("Import"),
    gettext_lazy("Import result"),
]
ROWS_SHOWN = 50
RECENT = 50
State = ImportSet.State
_STEP = {
    State.UPLOADED: 2, State.FAILED: 2, State.CANCELLED: 2, State.CHECKING: 3, State.CHECKED: 3, State.APPLYING: 4,
    State.APPLIED: 5, State.UNDOING: 5, State.UNDONE: 5,
}  # fmt: skip
STATE_TONES = {
    State.APPLIED: "green", State.UNDONE: "amber", State.FAILED: "red", State.CHECKED: "blue", State.CHECKING: "blue",
    State.APPLYING: "blue", State.UNDOING: "blue",
}  # fmt: skip


@require_GET
@needs(RIGHT)
def import_list(request: SignedInRequest) -> HttpResponse:
    return _list_page(request, UploadForm())


@require_http_methods(["GET", "POST"])
@needs(RIGHT)
def import_new(request: SignedInRequest) -> HttpResponse:
    if request.method == "GET":
        return redirect("customers:import_list")
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        upload: UploadedFile[Any] = form.cleaned_data["file"]
        try:
            return redirect(receiving.receive_file(request.user, upload))
        except ValidationError as refusal:
            form.add_error("file", refusal)
    return _list_page(request, form, status=422)


def _list_page(request: SignedInRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    recent = list(ImportSet.objects.visible_to(request.user).defer("head", "headers", "mapping")[:RECENT])
    for one in recent:
        one.tone = STATE_TONES.get(one.state, "gray")
        one.skipped = one.counts.get("duplicate", 0) + one.counts.get("unchanged", 0)
    context = {"steps": STEPS, "form": form, "imports": recent}
    return render(request, "customers/imports/list.html", context, status=status)


@require_GET
@needs(RIGHT, model=ImportSet)
def import_detail(request: SignedInRequest, import_set: ImportSet) -> HttpResponse:
    return page_of(request, import_set)


def page_of(request: SignedInRequest, import_set: ImportSet, status: int = 200) -> HttpResponse:
    """The page of the state the import is in."""
    import_set.requested_by = request.user  # the same person, whose rights are known already
    wants_map = request.GET.get("step") == "map" and import_set.can_be_mapped
    if wants_map or import_set.state in (State.UPLOADED, State.FAILED, State.CANCELLED):
        reading = ReadingForm(import_set=import_set)
        return _map_page(request, import_set, MappingForm(import_set=import_set), reading, status)
    if import_set.is_busy:
        context = {**_frame(import_set), "job": import_set.job}
        return render(request, "customers/imports/progress.html", context, status=status)
    return _rows_page(request, import_set, status)


def _frame(import_set: ImportSet, step: int = 0) -> dict[str, Any]:
    return {"import_set": import_set, "steps": STEPS, "step": step or _STEP[State(import_set.state)]}


def _map_page(
    request: SignedInRequest, import_set: ImportSet, form: MappingForm, reading: ReadingForm, status: int = 200
) -> HttpResponse:
    context = {**_frame(import_set, 2), "form": form, "reading": reading, "lines": form.lines()}
    return render(request, "customers/imports/map.html", context, status=status)


@require_GET
@needs(RIGHT, model=ImportSet)
def import_progress(request: SignedInRequest, import_set: ImportSet) -> HttpResponse:
    """The progress part, asked for every second; the whole page anew when the job has ended."""
    if not import_set.is_busy:
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer
    return render(request, "customers/imports/_progress.html", {"import_set": import_set, "job": import_set.job})


def _rows_page(request: SignedInRequest, import_set: ImportSet, status: int = 200) -> HttpResponse:
    shown = outcome_of(request, import_set)
    rows = import_set.rows.filter(outcome=shown) if shown else import_set.rows.all()
    field, code = request.GET.get("field", ""), request.GET.get("code", "")
    key = request.GET.get("key", "")
    if not code.isidentifier() or not (field.isidentifier() or not field):
        field = code = key = ""
    if key.isalnum():
        rows = rows_with(import_set, Cause(field, code, key))
    elif code:
        rows = rows.filter(**{"errors__contains": {field: [code]}})
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit():
        rows = rows.filter(row_number__gt=min(int(after), 2**31 - 1))
    page = list(rows.order_by("row_number")[: ROWS_SHOWN + 1])
    lines = RowReader(import_set).lines(page[:ROWS_SHOWN])
    keep: dict[str, Any] = {"outcome": shown}
    keep |= {name: text for name, text in (("field", field), ("code", code), ("key", key)) if text}
    next_url = f"?{urlencode({**keep, 'after': page[ROWS_SHOWN - 1].row_number})}" if len(page) > ROWS_SHOWN else ""
    context = {
        **_frame(import_set), **summary_of(import_set, shown), "lines": lines, "next_url": next_url,
        "is_first": not after, "is_undoable": import_set.state == State.APPLIED,
    }  # fmt: skip
    name = "check" if import_set.state == State.CHECKED else "result"
    return render(request, f"customers/imports/{name}.html", context, status=status)


def summary_of(import_set: ImportSet, shown: str) -> dict[str, Any]:
    """What stands around the rows and changes with each repair: counts, causes, groups, how many would be written."""
    counts = import_set.counts
    tabs = [(name, label, tone, counts.get(name, 0), name == shown) for name, label, tone in outcome_labels()]
    is_repairable = import_set.state == State.CHECKED and counts.get("refused")
    found = groups(import_set, import_set.requested_by) if is_repairable else []
    return {
        "tabs": tabs, "shown": shown, "planned": counts.get("created", 0) + counts.get("changed", 0),
        "causes": causes(import_set) if counts.get("refused") or counts.get("duplicate") else [],
        "groups": found, "long_lists": long_lists(found).items(),
    }  # fmt: skip


def outcome_of(request: SignedInRequest, import_set: ImportSet) -> str:
    """Which rows the address asks for, else those that most need a look."""
    wished = request.POST.get("outcome", "") or request.GET.get("outcome", "")
    names = [name for name, _label, _tone in outcome_labels()]
    if wished in names:
        return wished
    order = ("refused", "changed", "created", "duplicate", "unchanged")
    return next((name for name in order if import_set.counts.get(name)), "created")


@require_POST
@needs(RIGHT, model=ImportSet)
def import_read(request: SignedInRequest, import_set: ImportSet) -> HttpResponse:
    form = ReadingForm(request.POST, import_set=import_set)
    if form.is_valid():
        try:
            receiving.read_again(import_set, **form.cleaned_data)
            return redirect(import_set)
        except ValidationError as refusal:
            form.add_error(None, " ".join(refusal.messages))
    fresh = ImportSet.objects.select_related("requested_by").get(pk=import_set.pk)
    return _map_page(request, fresh, MappingForm(import_set=fresh), form, status=422)


@require_POST
@needs(RIGHT, model=ImportSet)
def import_map(request: SignedInRequest, import_set: ImportSet) -> HttpResponse:
    """Keep the mapping and begin the check."""
    form = MappingForm(request.POST, import_set=import_set)
    if form.is_valid():
        try:
            actions.map_columns(import_set, form.mapping(), actor=request.user, **form.choices())
            actions.start_check(import_set, actor=request.user)
            return redirect(import_set)
        except ValidationError as refusal:
            form.add_error(None, refusal)
    return _map_page(request, import_set, form, ReadingForm(import_set=import_set), status=422)


@require_POST
@needs(RIGHT, model=ImportSet)
def import_check(request: SignedInRequest, import_set: ImportSet) -> HttpResponse:
    return _begin(request, import_set, actions.start_check)


@require_POST
@needs(RIGHT, model=ImportSet)
def import_apply(request: SignedInRequest, import_set: ImportSet) -> HttpResponse:
    return _begin(request, import_set, actions.start_apply)


@require_http_methods(["GET", "POST"])
@needs(RIGHT, model=ImportSet)
def import_undo(request: SignedInRequest, import_set: ImportSet) -> HttpResponse:
    if request.method == "POST":
        return _begin(request, import_set, actions.start_undo)
    counts = import_set.counts
    facts = [
        _("%(count)s new customers are deleted where nobody has worked on them since.")
        % {"count": counts.get("created", 0)},
        _("%(count)s changed customers get back the fields that still hold what this import wrote.")
        % {"count": counts.get("changed", 0)},
        _("The rest stays and is listed with the reason."),
    ]
    context = {
        "title": _("Undo this import?"), "text": import_set.file_name, "facts": facts, "form": None, "danger": True,
        "action_label": _("Undo import"), "cancel_url": import_set.get_absolute_url(), "parent": _("Imports"),
        "parent_url": reverse("customers:import_list"),
    }  # fmt: skip
    return render(request, "records/confirm.html", context)


@require_POST
@needs(RIGHT, model=ImportSet)
def import_stop(request: SignedInRequest, import_set: ImportSet) -> HttpResponse:
    """Stop the running job before its next chunk."""
    try:
        if import_set.is_busy and import_set.job:
            cancel_job(import_set.job, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect(import_set)


def _begin(request: SignedInRequest, import_set: ImportSet, start: Any) -> HttpResponse:
    try:
        start(import_set, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect(import_set)


@require_GET
@needs(RIGHT, model=ImportSet)
def import_result(request: SignedInRequest, import_set: ImportSet) -> FileResponse:
    """The rows with their outcomes as a file, `?only=refused` for those alone."""
    only = request.GET.get("only", "")
    file, file_format = result_file(import_set, only if only in ("refused", "duplicate") else "")
    stem = Path(import_set.file_name).stem[:80]
    name = f"{stem} {_('to correct') if only == 'refused' else _('result')}.{file_format}"
    return FileResponse(file, as_attachment=True, filename=name)


@require_GET
@needs(RIGHT)
def import_template(request: SignedInRequest) -> FileResponse:
    columns = [name for name in CustomerResource.importable(request.user) if name != "id"]
    name = _("Customer template %(day)s") % {"day": timezone.localdate().isoformat()}
    return FileResponse(template_file(columns), as_attachment=True, filename=f"{name}.xlsx")
