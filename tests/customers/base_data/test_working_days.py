"""The working calendar: holidays, make-up days, hours."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from customers.base_data.loading import load_base_data
from customers.base_data.models import Holiday
from customers.base_data.working_days import WorkingCalendar, unannounced_years, working_calendar
from tests.factories import make_user, sign_in

SHANGHAI = ZoneInfo("Asia/Shanghai")
# what the State Council announced: (year, holidays, make-up working days)
ANNOUNCED = {
    2025: (
        ["01-01", *(f"01-{n}" for n in range(28, 32)), *(f"02-0{n}" for n in range(1, 5)), "04-04", "04-05", "04-06",
         *(f"05-0{n}" for n in range(1, 6)), "05-31", "06-01", "06-02", *(f"10-0{n}" for n in range(1, 9))],
        ["01-26", "02-08", "04-27", "09-28", "10-11"],
    ),
    2026: (
        ["01-01", "01-02", "01-03", *(f"02-{n}" for n in range(15, 24)), "04-04", "04-05", "04-06",
         *(f"05-0{n}" for n in range(1, 6)), "06-19", "06-20", "06-21", "09-25", "09-26", "09-27",
         *(f"10-0{n}" for n in range(1, 8))],
        ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
    ),
}  # fmt: skip
# Friday 25 September to Sunday 27 is Mid-autumn; Sunday 20 is worked instead
AUTUMN = WorkingCalendar(
    {date(2026, 9, 20): True, date(2026, 9, 25): False, date(2026, 9, 26): False, date(2026, 9, 27): False}
)


def at(day, hour, minute=0):
    return datetime(2026, 9, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.django_db
@pytest.mark.parametrize("year", [2025, 2026])
def test_the_calendar_knows_the_announced_holidays_and_make_up_days(year):
    load_base_data()
    found = Holiday.objects.filter(day__year=year).values_list("day", "is_working")
    off, on = ANNOUNCED[year]
    assert sorted(f"{day:%m-%d}" for day, is_working in found if not is_working) == sorted(off)
    assert sorted(f"{day:%m-%d}" for day, is_working in found if is_working) == sorted(on)


def test_a_make_up_sunday_is_worked_and_a_holiday_friday_is_not():
    assert [AUTUMN.is_working(date(2026, 9, day)) for day in (19, 20, 24, 25, 26, 28)] == [
        False, True, True, False, False, True,
    ]  # fmt: skip


def test_working_days_are_counted_over_the_holidays_in_both_directions():
    assert AUTUMN.after(date(2026, 9, 18), 1) == date(2026, 9, 20)
    assert AUTUMN.after(date(2026, 9, 24), 1) == date(2026, 9, 28)
    assert AUTUMN.before(date(2026, 9, 28), 1) == date(2026, 9, 24)
    assert AUTUMN.before(date(2026, 9, 28), 6) == date(2026, 9, 18)
    assert AUTUMN.after(date(2026, 9, 26), 0) == date(2026, 9, 26)


def test_the_moment_some_working_hours_ago_leaves_out_nights_and_holidays():
    for now, hours, then in [
        (at(28, 10, 30), 2.5, at(24, 17)),
        (at(26, 12), 9, at(24, 9)),
        (at(24, 22), 1, at(24, 17)),
        (at(28, 9), 9, at(24, 9)),
        (at(24, 12), 2, at(24, 10)),
        (at(24, 12), 0, at(24, 12)),
    ]:
        assert AUTUMN.hours_before(now, hours) == then


@pytest.mark.django_db
def test_the_calendar_is_read_from_the_list_an_administrator_keeps():
    Holiday.objects.create(day=date(2027, 3, 1), name="Company day")
    Holiday.objects.create(day=date(2027, 3, 6), name="Instead", is_working=True)
    calendar = working_calendar()
    assert calendar.is_working(date(2027, 3, 1)) is False
    assert calendar.is_working(date(2027, 3, 6)) is True
    assert (calendar.opens_at, calendar.closes_at) == (9, 18)


@pytest.mark.django_db
def test_a_year_without_holidays_is_named_as_not_announced():
    load_base_data()
    assert unannounced_years(date(2026, 11, 21)) == [2027]
    assert unannounced_years(date(2025, 6, 1)) == []
    assert WorkingCalendar().is_working(date(2027, 10, 1)) is True


@pytest.mark.django_db
def test_the_page_of_holidays_says_which_year_nobody_has_entered(time_machine):
    time_machine.move_to(datetime(2026, 11, 21, tzinfo=SHANGHAI))
    load_base_data()
    client = sign_in(make_user("boss", "admin"))
    assert "The holidays of 2027 are not entered yet" in client.get("/settings/base-data/holidays/").text
    assert "not entered yet" not in client.get("/settings/base-data/stages/").text
    Holiday.objects.create(day=date(2027, 1, 1), name="New Year")
    assert "not entered yet" not in client.get("/settings/base-data/holidays/").text
