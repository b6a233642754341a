"""Classes of records with the period they are kept, the least they are kept, and how they are erased.

An app adds classes of its own by a line in settings.HARBOUR_RETENTION.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from crm.company.actions import company_setting
from customers.quality.quiet import months_ago

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise

HISTORY_MINIMUM_DAYS = 200


@dataclass(frozen=True)
class RetentionClass:
    """One class: `rows` answers what is older than a moment (rows with a numeric key), `erase` takes ids and a reason.

    `setting` names the company setting with its period (0 = kept without end), in days unless `is_in_months`; a class
    without a setting has rows that bear their own day and is always on. `told` says a row without personal detail.
    `together` rows go at once; `lock` holds what they hang on, before they are judged for the last time.
    """

    code: str
    label: Words
    what: Words
    setting: str
    minimum_days: int
    rows: Callable[[datetime], QuerySet[Any]]
    erase: Callable[[list[int], str], int]
    told: Callable[[Any], str]
    is_in_months: bool = False
    together: int = 1000
    lock: Callable[[list[int]], None] | None = None

    def period(self) -> int:
        """The period the company chose, 0 where the class is off; one query where it has a setting."""
        return int(company_setting(self.setting)) if self.setting else 0

    def before(self, now: datetime, period: int | None = None) -> datetime | None:
        """The moment up to which rows have to go, None where the class is off.

        Never later than the class minimum allows, whatever was set.
        """
        if not self.setting:
            return now
        chosen = self.period() if period is None else period
        if chosen <= 0:
            return None
        wished = months_ago(chosen, now) if self.is_in_months else now - timedelta(days=chosen)
        return min(wished, now - timedelta(days=self.minimum_days))


@cache
def declared_classes() -> dict[str, RetentionClass]:
    """All classes by code, in the order of settings.HARBOUR_RETENTION."""
    lists: list[list[RetentionClass]] = [import_string(name) for name in settings.HARBOUR_RETENTION]
    return {one.code: one for found in lists for one in found}


def due(one: RetentionClass, now: datetime | None = None) -> QuerySet[Any] | None:
    """The rows of a class that have to go now, None where it is off."""
    moment = one.before(now or timezone.now())
    return None if moment is None else one.rows(moment)
