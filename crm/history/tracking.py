"""The decorator that gives a model its event table and statement-level triggers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.db import models
from pghistory.trigger import Event

from crm.history.registry import keep_lists

keep_lists()
Model = TypeVar("Model", bound=type[models.Model])


class PlannedEachTime(Event):
    """An event trigger whose statement is planned whenever it runs.

    PL/pgSQL keeps the plan of a plain statement for the life of the connection: one made for a single row joins the
    transition tables by a nested loop, and an update of 20,000 rows on that connection then runs for minutes.
    """

    def get_func(self, model: Any) -> pgtrigger.Func:
        statement = super().get_func(model).func.removesuffix("RETURN NULL;").strip().removesuffix(";")
        return pgtrigger.Func(f"EXECUTE $event$ {statement} $event$; RETURN NULL;")


class UpdateEvent(pghistory.UpdateEvent):
    """Records updated rows that really changed."""

    def add_event_trigger(self, event_model: Any) -> None:
        trigger = PlannedEachTime(
            event_model=event_model,
            label=self.label,
            name=self.trigger_name,
            row=self.row,
            operation=self.operation,
            condition=self.condition,
            level=self.level,
        )
        pgtrigger.register(trigger)(event_model.pgh_tracked_model)


def tracked(exclude: list[str] | None = None, triggers: str = "") -> Callable[[Model], Model]:
    """Record each inserted, updated and deleted row of a model, whoever writes it (COPY and psql included).

    Statement level, because row level made COPY forty times slower; `exclude` names fields that must not be kept.
    `triggers` begins the names of the triggers: needed where the short hash in them is that of another model.
    """
    level, head = pgtrigger.Statement, f"{triggers}_" if triggers else ""
    return pghistory.track(
        pghistory.InsertEvent(level=level, trigger_name=f"{head}insert_insert"),
        UpdateEvent(level=level, trigger_name=f"{head}update_update"),
        pghistory.DeleteEvent(level=level, trigger_name=f"{head}delete_delete"),
        exclude=exclude,
        append_only=True,
        attrs={"pgh_id": models.BigAutoField(primary_key=True)},
    )
