"""Taking back what an operation wrote, as far as nobody has written over it since."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm.history.changes import UNTOLD, RowChange, changes_of_contexts, event_model, tracked_models
from crm.history.models import Operation
from crm.history.operations import operation
from crm.people.models import User

UNDO_MINUTES = 60
# what may be taken back by a click; transfers and imports have an undo of their own
UNDOABLE = frozenset(
    {
        "customers_classified",
        "customers_normalised",
        "customers_tagged",
        "customers_staged",
        "customers_archived",
        "customer_archived",
        "customers_unarchived",
        "customer_discarded",
        "customers_discarded",
        "tasks_done",
        "tasks_postponed",
        "products_put_on_sale",
        "products_taken_off_sale",
    }
)
CHUNK = 1000


@dataclass
class Undone:
    """How many rows went back, their ids by model label, and which ones keep what was written since (label, reason)."""

    put_back: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)
    ids: dict[str, list[int]] = field(default_factory=dict)


def undo_operation(entry: Operation, *, actor: User) -> Undone:
    """Put the fields an operation changed back where the row still holds what it wrote; the rest is listed."""
    if entry.verb not in UNDOABLE:
        raise ValidationError(_("This cannot be undone by a click."), code="not_undoable")
    if entry.at < timezone.now() - timedelta(minutes=UNDO_MINUTES):
        raise ValidationError(_("This was done too long ago."), code="too_late")
    if entry.jobs.filter(state__in=["queued", "running"]).exists():
        raise ValidationError(_("This is still under way. Wait until it has ended."), code="running")
    outcome = Undone()
    with operation(actor, "operation_undone", undoes=entry, anchor_id=entry.anchor_id) as undoing:
        Operation.objects.select_for_update().get(pk=entry.pk)
        if Operation.objects.filter(undoes=entry).exclude(pk=undoing.pk).exists():
            raise ValidationError(_("This has been undone already."), code="undone")
        for model in tracked_models():
            _put_back(model, entry, actor, outcome)
        if follow := settings.HARBOUR_AFTER_UNDO.get(entry.verb):
            import_string(follow)(outcome.ids)
    return outcome


def _put_back(model: type[Model], entry: Operation, actor: User, outcome: Undone) -> None:
    events = event_model(model)._default_manager.filter(pgh_context_id=entry.context_id, pgh_label="update")
    ids = list(events.values_list("pgh_obj_id", flat=True))
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        changes = changes_of_contexts(model, [entry.context_id], chunk)
        _put_back_chunk(model, {change.row_id: change for change in changes}, actor, outcome)


def _put_back_chunk(model: type[Model], changes: dict[int, RowChange], actor: User, outcome: Undone) -> None:
    manager: Any = model._default_manager
    rows = manager.filter(pk__in=changes).select_for_update().order_by("pk")
    editable, seen = (_ids_in_reach(model, list(changes), actor, right) for right in ("change", "view"))
    going: dict[tuple[str, ...], list[Model]] = defaultdict(list)
    for row in rows:
        change = changes[row.pk]
        if row.pk not in editable:
            label = str(row) if row.pk in seen else f"{model._meta.verbose_name} #{row.pk}"
            outcome.kept.append((label, _("You may no longer change it.")))
        elif any(getattr(row, part.name) != part.after for part in change.fields):
            outcome.kept.append((str(row), _("It has been changed since.")))
        elif change.fields:
            for part in change.fields:
                setattr(row, part.name, part.before)
            going[tuple(sorted(part.name for part in change.fields))].append(row)
    for names, group in going.items():
        _write(model, names, group, actor)
        outcome.put_back += len(group)
        outcome.ids.setdefault(model._meta.label, []).extend(row.pk for row in group)


def _write(model: type[Model], names: tuple[str, ...], rows: list[Model], actor: User) -> None:
    """One UPDATE for each set of equal values, so that a thousand rows cost a handful of statements."""
    same: dict[str, tuple[dict[str, Any], list[int]]] = {}
    for row in rows:
        values = {name: getattr(row, name) for name in names}
        same.setdefault(repr(values), (values, []))[1].append(row.pk)
    stamp = {"changed_at": timezone.now(), "changed_by_id": actor.pk}
    known = {f.attname for f in model._meta.concrete_fields}
    for values, ids in same.values():
        wanted = {**values, **{name: value for name, value in stamp.items() if name in known & UNTOLD}}
        model._default_manager.filter(pk__in=ids).update(**wanted)


def _ids_in_reach(model: type[Model], ids: list[int], actor: User, action: str) -> set[int]:
    rows: Any = model._default_manager.filter(pk__in=ids)
    if hasattr(rows, "editable_by"):
        rows = rows.editable_by(actor) if action == "change" else rows.visible_to(actor)
    return set(rows.values_list("pk", flat=True))
