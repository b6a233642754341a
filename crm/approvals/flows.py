"""Keeping approval flows: an edit is a new version, so requests that run keep theirs."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from crm.approvals.definitions import checked
from crm.approvals.models import Flow, FlowVersion
from crm.approvals.purposes import Purpose, purpose_named, purposes
from crm.history.operations import operation
from crm.people.models import User

logger = logging.getLogger("harbour.approvals")
NAME_AT_MOST, NOTE_AT_MOST = 80, 200


def add_flow(*, actor: User | None, purpose: str, name: str, definition: Any, is_active: bool = True) -> Flow:
    """A new flow, tried after those of its purpose; ValidationError names what is wrong with it."""
    declared = purpose_named(purpose)
    flow = Flow(purpose=purpose, name=name.strip(), is_active=is_active)
    ready = checked(declared, definition)
    with operation(actor, "flow_added", flow, facts={"purpose": purpose}):
        flow.position = max((other.position + 1 for other in _locked_flows(purpose)), default=0)
        _refuse_name(flow)
        flow.save(force_insert=True)
        _add_version(flow, ready, actor, "")
    return flow


def save_flow(
    flow: Flow, *, actor: User | None, definition: Any, name: str = "", note: str = "", base: int | None = None
) -> FlowVersion:
    """What a flow says from now on, as its next version; the same again makes none.

    ValidationError "stale" where another version than `base` is the newest by now.
    """
    ready = checked(purpose_named(flow.purpose), definition)
    with operation(actor, "flow_changed", flow, reason=note[:NOTE_AT_MOST]):
        locked = Flow.objects.select_for_update(of=("self",)).select_related("version").get(pk=flow.pk)
        if name.strip() and name.strip() != locked.name:
            locked.name = name.strip()
            _refuse_name(locked)
            locked.save(update_fields=["name"])
        assert locked.version is not None
        if base is not None and locked.version.number != base:
            words = _("Somebody saved version %(number)s meanwhile. Open the flow again.")
            raise ValidationError(words % {"number": locked.version.number}, code="stale")
        if locked.version.definition != ready:
            _add_version(locked, ready, actor, note)
    flow.refresh_from_db()
    assert flow.version is not None
    return flow.version


def switch_flow(flow: Flow, *, actor: User, is_active: bool) -> None:
    """Take a flow into use, or out of it; what runs by it goes on."""
    with operation(actor, "flow_switched", flow, facts={"is_active": is_active}):
        Flow.objects.filter(pk=flow.pk).update(is_active=is_active)
    flow.refresh_from_db(fields=["is_active"])


def move_flow(flow: Flow, *, actor: User, up: bool) -> None:
    """Try a flow earlier or later than its neighbour of the same purpose."""
    with operation(actor, "flow_moved", flow):
        rows = list(_locked_flows(flow.purpose))
        place = [row.pk for row in rows].index(flow.pk)
        other = place - 1 if up else place + 1
        if not 0 <= other < len(rows):
            return
        rows[place], rows[other] = rows[other], rows[place]
        for position, row in enumerate(rows):
            row.position = position
        Flow.objects.bulk_update(rows, ["position"])


def install_standard_flows(language: str = "zh-hans") -> int:
    """Give every purpose that never had a flow those it comes with; how many. A second call changes nothing."""
    known = set(Flow.objects.values_list("purpose", flat=True))
    waiting = [purpose for code, purpose in purposes().items() if code not in known]
    wanted = [(purpose, *flow) for purpose in waiting for flow in purpose.standard_flows]
    if not wanted:
        return 0
    count = 0
    with translation.override(language), operation(None, "flows_installed", via="system", row_count=len(wanted)):
        for purpose, name, definition in wanted:
            count += _installed(purpose, str(name), definition)
    return count


def _installed(purpose: Purpose, name: str, definition: dict[str, Any]) -> bool:
    """Whether a standard flow could be added: an administrator may have removed a role it names."""
    named = [{**step, "name": str(step["name"])} for step in definition["steps"]]
    try:
        add_flow(actor=None, purpose=purpose.code, name=name, definition={**definition, "steps": named})
    except ValidationError as refusal:
        logger.warning("a standard flow was left out", extra={"purpose": purpose.code, "why": refusal.messages})
        return False
    return True


def _locked_flows(purpose: str) -> Any:
    return Flow.objects.select_for_update(of=("self",)).filter(purpose=purpose).order_by("position", "pk")


def _add_version(flow: Flow, definition: dict[str, Any], actor: User | None, note: str) -> None:
    last = flow.versions.aggregate(last=Max("number"))["last"] or 0
    flow.version = FlowVersion.objects.create(
        flow=flow, number=last + 1, definition=definition, note=note[:NOTE_AT_MOST], made_by=actor
    )
    flow.save(update_fields=["version"])


def _refuse_name(flow: Flow) -> None:
    if not 0 < len(flow.name) <= NAME_AT_MOST:
        raise ValidationError({"name": _("Give it a name of at most %(count)s characters.") % {"count": NAME_AT_MOST}})
    if Flow.objects.filter(purpose=flow.purpose, name=flow.name).exclude(pk=flow.pk).exists():
        raise ValidationError({"name": _("There is a flow of this name already.")})
