"""Pages of files: those of a record with the upload, one file with its picture, the download; rename and archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access.denials import note_denial
from crm.access.gate import SignedInRequest, may, signed_in
from crm.attachments import actions
from crm.attachments.forms import RenameForm
from crm.attachments.models import Attachment
from crm.attachments.panels import dressed, files_around, files_of, upload_panel
from crm.attachments.policies import kind_named, policy_of
from crm.attachments.receiving import received
from crm.attachments.storage import path_of

SEALED = "sandbox; default-src 'none'"


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def record_files(request: SignedInRequest, kind: str, pk: int) -> HttpResponse:
    """The files of one record; sent files are checked and kept, one by one or several at once."""
    record = _record(request, kind, pk, is_change=request.method == "POST")
    if request.method != "POST":
        return _files_page(request, record)
    try:
        with received(request.FILES.getlist("files")) as files:
            if not files:
                raise ValidationError({"files": _("Choose a file first.")})
            actions.attach_files(record, files, actor=request.user, note=request.POST.get("note", ""))
    except ValidationError as refusal:
        if _wants_json(request):
            return JsonResponse({"refusals": refusal.messages}, status=422)
        return _files_page(request, record, refusal.messages)
    if _wants_json(request):
        return JsonResponse({"kept": [file.name for file in files]})
    count = len(files)
    messages.success(request, ngettext("%(count)s file kept.", "%(count)s files kept.", count) % {"count": count})
    back = request.POST.get("next", "")
    return redirect(back if back == _address(record) else request.path)


@signed_in
@require_safe
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One file: its picture, where it belongs, and what may be done with it."""
    attachment = dressed([_attachment(request, pk)])[0]
    record, is_archived = attachment.record, attachment.archived_at is not None
    may_change = _may_change(request, record)
    context = {
        "file": attachment,
        "record": record,
        "record_url": _address(record),
        "may_change": may_change and not is_archived,
        "may_put_back": may_change and is_archived,
    }
    return render(request, "attachments/detail.html", context)


@signed_in
@require_safe
def download(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """The file as it came, always to be saved and never to be opened inside the product."""
    attachment = _attachment(request, pk)
    return sealed_file(attachment)


@signed_in
@require_safe
def picture(request: SignedInRequest, pk: int, size: str) -> HttpResponseBase:
    """The picture the product drew of a file."""
    attachment = _attachment(request, pk)
    return _sealed(path_of(attachment.sha256, size), "image/webp", "")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: SignedInRequest, pk: int) -> HttpResponse:
    """Another name or note."""
    attachment = _attachment(request, pk, is_change=True)
    initial = {"name": attachment.name, "note": attachment.note}
    form = RenameForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            actions.rename_attachment(attachment, actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            for name, errors in getattr(refusal, "error_dict", {None: refusal.messages}).items():
                form.add_error(name, errors)
        else:
            messages.success(request, _("Renamed."))
            return redirect(attachment)
    context = {
        "title": _("Rename file"), "action_label": _("Save"), "form": form, "parent": attachment.name,
        "parent_url": attachment.get_absolute_url(), "cancel_url": attachment.get_absolute_url(),
    }  # fmt: skip
    return render(request, "records/confirm.html", context, status=422 if form.is_bound else 200)


@signed_in
@require_POST
def archive(request: SignedInRequest, pk: int) -> HttpResponse:
    """Into the recycle bin."""
    attachment = _attachment(request, pk, is_change=True)
    try:
        actions.archive_attachment(attachment, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        text = _("“%(name)s” is in the recycle bin.") % {"name": attachment.name}
        messages.success(request, text, extra_tags=f"undo:{reverse('attachments:put_back', args=[attachment.pk])}")
    record: Any = attachment.record
    return redirect("attachments:record", policy_of(type(record)).code, record.pk)


@signed_in
@require_POST
def put_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Out of the recycle bin."""
    attachment = _attachment(request, pk, is_change=True)
    try:
        actions.put_back_attachment(attachment, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("“%(name)s” is back.") % {"name": attachment.name})
    return redirect(attachment)


def sealed_file(attachment: Attachment) -> FileResponse:
    """The content of a file in reach, to be saved; 404 where it is lost."""
    return _sealed(path_of(attachment.sha256), attachment.media_type, attachment.name)


# ── what the pages above share ──


def _files_page(request: SignedInRequest, record: Model, refusals: Any = ()) -> HttpResponse:
    may_change, policy = _may_change(request, record), policy_of(type(record))
    context = {
        **(policy.frame(record, request.user) if policy.frame else {}),
        "record": record,
        "record_url": _address(record),
        "files": files_around(record.pk, request.user) if policy.gathers else files_of(record, request.user),
        "archived": files_of(record, request.user, is_archived=True) if may_change else (),
        "may_change": may_change,
        "refusals": refusals,
        **upload_panel(record),
    }
    template = "attachments/_files.html" if getattr(request, "htmx", False) else "attachments/record.html"
    return render(request, template, context, status=422 if refusals else 200)


def _record(request: SignedInRequest, kind: str, pk: int, *, is_change: bool) -> Model:
    """The record of an address: 404 out of reach, 403 where it may only be read."""
    found = kind_named(kind)
    if found is None:
        raise Http404
    _model, policy = found
    record: Model | None = policy.rows(request.user, policy.view).filter(pk=pk).first()
    if record is None:
        raise Http404
    if is_change and not policy.rows(request.user, policy.change).filter(pk=pk).exists():
        note_denial(request, policy.change)
        raise PermissionDenied(_("You may see this record, but not do this with it."))
    return record


def _attachment(request: SignedInRequest, pk: int, *, is_change: bool = False) -> Attachment:
    rows = Attachment.objects.select_related("uploaded_by")
    reachable = rows.editable_by(request.user) if is_change else rows.visible_to(request.user)
    attachment: Attachment | None = reachable.filter(pk=pk).first()
    if attachment is not None and (is_change or attachment.archived_at is None):
        return attachment
    if attachment is not None and rows.editable_by(request.user).filter(pk=pk).exists():
        return attachment  # out of the recycle bin, which is open to those who may change the record
    if is_change and rows.visible_to(request.user).filter(pk=pk).exists():
        note_denial(request, "change attachment")
        raise PermissionDenied(_("You may see this record, but not do this with it."))
    raise Http404


def _may_change(request: SignedInRequest, record: Any) -> bool:
    policy = policy_of(type(record))
    return may(request.user, policy.change) and policy.rows(request.user, policy.change).filter(pk=record.pk).exists()


def _address(record: Any) -> str:
    address = getattr(record, "get_absolute_url", None)
    return address() if address else ""


def _sealed(path: Path, media_type: str, name: str) -> FileResponse:
    try:
        answer = FileResponse(path.open("rb"), content_type=media_type, as_attachment=bool(name), filename=name)
    except FileNotFoundError:
        raise Http404 from None
    if not name:
        answer["Content-Disposition"] = "inline"
    answer["Content-Security-Policy"] = SEALED
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


def _wants_json(request: SignedInRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")
