"""Exports above the daily limit: their maker asks, and somebody else decides, seeing what and why but not the rows."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.jobs.models import Job
from crm.notifications.actions import notify
from crm.people.models import User
from crm.records.exports import (
    Order,
    begin_export,
    count_ordered,
    export_named,
    hold_allowance,
    start_export,
)
from crm.records.forms import has_code
from crm.records.models import ExportRequest
from crm.records.selection import Selection

DECIDE_RIGHT = "crm.decide_export"
OPEN_FOR = timedelta(days=7)
GROWTH = 1.1  # a list may grow so much between asking and deciding; the file holds no more rows than were asked for
State = ExportRequest.State


@transaction.atomic
def start_or_ask(actor: User, order: Order) -> Job | ExportRequest:
    """Start an export within the daily limit; above it, ask the others for it."""
    try:
        return start_export(actor, order.model, order.selection, order.columns, order.file_format, order.reason)
    except ValidationError as refusal:
        if not has_code(refusal, "over_limit"):
            raise
    hold_allowance(actor)
    return _ask(actor, order, count_ordered(actor, order))


def decide_export(wish: ExportRequest, *, actor: User, is_granted: bool, answer: str = "") -> ExportRequest:
    """Grant a request, which starts the export for its asker, or refuse it in words; once, and never one's own."""
    if not is_granted and not answer.strip():
        raise ValidationError({"answer": ValidationError(_("Say why not."), code="required")})
    refuse_decider(wish, actor)
    with transaction.atomic():
        locked = ExportRequest.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=wish.pk)
        _refuse_ended(locked)
        verb = "export_granted" if is_granted else "export_refused"
        with operation(actor, verb, locked, reason=answer.strip(), facts={"request": locked.pk}):
            if is_granted:
                locked.job = _begin(locked)
            locked.state = State.GRANTED if is_granted else State.REFUSED
            locked.decided_by, locked.decided_at, locked.answer = actor, timezone.now(), answer.strip()[:200]
            locked.save(update_fields=["state", "decided_by", "decided_at", "answer", "job"])
        _tell_asker(locked)
    return locked


def refuse_decider(wish: ExportRequest, actor: User) -> None:
    """PermissionDenied for who may not decide on a request, its asker first of all."""
    if not actor.reach.has(DECIDE_RIGHT):
        raise PermissionDenied(_("Your role does not include this."))
    if wish.asked_by_id == actor.pk:
        raise PermissionDenied(_("Nobody decides on their own request."))


def has_lapsed(wish: ExportRequest) -> bool:
    """Whether nobody decided in time."""
    return wish.state == State.OPEN and wish.asked_at < timezone.now() - OPEN_FOR


def lapse_requests() -> int:
    """Refuse the requests nobody decided on in time; how many."""
    with transaction.atomic():
        late = ExportRequest.objects.filter(state=State.OPEN, asked_at__lt=timezone.now() - OPEN_FOR)
        found = list(late.select_for_update(of=("self",), skip_locked=True).select_related("asked_by"))
        for wish in found:
            with operation(None, "export_lapsed", wish, via="system", facts={"request": wish.pk}):
                with translation.override(wish.asked_by.language):
                    wish.answer = _("Nobody decided within 7 days.")
                wish.state, wish.decided_at = State.REFUSED, timezone.now()
                wish.save(update_fields=["state", "decided_at", "answer"])
            _tell_asker(wish)
    return len(found)


def _ask(actor: User, order: Order, count: int) -> ExportRequest:
    export = export_named(order.model)
    params = {
        "columns": list(export.chosen(order.columns)),
        "format": order.file_format,
        "selection": order.selection.as_params(),
        "filter": export.told(order.selection, actor),
    }
    mine = ExportRequest.objects.filter(asked_by=actor, state=State.OPEN, asked_at__gte=timezone.now() - OPEN_FOR)
    if mine.filter(model=order.model, params=params).exists():
        raise ValidationError(_("You have asked for this export already."), code="asked")
    deciders = list(User.objects.able_to_own(DECIDE_RIGHT).exclude(pk=actor.pk))
    if not deciders:
        raise ValidationError(_("Nobody else may decide on this. Narrow the list down."), code="nobody")
    wish = ExportRequest.objects.create(
        model=order.model,
        params=params,
        row_count=count,
        has_contact_details=export.has_details(order.columns, actor),
        reason=order.reason.strip()[:200],
        asked_by=actor,
    )
    with operation(actor, "export_asked", wish, reason=wish.reason, row_count=count, facts={"request": wish.pk}):
        _tell_deciders(wish, deciders)
    return wish


def _begin(wish: ExportRequest) -> Job:
    asker, params = wish.asked_by, wish.params
    selection = Selection.from_params(params["selection"])
    order = Order(wish.model, selection, params["columns"], params["format"], wish.reason)
    if not asker.is_active or not asker.reach.has(export_named(wish.model).right):
        raise ValidationError(_("The asker may no longer export this list."), code="no_right")
    if export_named(wish.model).has_details(order.columns, asker) and not wish.has_contact_details:
        raise ValidationError(_("The file would hold contact details now; it must be asked for again."), code="changed")
    count = count_ordered(asker, order)
    if count > wish.row_count * GROWTH:
        raise ValidationError(
            _("The list has grown to %(count)d rows; it must be asked for again.") % {"count": count}, code="grown"
        )
    with translation.override(asker.language):
        return begin_export(asker, order, min(count, wish.row_count), request=wish.pk)


def _refuse_ended(wish: ExportRequest) -> None:
    if wish.state != State.OPEN:
        raise ValidationError(
            _("This request has ended already: %(state)s.") % {"state": wish.get_state_display()}, code="decided"
        )
    if has_lapsed(wish):
        raise ValidationError(_("Nobody decided within 7 days."), code="lapsed")


def _tell_deciders(wish: ExportRequest, deciders: list[User]) -> None:
    for decider in deciders:
        with translation.override(decider.language):
            text = _("%(name)s asks to export %(what)s: %(reason)s") % {
                "name": wish.asked_by,
                "what": wish,
                "reason": wish.reason,
            }
        address = reverse("records:export_decide", args=[wish.pk])
        notify(decider, "export_asked", text, about=None, url=address, dedupe_key=f"export:{wish.pk}")


def _tell_asker(wish: ExportRequest) -> None:
    with translation.override(wish.asked_by.language):
        if wish.state == State.GRANTED:
            text = _("Your export was granted and is being made: %(what)s.") % {"what": wish}
        else:
            text = _("Your export was refused: %(what)s. %(answer)s") % {"what": wish, "answer": wish.answer}
    address = wish.job.get_absolute_url() if wish.job else reverse("records:export_requests")
    key = f"export-decided:{wish.pk}"
    notify(wish.asked_by, "export_decided", text, about=None, url=address, dedupe_key=key)
