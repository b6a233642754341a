"""What must hold at every moment, in SQL: each check selects the rows that break it."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Invariant:
    """A sentence that must be true, and a query for what contradicts it; `number` is that of the trust document."""

    number: int
    sentence: str
    offenders: str


RULES = [
    Invariant(
        69,
        "No outbox row is both done and dead.",
        "SELECT id FROM crm_outbox WHERE done_at IS NOT NULL AND dead_at IS NOT NULL",
    ),
    Invariant(
        71,
        "A finished job has handled as many records as it set out to.",
        "SELECT id FROM crm_job WHERE state = 'done' AND total > 0 AND done + failed <> total",
    ),
    Invariant(
        72,
        "A job that is done has no open chunk.",
        "SELECT j.id FROM crm_job j JOIN crm_jobchunk c ON c.job_id = j.id WHERE j.state = 'done' AND NOT c.is_done",
    ),
    Invariant(
        95, "Nothing was created in the future.", "SELECT id FROM crm_operation WHERE at > now() + interval '1 second'"
    ),
    Invariant(
        97,
        "Every department's path ends in itself and continues its parent's.",
        "SELECT d.id FROM crm_department d LEFT JOIN crm_department p ON p.id = d.parent_id "
        "WHERE d.path <> coalesce(p.path, '{}') || d.id::bigint",
    ),
]


def all_rules() -> list[Invariant]:
    """The rules of the kernel and of every app named in settings.HARBOUR_INVARIANTS."""
    return [rule for name in settings.HARBOUR_INVARIANTS for rule in import_string(name)]


def broken(rule: Invariant) -> list[int]:
    """Ids of up to five rows that contradict a rule."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({rule.offenders}) offenders LIMIT 5")  # noqa: S608 - the rules are constants of this code
        return [row[0] for row in cursor.fetchall()]
