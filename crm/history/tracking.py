"""The decorator that gives a model its event table and statement-level triggers."""

from collections.abc import Callable
from typing import TypeVar

import pghistory
import pgtrigger
from django.db import models

Model = TypeVar("Model", bound=type[models.Model])


def tracked(exclude: list[str] | None = None) -> Callable[[Model], Model]:
    """Record each inserted, updated and deleted row of a model, whoever writes it (COPY and psql included).

    Statement level, because row level made COPY forty times slower; `exclude` names fields that must not be kept.
    """
    level = pgtrigger.Statement
    return pghistory.track(
        pghistory.InsertEvent(level=level),
        pghistory.UpdateEvent(level=level),
        pghistory.DeleteEvent(level=level),
        exclude=exclude,
        append_only=True,
    )
