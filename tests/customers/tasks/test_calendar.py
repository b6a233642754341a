"""The week, and the calendar subscription."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from crm.operations.moments import midnight
from customers.base_data.models import Holiday
from customers.tasks import feeds
from customers.tasks.feed_views import FETCHES_PER_MINUTE
from customers.tasks.models import CalendarFeed
from tests.factories import make_activity, make_customer, make_department, make_task, make_user, sign_in

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 9, 23, 4, 0, tzinfo=UTC)  # Wednesday, 12:00 in Shanghai


@pytest.fixture(autouse=True)
def wednesday(time_machine):
    time_machine.move_to(NOON, tick=False)
    cache.clear()


def day_of(page: str, label: str) -> str:
    start = page.index(f'aria-label="{label}"')
    return page[start : page.index("</section>", start)]


def test_the_week_shows_tasks_follow_ups_visits_and_holidays_on_their_days():
    rep = make_user("rep", "rep")
    customer = make_customer(rep, name="Heng Works", next_follow_on=date(2026, 9, 24))
    make_task(rep, title="Send the offer", due_at=midnight(date(2026, 9, 21)), customer=customer)
    make_activity(customer, kind="visit", content="Saw the works", happened_at=NOON - timedelta(days=1), author=rep)
    make_activity(customer, kind="call", content="A call", happened_at=NOON - timedelta(days=1), author=rep)
    Holiday.objects.create(day=date(2026, 9, 25), name="Mid-autumn")
    page = sign_in(rep).get("/calendar/").text
    assert "Send the offer" in day_of(page, "21 Sep 2026")
    assert "Saw the works" in day_of(page, "22 Sep 2026")
    assert "A call" not in page
    assert "Heng Works" in day_of(page, "24 Sep 2026")
    assert "Mid-autumn" in day_of(page, "25 Sep 2026")


def test_a_director_opens_the_calendars_of_the_department_only():
    east, north = make_department("East"), make_department("North")
    director, rep, far = (
        make_user("boss", "director", east),
        make_user("rep", "rep", east),
        make_user("far", "rep", north),
    )
    make_task(rep, title="Send the offer", due_at=NOON)
    client = sign_in(director)
    assert "Send the offer" not in client.get("/calendar/").text
    assert "Send the offer" in client.get(f"/calendar/?person={rep.pk}").text
    assert client.get(f"/calendar/?person={far.pk}").status_code == 404
    assert sign_in(rep).get(f"/calendar/?person={director.pk}").status_code == 404


@pytest.mark.parametrize("week", ["", "2026-13-45", "nonsense", "0001-01-01", "9999-12-31"])
def test_any_week_can_be_asked_for(week):
    assert sign_in(make_user("rep", "rep")).get(f"/calendar/?week={week}").status_code == 200


def test_a_week_costs_the_same_queries_however_full_it_is():
    rep = make_user("rep", "rep")
    client, costs = sign_in(rep), []
    for _ in range(2):
        for _ in range(10):
            customer = make_customer(rep, next_follow_on=date(2026, 9, 24))
            make_task(rep, due_at=NOON, customer=customer)
            make_activity(customer, kind="visit", author=rep, happened_at=NOON - timedelta(hours=1))
        client.get("/calendar/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/calendar/")
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 14


def test_a_subscription_holds_plans_in_reach_and_nothing_else():
    rep, far = make_user("rep", "rep"), make_user("far", "rep", make_department("North"))
    own = make_customer(rep, name="Heng; Works, \\ Ltd", next_follow_on=date(2026, 9, 24), phone="+8613812345678")
    title = "Send the offer, 请发送报价单给客户并确认交期与付款节点，然后安排下周的现场演示会议与验收流程"
    timed = make_task(rep, title=title, due_at=NOON, is_all_day=False, note="Ring 13812345678", customer=own)
    make_task(rep, title="Old", customer=make_customer(far, name="Secret Works"), due_at=midnight(date(2026, 9, 25)))
    make_task(rep, title="Done", due_at=NOON, done_at=NOON)
    make_task(far, title="Foreign", due_at=NOON)
    answer = Client().get(f"/calendar/feed/{feeds.make_feed(rep)}.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    events = {str(event["summary"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}
    assert set(events) == {f"{title} · {own.name}", f"Follow up: {own.name}", "Old"}
    assert events[f"{title} · {own.name}"]["dtstart"].dt == NOON
    assert events[f"Follow up: {own.name}"]["dtstart"].dt == date(2026, 9, 24)
    assert events[f"{title} · {own.name}"]["url"].endswith(timed.get_absolute_url())
    assert b"13812345678" not in answer.content
    lines = answer.content.split(b"\r\n")
    assert max(map(len, lines)) <= 75


def test_what_is_done_takes_no_room_from_what_is_planned(monkeypatch):
    rep = make_user("rep", "rep")
    for title in ("Done", "Done too"):
        make_task(rep, title=title, due_at=NOON - timedelta(days=2), done_at=NOON)
    make_task(rep, title="Planned", due_at=NOON + timedelta(days=1))
    monkeypatch.setattr("customers.tasks.calendar.SHOWN_AT_MOST", 2)
    assert b"SUMMARY:Planned" in feeds.feed_text(rep)


def test_an_unchanged_subscription_is_answered_with_304():
    rep = make_user("rep", "rep")
    address = f"/calendar/feed/{feeds.make_feed(rep)}.ics"
    etag = Client().get(address)["ETag"]
    assert Client().get(address, headers={"If-None-Match": etag}).status_code == 304
    make_task(rep, due_at=NOON)
    assert Client().get(address, headers={"If-None-Match": etag}).status_code == 200


def test_a_replaced_removed_or_disabled_subscription_is_gone():
    rep = make_user("rep", "rep")
    first = feeds.make_feed(rep)
    second = feeds.make_feed(rep)
    assert CalendarFeed.objects.count() == 1
    assert [Client().get(f"/calendar/feed/{token}.ics").status_code for token in (first, second)] == [404, 200]
    rep.is_active = False
    rep.save()
    assert Client().get(f"/calendar/feed/{second}.ics").status_code == 404
    rep.is_active = True
    rep.save()
    feeds.remove_feed(rep)
    assert Client().get(f"/calendar/feed/{second}.ics").status_code == 404
    assert Client().get("/calendar/feed/x.ics").status_code == 404


def test_the_secret_is_shown_once_and_kept_as_a_hash():
    client = sign_in(make_user("rep", "rep"))
    answer = client.post("/settings/calendar/make/")
    start = answer.text.index("/calendar/feed/") + len("/calendar/feed/")
    token = answer.text[start : answer.text.index(".ics", start)]
    assert answer["Cache-Control"] == "no-store"
    assert token not in client.get("/settings/calendar/").text
    assert CalendarFeed.objects.get().token_hash != token
    assert Client().get(f"/calendar/feed/{token}.ics").status_code == 200
    client.post("/settings/calendar/remove/")
    assert CalendarFeed.objects.count() == 0


def test_somebody_who_asks_without_end_is_held_up():
    statuses = {Client().get("/calendar/feed/guess.ics").status_code for _ in range(FETCHES_PER_MINUTE)}
    assert statuses == {404}
    assert Client().get("/calendar/feed/guess.ics").status_code == 429
