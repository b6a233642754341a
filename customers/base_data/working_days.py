"""The working calendar 工作日历: Monday to Friday, but for what the list of holidays says, in the company's hours.

    calendar = working_calendar()
    calendar.before(due_on, 3)          # the day three working days earlier
    calendar.hours_before(now, 24)      # the moment 24 working hours ago, to compare columns with

A year whose holidays nobody has entered yet counts Monday to Friday as working days (`unannounced_years`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from crm.company.actions import company_settings
from customers.base_data.models import Holiday

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True)
class WorkingCalendar:
    """Days that differ from their weekday (day → is it worked), and the hours between which people work."""

    differing: Mapping[date, bool] = field(default_factory=dict)
    opens_at: int = 9
    closes_at: int = 18

    def is_working(self, day: date) -> bool:
        """Whether people work on a day."""
        return self.differing.get(day, day.weekday() < _SATURDAY)

    def before(self, day: date, count: int) -> date:
        """The working day that lies `count` working days before a day; for 0 the day itself."""
        return self._moved(day, count, -_DAY)

    def after(self, day: date, count: int) -> date:
        """The working day that lies `count` working days after a day; for 0 the day itself."""
        return self._moved(day, count, _DAY)

    def hours_before(self, moment: datetime, hours: float) -> datetime:
        """The latest moment from which `hours` working hours have passed at an aware moment."""
        left, day = timedelta(hours=hours), timezone.localdate(moment)
        if not left:
            return moment
        while True:
            opens, closes = self._span(day)
            worked = max(min(moment, closes) - opens, timedelta()) if self.is_working(day) else timedelta()
            if worked >= left:
                return min(moment, closes) - left
            left, day = left - worked, day - _DAY

    def hours_after(self, moment: datetime, hours: float) -> datetime:
        """The earliest moment at which `hours` working hours have passed since an aware moment."""
        left, day = timedelta(hours=hours), timezone.localdate(moment)
        while True:
            opens, closes = self._span(day)
            begins = max(moment, opens)
            worked = max(closes - begins, timedelta()) if self.is_working(day) else timedelta()
            if worked >= left and worked:
                return begins + left
            left, day = left - worked, day + _DAY

    def _moved(self, day: date, count: int, step: timedelta) -> date:
        while count > 0:
            day += step
            count -= self.is_working(day)
        return day

    def _span(self, day: date) -> tuple[datetime, datetime]:
        midnight = timezone.make_aware(datetime.combine(day, time.min))
        return midnight + timedelta(hours=self.opens_at), midnight + timedelta(hours=self.closes_at)


def working_calendar() -> WorkingCalendar:
    """The calendar of the company as its settings stand. Two queries."""
    chosen = company_settings()
    days = dict(Holiday.objects.values_list("day", "is_working"))
    return WorkingCalendar(days, chosen["calendar.opens_at"], chosen["calendar.closes_at"])


def unannounced_years(today: date) -> list[int]:
    """This and the next year, as far as no holidays are known of them: Monday to Friday count there."""
    known = set(Holiday.objects.filter(day__year__gte=today.year, is_working=False).values_list("day__year", flat=True))
    return [year for year in (today.year, today.year + 1) if year not in known]
