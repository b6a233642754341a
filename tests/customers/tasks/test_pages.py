"""The list of tasks, their pages and the ways to add one."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from crm.operations.moments import midnight
from crm.records.selection import Selection
from customers.tasks.exports import EXPORT
from customers.tasks.models import Task
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_department, make_task, make_user, sign_in

pytestmark = pytest.mark.django_db


def tomorrow() -> date:
    return timezone.localdate() + timedelta(days=1)


def test_the_list_shows_open_tasks_of_ones_own_and_those_one_gave():
    rep, peer = make_user("rep", "rep"), make_user("peer", "rep")
    make_task(rep, title="Mine")
    make_task(peer, title="Given away", created_by=rep)
    make_task(peer, title="Foreign")
    make_task(rep, title="Finished", done_at=timezone.now())
    page = sign_in(rep).get("/tasks/").text
    assert ["Mine" in page, "Given away" in page, "Foreign" in page, "Finished" in page] == [True, True, False, False]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("state=overdue", {"Late"}),
        ("state=today", {"Today"}),
        ("state=done", {"Closed"}),
        ("state=cancelled", {"Given up"}),
        ("state=any", {"Late", "Today", "Closed", "Given up", "About", "Undated"}),
        ("customer=none", {"Late", "Today", "Undated"}),
        ("priority=high", {"Undated"}),
        ("q=abou", {"About"}),
        ("q=Heng+Works", {"About"}),
    ],
)
def test_filters_narrow_the_list_and_the_api_alike(query, titles, api):
    rep = make_user("rep", "rep")
    today = timezone.localdate()
    make_task(rep, title="Late", due_at=midnight(today - timedelta(days=1)))
    make_task(rep, title="Today", due_at=midnight(today))
    make_task(rep, title="Closed", done_at=timezone.now())
    make_task(rep, title="Given up", cancelled_at=timezone.now())
    make_task(rep, title="About", customer=make_customer(rep, name="Heng Works"))
    make_task(rep, title="Undated", priority="high")
    page = sign_in(rep).get(f"/tasks/?{query}").text
    shown = {title for title in ("Late", "Today", "Closed", "Given up", "About", "Undated") if f">{title}</a>" in page}
    assert shown == titles
    assert {row["title"] for row in api(rep).get(f"tasks/?{query}").body["results"]} == titles
    exported = EXPORT.rows(rep, Selection(query=query, is_all=True))
    assert set(exported.values_list("title", flat=True)) == titles


def test_a_director_sees_the_tasks_of_the_department_and_an_auditor_all_without_verbs():
    east, north = make_department("East"), make_department("North")
    director, auditor = make_user("boss", "director", east), make_user("aud", "auditor", north)
    make_task(make_user("rep", "rep", east), title="Near")
    far = make_task(make_user("far", "rep", north), title="Far")
    page = sign_in(director).get("/tasks/").text
    assert ["Near" in page, "Far" in page] == [True, False]
    page = sign_in(auditor).get("/tasks/").text
    assert ["Near" in page, "Far" in page, "/finish/" in page] == [True, True, False]
    assert sign_in(director).get(far.get_absolute_url()).status_code == 404
    page = sign_in(auditor).get(far.get_absolute_url())
    assert [page.status_code, "/finish/" in page.text] == [200, False]


def test_the_name_of_a_customer_out_of_reach_is_shown_nowhere(api):
    rep, far = make_user("rep", "rep"), make_user("far", "rep", make_department("North"))
    customer = make_customer(far, name="Secret Works")
    task = make_task(rep, title="Old task", customer=customer)
    client = sign_in(rep)
    for address in ("/tasks/", f"/tasks/?customer={customer.pk}", task.get_absolute_url(),
                    f"{task.get_absolute_url()}edit/", "/calendar/", "/"):  # fmt: skip
        assert "Secret Works" not in client.get(address).text, address
    assert "Secret Works" not in str(api(rep).get("tasks/").body)
    assert "Old task" not in client.get("/tasks/?q=Secret+Works").text
    row = EXPORT.rows(rep, Selection(ids=(task.pk,))).get()
    assert row.seen_customer == ""


def test_a_task_is_added_with_everything_and_sent_twice_made_once():
    rep = make_user("rep", "rep")
    customer = make_customer(rep, name="Heng Works")
    client = sign_in(rep)
    body = {
        "title": "Send the offer", "due_on": str(tomorrow()), "due_time": "15:30", "owner": rep.pk,
        "customer": customer.number, "priority": "high", "note": "with v3",
        "remind_at": f"{tomorrow()}T09:00", "key": "0123456789abcdef-0000",
    }  # fmt: skip
    answers = [client.post("/tasks/new/", body) for _ in range(2)]
    task = Task.objects.get()
    assert [answer["Location"] for answer in answers] == [task.get_absolute_url()] * 2
    assert (task.customer, task.priority, task.note, task.is_all_day) == (customer, "high", "with v3", False)
    assert f"{timezone.localtime(task.due_at):%H:%M}" == "15:30"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": ""}, "Fill in “"),
        ({"due_on": "2020-01-01"}, "This day is over."),
        ({"due_on": "", "due_time": "10:00"}, "A time of day needs a day."),
        ({"customer": "Nobody Ltd"}, "No customer of yours fits “Nobody Ltd”."),
        ({"customer": "Works"}, "Several customers fit."),
        ({"owner": "999999"}, "Select a valid choice."),
    ],
)
def test_bad_input_is_refused_in_words_and_nothing_is_written(wrong, words):
    rep = make_user("rep", "rep")
    make_customer(rep, name="Heng Works")
    make_customer(rep, name="Yao Works")
    client = sign_in(rep)
    before = fingerprint()
    body = {"title": "A", "due_on": str(tomorrow()), "owner": rep.pk, "priority": "normal", **wrong}
    answer = client.post("/tasks/new/", body)
    assert answer.status_code == 422
    assert words in answer.text
    assert fingerprint() == before


def test_a_foreign_customer_is_not_found_by_name_or_number():
    rep, far = make_user("rep", "rep"), make_user("far", "rep", make_department("North"))
    customer = make_customer(far, name="Secret Works")
    for text in (customer.number, customer.name):
        body = {"title": "A", "owner": rep.pk, "priority": "normal", "customer": text}
        assert sign_in(rep).post("/tasks/new/", body).status_code == 422
    assert Task.objects.count() == 0


def test_the_quick_line_adds_a_task_for_oneself_and_leads_back():
    rep = make_user("rep", "rep")
    customer = make_customer(rep)
    body = {"title": "Ring Xu", "due_on": str(tomorrow()), "customer": customer.pk, "next": customer.get_absolute_url()}
    answer = sign_in(rep).post("/tasks/quick/", body)
    assert answer["Location"] == customer.get_absolute_url()
    task = Task.objects.get()
    assert (task.owner, task.customer, task.due_on, task.is_all_day) == (rep, customer, tomorrow(), True)


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example/"])
def test_the_quick_line_leads_to_our_own_pages_only(place):
    answer = sign_in(make_user("rep", "rep")).post("/tasks/quick/", {"title": "A", "next": place})
    assert answer["Location"] == "/tasks/"


def test_the_page_of_a_customer_shows_its_open_tasks():
    rep = make_user("rep", "rep")
    customer = make_customer(rep)
    make_task(rep, title="Ring Xu", customer=customer)
    make_task(rep, title="Done long ago", customer=customer, done_at=timezone.now())
    page = sign_in(rep).get(customer.get_absolute_url()).text
    panel = page[page.index('id="tasks"') : page.index("</section>", page.index('id="tasks"'))]
    assert ["Ring Xu" in panel, "Done long ago" in panel, "/tasks/quick/" in panel] == [True, False, True]


def test_each_verb_has_its_page():
    rep, peer = make_user("rep", "rep"), make_user("peer", "rep")
    task, client = make_task(rep), sign_in(rep)
    place = task.get_absolute_url()
    client.post(f"{place}postpone/", {"day": str(tomorrow())})
    client.post(f"{place}edit/", {"title": "Renamed", "due_on": str(tomorrow()), "owner": rep.pk, "priority": "normal"})
    task.refresh_from_db()
    assert (task.due_on, task.title) == (tomorrow(), "Renamed")
    client.post(f"{place}finish/")
    client.post(f"{place}reopen/")
    client.post(f"{place}give/", {"owner": peer.pk})
    task.refresh_from_db()
    assert (task.done_at, task.owner) == (None, peer)
    client.post(f"{place}cancel/", {"reason": "moot"})
    task.refresh_from_db()
    assert task.cancelled_at is not None


def test_bulk_verbs_touch_only_what_the_person_may_change():
    rep, peer = make_user("rep", "rep"), make_user("peer", "rep")
    mine, foreign = make_task(rep), make_task(peer)
    client = sign_in(rep)
    client.post("/tasks/postpone/", {"ids": [mine.pk, foreign.pk], "day": str(tomorrow())})
    answer = client.post("/tasks/finish/", {"all": "1", "query": "owner=me"})
    assert answer["Location"] == "/tasks/?owner=me"
    mine.refresh_from_db()
    foreign.refresh_from_db()
    assert (mine.due_on, mine.done_at is not None) == (tomorrow(), True)
    assert (foreign.due_on, foreign.done_at) == (None, None)


def test_verbs_on_tasks_of_others_are_answered_as_if_there_were_none():
    task, client = make_task(make_user("peer", "rep")), sign_in(make_user("rep", "rep"))
    before = fingerprint()
    for verb in ("finish", "reopen", "postpone", "give", "cancel", "edit"):
        assert client.post(f"{task.get_absolute_url()}{verb}/", {"day": str(tomorrow())}).status_code == 404
    assert fingerprint() == before


def test_the_api_has_the_same_verbs_and_refusals(api):
    rep, peer, far = make_user("rep", "rep"), make_user("peer", "rep"), make_user("far", "rep", make_department("N"))
    client = api(rep)
    made = client.post("tasks/", {"title": "Ring", "due_at": f"{tomorrow()}T10:00:00+08:00", "is_all_day": False})
    pk = made.body["id"]
    assert (made.status_code, made.body["owner"], made.body["given_by"]) == (201, "rep", "rep")
    assert client.patch(f"tasks/{pk}/", {"note": "n"}).body["note"] == "n"
    day = tomorrow() + timedelta(days=7)
    assert client.post(f"tasks/{pk}/postpone/", {"day": str(day)}).body["due_at"].startswith(str(day))
    assert client.post(f"tasks/{pk}/finish/").body["done_at"] is not None
    assert client.post(f"tasks/{pk}/finish/").status_code == 422
    assert client.post(f"tasks/{pk}/reopen/").body["done_at"] is None
    assert client.post(f"tasks/{pk}/give/", {"owner": "far"}).status_code == 422
    assert client.post(f"tasks/{pk}/give/", {"owner": "peer"}).body["owner"] == "peer"
    assert client.post("tasks/", {"title": "A", "customer": make_customer(far).pk}).status_code == 404
    assert client.post("tasks/", {"title": "A", "done_at": "2026-01-01"}).status_code == 400
    foreign = make_task(peer)
    assert client.post(f"tasks/{foreign.pk}/cancel/").status_code == 404
    assert Task.objects.get(pk=foreign.pk).is_open
