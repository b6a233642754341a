"""Spans of days in the company's zone, and the steps a chart divides them into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.ui.formats import MONTHS, is_chinese, long_day

DAY = timedelta(days=1)


class Unit(TextChoices):
    """What a period is called."""

    WEEK = "week", gettext_lazy("This week")
    MONTH = "month", gettext_lazy("This month")
    QUARTER = "quarter", gettext_lazy("This quarter")
    YEAR = "year", gettext_lazy("This year")
    CUSTOM = "custom", gettext_lazy("Own dates")


class Grain(TextChoices):
    """How long a step is."""

    DAY = "day", gettext_lazy("By day")
    WEEK = "week", gettext_lazy("By week")
    MONTH = "month", gettext_lazy("By month")


class Step(NamedTuple):
    """A part of a period: short label for an axis, long one for a table, first and last day."""

    label: str
    name: str
    first: date
    last: date


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: date
    last: date
    unit: Unit = Unit.CUSTOM

    @classmethod
    def current(cls, unit: Unit, today: date) -> Period:
        """The calendar week (from Monday), month, quarter or year so far, today included."""
        return cls(_beginning(unit, today), today, unit)

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    def bounds(self) -> tuple[datetime, datetime]:
        """The first moment, and the first moment after."""
        zone = timezone.get_default_timezone()
        return datetime.combine(self.first, time(), zone), datetime.combine(self.last + DAY, time(), zone)

    def previous(self) -> Period:
        """What this period is compared with: the same days of the calendar unit before, or as many days just before."""
        if self.unit == Unit.CUSTOM:
            return Period(self.first - self.days * DAY, self.first - DAY)
        first = _beginning(self.unit, self.first - DAY)
        return Period(first, min(first + (self.days - 1) * DAY, self.first - DAY), self.unit)

    def fitting_grain(self) -> Grain:
        """Steps neither too many nor too few."""
        if self.days <= 31:
            return Grain.DAY
        return Grain.WEEK if self.days <= 190 else Grain.MONTH

    def steps(self, grain: Grain) -> list[Step]:
        """The period cut into whole days, calendar weeks or months, its ends cut off where it begins or ends inside."""
        steps, first = [], self.first
        while first <= self.last:
            last = min(_ending(grain, first), self.last)
            steps.append(Step(_label(grain, first), _name(grain, first, last), first, last))
            first = last + DAY
        return steps

    def __str__(self) -> str:
        if self.first == self.last:
            return long_day(self.first)
        return _("%(first)s – %(last)s") % {"first": long_day(self.first), "last": long_day(self.last)}

    def length(self) -> str:
        """How long, in words."""
        return ngettext("%(count)d day", "%(count)d days", self.days) % {"count": self.days}


def _beginning(unit: Unit, day: date) -> date:
    if unit == Unit.WEEK:
        return day - day.weekday() * DAY
    if unit == Unit.MONTH:
        return day.replace(day=1)
    if unit == Unit.QUARTER:
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1)


def _ending(grain: Grain, day: date) -> date:
    if grain == Grain.DAY:
        return day
    if grain == Grain.WEEK:
        return day + (6 - day.weekday()) * DAY
    return (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY


def _label(grain: Grain, first: date) -> str:
    if grain != Grain.MONTH:
        return f"{first.month}/{first.day}" if is_chinese() else f"{first.day} {MONTHS[first.month - 1]}"
    return f"{first.month}月" if is_chinese() else MONTHS[first.month - 1]


def _name(grain: Grain, first: date, last: date) -> str:
    if grain == Grain.MONTH:
        return f"{first:%Y-%m}"
    return f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} – {last:%m-%d}"
