"""Names of what opportunities point to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from customers.customers.names import Named, look_up, wanted_by
from customers.tasks.seen import seen_names
from sales.opportunities.models import LossReason, Opportunity, OpportunityStage


def names_for(user: Any, rows: Iterable[Any], fields: Sequence[str], wanted: dict[str, set[int]]) -> dict[str, Any]:
    """The names these fields of these rows need and a filter asks for; customers only where the person sees them."""
    chosen = {kind: set(ids) for kind, ids in wanted.items()}
    customers = chosen.pop("customer", set())
    opportunities = chosen.pop("opportunity", set())
    stages, reasons = chosen.pop("opportunity_stage", set()), chosen.pop("loss_reason", set())
    people = [name for name in fields if name in ("owner_id", "department_id", "created_by_id")]
    rows = list(rows)
    if "stage_id" in fields:
        stages |= {row.stage_id for row in rows}
    if "loss_reason_id" in fields:
        reasons |= {row.loss_reason_id for row in rows if row.loss_reason_id}
    for kind, ids in wanted_by(rows, people).items():
        chosen.setdefault(kind, set()).update(ids)
    found: dict[str, Any] = dict(look_up(chosen))
    found["opportunity_stage"] = {row.pk: Named(row.name, row.tone) for row in _read(OpportunityStage, stages)}
    found["loss_reason"] = {row.pk: row.name for row in _read(LossReason, reasons)}
    found["customer"] = seen_names(user, customers)
    found["opportunity"] = opportunity_names(user, opportunities)
    return found


def opportunity_names(user: Any, ids: set[int]) -> dict[int, str]:
    """The names of those opportunities the person sees; no query for none."""
    return dict(Opportunity.objects.visible_to(user).filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def _read(model: Any, ids: set[int]) -> Any:
    return model.objects.filter(pk__in=ids) if ids else ()
