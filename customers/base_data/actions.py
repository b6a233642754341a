"""What is done with entries of the base data; used ones are switched off, never deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Max, ProtectedError
from django.utils.translation import gettext as _

from crm.history.operations import operation
from customers.base_data.kinds import Kind
from customers.base_data.models import Region

if TYPE_CHECKING:
    from crm.people.models import User


def add_entry(kind: Kind, *, actor: User, **fields: Any) -> Any:
    """A new entry, at the end of its list."""
    entry = kind.model(**fields)
    _complete(entry)
    if kind.is_ordered:
        entry.position = (kind.model.objects.aggregate(last=Max("position"))["last"] or 0) + 1
    entry.full_clean()
    with operation(actor, "base_entry_added", entry, facts={"list": kind.slug, "name": str(entry)}):
        entry.save(force_insert=True)
    return entry


def change_entry(entry: Any, *, actor: User, **fields: Any) -> None:
    """Write new values; records show them at once."""
    with operation(actor, "base_entry_changed", entry):
        for name, value in fields.items():
            setattr(entry, name, value)
        _complete(entry)
        entry.full_clean()
        entry.save()


def move_entry(kind: Kind, entry: Any, *, actor: User, is_up: bool) -> None:
    """Swap an entry with its neighbour; at the end of the list nothing happens."""
    with operation(actor, "base_entry_moved", entry):
        rows = list(kind.model.objects.select_for_update(no_key=True).order_by("position", "pk"))
        at = next(place for place, row in enumerate(rows) if row.pk == entry.pk)
        to = at - 1 if is_up else at + 1
        if 0 <= to < len(rows):
            rows[at], rows[to] = rows[to], rows[at]
        changed = [row for place, row in enumerate(rows, 1) if row.position != place]
        for place, row in enumerate(rows, 1):
            row.position = place
        kind.model.objects.bulk_update(changed, ["position"])


def switch_entry(entry: Any, *, actor: User, is_active: bool) -> None:
    """Offer an entry in forms, or no longer; records that have it keep it."""
    change_entry(entry, actor=actor, is_active=is_active)


def remove_entry(kind: Kind, entry: Any, *, actor: User) -> None:
    """Delete an entry of a list that allows it."""
    if not kind.can_remove:
        raise ValidationError(_("Entries of this list are switched off, not deleted."))
    with operation(actor, "base_entry_removed", entry):
        try:
            entry.delete()
        except ProtectedError:
            raise ValidationError(_("%(name)s is still used.") % {"name": entry})


def _complete(entry: Any) -> None:
    """A region reads from its province down."""
    if isinstance(entry, Region):
        if entry.parent and entry.parent.rank >= 3:
            raise ValidationError({"parent": _("A district has nothing below it.")})
        entry.rank = entry.parent.rank + 1 if entry.parent else 1
        entry.path_name = f"{entry.parent.path_name} {entry.name}" if entry.parent else entry.name
