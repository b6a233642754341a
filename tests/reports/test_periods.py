"""Periods are whole days of the company's calendar, and their steps lose none of them."""

from datetime import date

import pytest

from reports.figures.periods import DAY, Grain, Period, Unit

TODAY = date(2026, 3, 18)


@pytest.mark.parametrize(
    ("unit", "first", "previous"),
    [
        (Unit.WEEK, date(2026, 3, 16), (date(2026, 3, 9), date(2026, 3, 11))),
        (Unit.MONTH, date(2026, 3, 1), (date(2026, 2, 1), date(2026, 2, 18))),
        (Unit.QUARTER, date(2026, 1, 1), (date(2025, 10, 1), date(2025, 12, 16))),
        (Unit.YEAR, date(2026, 1, 1), (date(2025, 1, 1), date(2025, 3, 18))),
    ],
)
def test_a_calendar_period_runs_until_today_and_is_compared_with_the_same_days_before(unit, first, previous):
    period = Period.current(unit, TODAY)

    assert (period.first, period.last) == (first, TODAY)
    assert (period.previous().first, period.previous().last) == previous


def test_a_long_month_is_compared_with_all_of_a_short_one():
    previous = Period.current(Unit.MONTH, date(2026, 3, 31)).previous()

    assert (previous.first, previous.last) == (date(2026, 2, 1), date(2026, 2, 28))


def test_own_dates_are_compared_with_as_many_days_just_before():
    previous = Period(date(2026, 3, 1), date(2026, 3, 10)).previous()

    assert (previous.first, previous.last, previous.days) == (date(2026, 2, 19), date(2026, 2, 28), 10)


@pytest.mark.parametrize("grain", Grain)
@pytest.mark.parametrize("last", [date(2026, 1, 31), date(2026, 2, 28), date(2026, 12, 31), date(2027, 1, 3)])
def test_steps_cover_every_day_exactly_once(grain, last):
    period = Period(date(2025, 12, 31), last)
    steps = period.steps(grain)

    days = [step.first + n * DAY for step in steps for n in range((step.last - step.first).days + 1)]
    assert days == [period.first + n * DAY for n in range(period.days)]


def test_weeks_begin_on_monday():
    assert [step.first.weekday() for step in Period(date(2026, 3, 4), date(2026, 3, 31)).steps(Grain.WEEK)][1:] == [
        0
    ] * 4
