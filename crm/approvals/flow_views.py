"""Settings: the approval flows, their editor, their versions, and where a document would go."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, may, needs
from crm.approvals import flows as actions
from crm.approvals.deadlines import retry
from crm.approvals.definitions import checked
from crm.approvals.delivered import completed_definition
from crm.approvals.flow_editor import FlowEditor
from crm.approvals.flow_forms import FactsForm
from crm.approvals.models import ApprovalRequest, Flow
from crm.approvals.offered import Offered
from crm.approvals.purposes import Purpose, purpose_named, purposes
from crm.approvals.telling import flow_told, version_differences
from crm.approvals.ways import bench, candidates, way_by_hand
from crm.records.forms import has_code

KEEP = "crm.manage_flow"
VERSIONS_SHOWN = 30
BLOCKED_SHOWN = 50


@needs(KEEP)
@require_safe
def flow_list(request: SignedInRequest) -> HttpResponse:
    """The flows of each kind of document in the order they are tried."""
    offered = Offered()
    kept: dict[str, list[Any]] = {code: [] for code in purposes()}
    for flow in Flow.objects.select_related("version"):
        if flow.purpose in kept and flow.version is not None:
            told = flow_told(purpose_named(flow.purpose), flow.version.definition, offered)
            kept[flow.purpose].append((flow, told))
    groups = [(purpose_named(code), rows) for code, rows in kept.items()]
    blocked = ApprovalRequest.objects.blocked_to(request.user).defer("snapshot", "facts")
    # who keeps the flows need not see the documents: they are told by kind and id
    lines = [(row, purpose_named(row.purpose).label) for row in blocked.order_by("-pk")[:BLOCKED_SHOWN]]
    return render(request, "approvals/flows/list.html", {"groups": groups, "blocked": lines})


@needs(KEEP)
@require_POST
def approval_retry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Look again for somebody who may decide on a blocked approval."""
    approval = ApprovalRequest.objects.blocked_to(request.user).filter(pk=pk).first()
    if approval is None:
        raise Http404
    place = approval.get_absolute_url() if may(request.user, "crm.view_approval", approval) else "settings:flow_list"
    try:
        goes_on = retry(approval, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        if goes_on:
            messages.success(request, _("The approval goes on."))
        else:
            messages.error(request, _("Still nobody may decide. Change the flow, the roles or who stands in."))
    return redirect(place)


@needs(KEEP)
@require_safe
def flow_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """What a flow says, and how it came to say so."""
    flow = _flow(pk)
    purpose, offered = purpose_named(flow.purpose), Offered()
    rows = list(flow.versions.select_related("made_by").order_by("-number")[: VERSIONS_SHOWN + 1])
    history = [
        (row, version_differences(purpose, before.definition, row.definition, offered) if before else [])
        for row, before in zip(rows, [*rows[1:], None], strict=True)
    ][:VERSIONS_SHOWN]
    assert flow.version is not None
    context = {"flow": flow, "purpose": purpose, "told": flow_told(purpose, flow.version.definition, offered)}
    fuller = completed_definition(flow)
    more = version_differences(purpose, flow.version.definition, fuller, offered) if fuller else []
    return render(request, "approvals/flows/detail.html", {**context, "history": history, "more": more})


@needs(KEEP)
def flow_new(request: SignedInRequest, purpose: str) -> HttpResponse:
    """Write a new flow for a kind of document."""
    declared = _purpose(purpose)

    def keep(editor: FlowEditor) -> Flow:
        return actions.add_flow(
            actor=request.user, purpose=declared.code, name=editor.name, definition=editor.definition()
        )

    return _editor_page(request, FlowEditor(declared, _sent(request)), None, keep)


@needs(KEEP)
def flow_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change what a flow says; what runs by it goes on as it began."""
    flow = _flow(pk)
    assert flow.version is not None

    def keep(editor: FlowEditor) -> Flow:
        definition, base = editor.definition(), _base(request)
        actions.save_flow(
            flow, actor=request.user, definition=definition, name=editor.name, note=editor.note, base=base
        )
        return flow

    declared, version = purpose_named(flow.purpose), flow.version
    editor = FlowEditor(declared, _sent(request), name=flow.name, definition=version.definition)
    return _editor_page(request, editor, flow, keep)


@needs(KEEP)
@require_POST
def flow_copy(request: SignedInRequest, pk: int) -> HttpResponse:
    """A copy that is not in use yet."""
    flow = _flow(pk)
    assert flow.version is not None
    try:
        copy = actions.add_flow(
            actor=request.user,
            purpose=flow.purpose,
            name=_free_name(flow),
            definition=flow.version.definition,
            is_active=False,
        )
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(flow)
    messages.success(request, _("Copied. It is not in use until you switch it on."))
    return redirect("settings:flow_edit", copy.pk)


@needs(KEEP)
@require_POST
def flow_switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a flow into use, or out of it."""
    flow = _flow(pk)
    actions.switch_flow(flow, actor=request.user, is_active=request.POST.get("on") == "1")
    messages.success(request, _("In use.") if flow.is_active else _("Not in use. What runs by it goes on."))
    return redirect(flow)


@needs(KEEP)
@require_POST
def flow_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Try a flow earlier or later."""
    actions.move_flow(_flow(pk), actor=request.user, up=request.POST.get("up") == "1")
    return redirect("settings:flow_list")


@needs(KEEP)
@require_safe
def flow_ask(request: SignedInRequest, purpose: str) -> HttpResponse:
    """Where a document of these facts would go by the flows in use."""
    declared = _purpose(purpose)
    form = FactsForm(request.GET or None, purpose=declared)
    way = None
    if form.is_valid():
        way = way_by_hand(declared, form.facts(), form.cleaned_data["submitter"], candidates(declared))
    context = {"form": form, "purpose": declared, "way": way}
    return render(request, "approvals/flows/ask.html", context, status=422 if form.errors else 200)


# ── parts ──


def _editor_page(request: SignedInRequest, editor: FlowEditor, flow: Flow | None, keep: Any) -> HttpResponse:
    """The editor: changes its rows, tries it on the last month, or keeps it."""
    context: dict[str, Any] = {"editor": editor, "flow": flow, "purpose": editor.purpose, "base": _base(request, flow)}
    status = 200
    if editor.is_bound and editor.asked not in ("save", "try"):
        editor.change_rows()
    elif editor.is_bound:
        status = 422
        if editor.is_valid():
            try:
                if editor.asked == "save":
                    kept = keep(editor)
                    messages.success(request, _("Flow saved. What runs already keeps its own."))
                    return redirect(kept)
                context["bench"] = _tried(request, editor, flow)
                status = 200
            except ValidationError as refusal:
                status = 409 if has_code(refusal, "stale") else 422
                editor.refusals = refusal.messages
    return render(request, "approvals/flows/edit.html", context, status=status)


def _tried(request: SignedInRequest, editor: FlowEditor, flow: Flow | None) -> Any:
    definition = checked(editor.purpose, editor.definition())
    changed = candidates(editor.purpose, flow, definition)
    return bench(editor.purpose, request.user, candidates(editor.purpose), changed)


def _base(request: SignedInRequest, flow: Flow | None = None) -> int | None:
    """The version the editor began with."""
    sent = request.POST.get("base", "")
    if sent.isascii() and sent.isdecimal() and len(sent) < 9:
        return int(sent)
    return flow.version.number if flow is not None and flow.version is not None else None


def _sent(request: SignedInRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _flow(pk: int) -> Flow:
    flow = Flow.objects.select_related("version").filter(pk=pk).first()
    if flow is None or flow.version is None or flow.purpose not in purposes():
        raise Http404
    return flow


def _purpose(code: str) -> Purpose:
    declared = purposes().get(code)
    if declared is None:
        raise Http404
    return declared


def _free_name(flow: Flow) -> str:
    taken = set(Flow.objects.filter(purpose=flow.purpose).values_list("name", flat=True))
    names = (_("%(name)s (copy %(number)s)") % {"name": flow.name[:60], "number": n} for n in range(1, 1000))
    return next(name for name in names if name not in taken)
