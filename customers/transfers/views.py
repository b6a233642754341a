"""Pages of bulk transfers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.people.models import User
from crm.records.keyset import Order, Page, keyset_page, read_cursor
from crm.records.selection import Selection
from crm.records.writers import open_writer
from crm.ui.verb_page import show_refusal, verb_page
from customers.customers.holds import hold_sentence
from customers.customers.models import Customer
from customers.pool.capacity import loads
from customers.transfers import actions
from customers.transfers.along import companions
from customers.transfers.forms import DayForm, TransferForm
from customers.transfers.models import Transfer, TransferRow
from customers.transfers.planning import chosen_customers
from customers.transfers.querysets import TRANSFER_RIGHT
from customers.transfers.totals import business, scope_summary, totals

PAGE_SIZE = 25
ROWS_SHOWN = 50
STEPS = (
    gettext_lazy("Choose customers"),
    gettext_lazy("Receivers and rules"),
    gettext_lazy("Confirm"),
    gettext_lazy("Run"),
)
_BY_NEWEST = Order("newest", "", "id", is_descending=True)
_BY_NUMBER = Order("number", "", "row_number")
_NAMES = ("customer", "old_owner", "new_owner", "new_pool")


@needs(TRANSFER_RIGHT)
@require_safe
def transfer_list(request: SignedInRequest) -> HttpResponse:
    rows = Transfer.objects.visible_to(request.user).select_related("requested_by", "job", "undo_job")
    page, status = _asked_page(request, rows, _BY_NEWEST, PAGE_SIZE)
    ids = {key for transfer in page.rows for key in (*transfer.giver_ids, *transfer.target_ids)}
    people = User.objects.in_bulk(ids)
    days = actions.undo_days()
    lines = [
        {
            "transfer": transfer,
            "givers": [people[key] for key in transfer.giver_ids if key in people],
            "receivers": [people[key] for key in transfer.target_ids if key in people],
            "gone": sum(transfer.counts.get(key, 0) for key in ("planned", "moved", "undone", "kept")),
            "left": sum(transfer.counts.get(key, 0) for key in ("stays", "skipped")),
            "can_be_undone": actions.can_be_undone(transfer, days),
        }
        for transfer in page.rows
    ]
    context = {"lines": lines, "undo_days": days, **_pager(request, page)}
    return render(request, "customers/transfers/list.html", context, status=status)


@needs(TRANSFER_RIGHT)
@require_http_methods(["GET", "POST"])
def transfer_new(request: SignedInRequest) -> HttpResponse:
    is_plan = request.POST.get("plan") == "1"
    try:
        selection = _selection(request)
        if selection is None:
            return render(request, "customers/transfers/choose.html", {"steps": STEPS, "people": _givers(request)})
        chosen = chosen_customers(selection, request.user)
        summary = scope_summary(chosen)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return render(
            request, "customers/transfers/choose.html", {"steps": STEPS, "people": _givers(request)}, status=400
        )
    regions = [region for region, _count in summary.by_region]
    form = TransferForm(request.POST if is_plan else None, actor=request.user, regions=regions)
    status = 200
    if is_plan and form.is_valid():
        try:
            transfer = actions.plan_transfer(request.user, selection, **form.plan())
        except ValidationError as refusal:
            show_refusal(form, refusal)
        else:
            return redirect(transfer)
    if is_plan:
        status = 422
    context = {
        "form": form,
        "steps": STEPS,
        "summary": summary,
        "loads": _marked_loads(form),
        "along": form.along_lines({code: one.count(chosen) for code, one in companions().items()}),
        "provinces": list(zip(form.region_lines(), (count for _region, count in summary.by_region), strict=True)),
        "kept": _kept(selection),
    }
    return render(request, "customers/transfers/new.html", context, status=status)


@needs(TRANSFER_RIGHT, model=Transfer)
@require_safe
def transfer_detail(request: SignedInRequest, transfer: Transfer) -> HttpResponse:
    running = transfer.undo_job if transfer.undo_job and not transfer.undo_job.is_over else transfer.job
    is_open = running is not None and not running.is_over
    context: dict[str, Any] = {"transfer": transfer, "job": running, "is_open": is_open, "steps": STEPS}
    context["seconds_left"] = None
    if is_open and running is not None:
        context["seconds_left"] = _seconds_left(running)
    if request.headers.get("HX-Request"):
        answer = render(request, "customers/transfers/_progress.html", context)
        if not is_open:
            answer["HX-Refresh"] = "true"
        return answer
    days = actions.undo_days()
    outcome = request.GET.get("outcome", "")
    rows = transfer.rows.visible_to(request.user).select_related(*_NAMES)
    if outcome in TransferRow.Outcome.values:
        rows = rows.filter(outcome=outcome)
    page, status = _asked_page(request, rows, _BY_NUMBER, ROWS_SHOWN)
    context |= {
        "is_draft": transfer.state == Transfer.State.DRAFT,
        "is_mine": transfer.requested_by_id == request.user.pk,
        "totals": totals(transfer),
        "business": business(transfer, request.user),
        "counts": [
            (key, label, transfer.counts[key]) for key, label in TransferRow.Outcome.choices if transfer.counts.get(key)
        ],
        "outcome": outcome,
        "rows": page.rows,
        "is_waiting": transfer.state == Transfer.State.SCHEDULED,
        "along": [one.label for code, one in companions().items() if code in transfer.moves_along],
        "left": [one.label for code, one in companions().items() if code not in transfer.moves_along],
        "can_be_undone": actions.can_be_undone(transfer, days),
        "undo_days": days,
        "undo_until": actions.undo_until(transfer, days),
        **_pager(request, page),
    }
    return render(request, "customers/transfers/detail.html", context, status=status)


@needs(TRANSFER_RIGHT, model=Transfer)
@require_POST
def transfer_run(request: SignedInRequest, transfer: Transfer) -> HttpResponse:
    waits = transfer.effective_on is not None and transfer.effective_on > timezone.localdate()
    done = _("The transfer waits for its day.") if waits else _("The transfer is under way.")
    return _acted(request, transfer, actions.start_transfer, done)


@needs(TRANSFER_RIGHT, model=Transfer)
def transfer_day(request: SignedInRequest, transfer: Transfer) -> HttpResponse:
    """Give a waiting transfer another day."""
    return verb_page(
        request,
        DayForm(request.POST or None, initial={"effective_on": transfer.effective_on}),
        lambda **said: actions.put_off_transfer(transfer, request.user, **said),
        title=_("Another day for transfer %(number)s") % {"number": transfer},
        action_label=_("Save"),
        back_url=transfer.get_absolute_url(),
        parent=_("Transfers"),
        note=_("Today starts it at once. Rules and limits are checked again on the day."),
        done=_("Saved."),
    )


@needs(TRANSFER_RIGHT, model=Transfer)
@require_POST
def transfer_cancel(request: SignedInRequest, transfer: Transfer) -> HttpResponse:
    is_running = transfer.state == Transfer.State.RUNNING
    done = _("The transfer is being stopped.") if is_running else _("The transfer is cancelled.")
    return _acted(request, transfer, actions.cancel_transfer, done)


@needs(TRANSFER_RIGHT, model=Transfer)
@require_http_methods(["GET", "POST"])
def transfer_undo(request: SignedInRequest, transfer: Transfer) -> HttpResponse:
    if request.method == "POST":
        return _acted(request, transfer, actions.start_undo, _("The customers are being put back."))
    context = {
        "title": _("Undo transfer %(number)s") % {"number": transfer},
        "text": _("%(count)s customers go back to their former owners.") % {"count": transfer.counts.get("moved", 0)},
        "facts": [
            _("Customers that changed owner, department or status since then are kept as they are and listed."),
            _("Follow-ups written meanwhile stay; planned days, tasks and shares come back."),
        ],
        "form": None,
        "action_label": _("Undo transfer"),
        "cancel_url": transfer.get_absolute_url(),
        "danger": True,
        "parent": _("Transfers"),
        "parent_url": reverse("customers:transfer_list"),
    }
    return render(request, "records/confirm.html", context)


@needs(TRANSFER_RIGHT, model=Transfer)
@require_safe
def transfer_result(request: SignedInRequest, transfer: Transfer) -> FileResponse:
    file_format = request.GET.get("format", "xlsx")
    if file_format not in ("xlsx", "csv"):
        raise Http404
    headers = [_("Number"), _("Customer"), _("Former owner"), _("New owner"), _("Outcome"), _("Reason")]
    target = tempfile.NamedTemporaryFile(suffix=f".{file_format}")  # noqa: SIM115 - the response closes and removes it
    with open_writer(target.name, file_format, [str(head) for head in headers]) as writer:
        for line in _result_lines(transfer, request.user):
            writer.write_row(line)
    answer = FileResponse(target, as_attachment=True, filename=f"transfer-{transfer.pk}.{file_format}")
    answer["Cache-Control"] = "private, no-store"
    return answer


def _result_lines(transfer: Transfer, user: User) -> Iterator[list[str]]:
    outcomes, reasons = dict(TransferRow.Outcome.choices), dict(TransferRow.Reason.choices)
    rows = transfer.rows.visible_to(user).order_by("row_number")
    fields = ("customer__number", "customer__name", "old_owner__name", "new_owner__name", "new_pool__name")
    told = rows.values_list(*fields, "outcome", "reason", "hold").iterator(chunk_size=5000)
    for number, name, old, new, pool, outcome, reason, hold in told:
        why = hold_sentence(hold) if hold else str(reasons.get(reason, ""))
        yield [number, name, old or "", new or pool or "", str(outcomes[outcome]), why]


def _acted(request: SignedInRequest, transfer: Transfer, action: Any, done: str) -> HttpResponse:
    try:
        action(transfer, request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, done)
    return redirect(transfer)


def _selection(request: SignedInRequest) -> Selection | User | None:
    asked = request.POST if request.method == "POST" else request.GET
    if owner := asked.get("owner"):
        person = User.objects.visible_to(request.user).filter(username=owner[:150]).first()
        if person is None:
            raise ValidationError(_("There is nobody with the sign-in name “%(name)s”.") % {"name": owner[:40]})
        return person
    selection = Selection.from_request(request)
    return selection if selection.is_all or selection.ids else None


def _kept(selection: Selection | User) -> dict[str, str]:
    """Hidden fields that carry the selection to the next step."""
    if isinstance(selection, User):
        return {"owner": selection.username}
    if selection.is_all:
        return {"all": "1", "query": selection.query}
    return {"ids": ",".join(map(str, selection.ids))}


def _givers(request: SignedInRequest) -> list[User]:
    owners = Customer.objects.within(request.user, TRANSFER_RIGHT).live().filter(owner__isnull=False)
    return list(User.objects.filter(pk__in=owners.order_by().values("owner").distinct()).order_by("name"))


def _marked_loads(form: TransferForm) -> list[dict[str, Any]]:
    picked = set(form["targets"].value() or ())
    people = sorted(form.receivers, key=lambda user: (getattr(user.department, "position", 0), user.name, user.pk))
    return [
        {
            "load": load,
            "weight": form.weight_of(load.user),
            "share": min(100 * load.held / max(load.limit, 1), 100),
            "is_picked": str(load.user.pk) in {str(key) for key in picked},
        }
        for load in loads(people)
    ]


def _seconds_left(job: Any) -> int | None:
    finished = job.done + job.failed
    if not finished or job.started_at is None:
        return None
    passed = (timezone.now() - job.started_at).total_seconds()
    return int(passed / finished * max(job.total - finished, 0))


def _asked_page(request: SignedInRequest, rows: Any, order: Order, size: int) -> tuple[Page, int]:
    """The page an address asks for, with its status; a cursor made up by hand gives none and says so."""
    try:
        cursor = read_cursor(request.GET.get("cursor", ""), rows, order)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return Page([], None, None), 400
    return keyset_page(rows, order, cursor, size), 200


def _pager(request: SignedInRequest, page: Page) -> dict[str, str]:
    def url(cursor: Any) -> str:
        if cursor is None:
            return ""
        asked = request.GET.copy()
        asked["cursor"] = str(cursor)
        return f"?{asked.urlencode()}"

    return {"previous_url": url(page.previous), "next_url": url(page.next)}
