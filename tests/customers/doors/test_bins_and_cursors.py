"""What lies in a recycle bin, out of reach, or was made up by hand, is shown by no door."""

import base64
import json

import pytest
from django.utils import timezone

from crm.attachments.actions import archive_attachment
from customers.activities.models import Activity
from customers.comments.models import Comment
from customers.customers.bulk import archive_customers
from customers.customers.models import Customer
from customers.transfers.models import Transfer, TransferRow
from tests.factories import make_activity, make_customer, make_department, make_user, role_named, sign_in
from tests.factories.api import api as api
from tests.factories.files import make_attachment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def east():
    return make_department("East")


@pytest.fixture
def rep(east):
    return make_user("rep", "rep", east)


def made_up(value, pk=1):
    return base64.urlsafe_b64encode(json.dumps([0, value, pk]).encode()).decode().rstrip("=")


# odd, but a moment or a number, so that a list in such an order begins there
MOMENTS = [
    made_up("9999-12-31T23:59:59+00:00"), made_up("0001-01-01T00:00:00+14:00"),
    made_up("2026-01-01T00:00:00Z", 10**30), made_up("2026-01-01T00:00:00Z", -(10**30)),
]  # fmt: skip
NUMBERS = [made_up(1e308), made_up(True)]
WRONG = [
    *MOMENTS, *NUMBERS, made_up("2026-01-01T00:00:00"), made_up("\x00"), made_up("\ud800"), made_up([[]]),
    made_up({"a": 1}), made_up("x" * 3000),
    base64.urlsafe_b64encode(b"[" * 2500).decode(), base64.urlsafe_b64encode(b"[0,NaN,1]").decode(),
    base64.urlsafe_b64encode(b"[0,null,Infinity]").decode(), "\x00", "é", "A", "====",
]  # fmt: skip
BY_MOMENT = [
    "/customers/?", "/customers/?sort=created&", "/contacts/?", "/activities/?", "/tasks/?", "/tasks/?sort=-due&",
    "/customers/leads/?", "/customers/pool/?", "/customers/consents/?",
]  # fmt: skip
LISTS = [
    *((address, MOMENTS) for address in BY_MOMENT), ("/customers/?sort=next_follow&", []),
    ("/customers/duplicates/?", NUMBERS), ("/customers/transfers/?", NUMBERS),
]  # fmt: skip


@pytest.mark.parametrize(("address", "read"), LISTS)
def test_no_page_address_made_up_by_hand_is_a_fault(address, read, east):
    make_customer(make_user("rep", "rep", east))
    client = sign_in(make_user("director", "director", east))
    client.raise_request_exception = False

    for cursor in WRONG:
        assert client.get(f"{address}cursor={cursor}").status_code == (200 if cursor in read else 400), cursor


def test_the_rows_of_a_transfer_answer_such_an_address_as_the_lists_do(east, rep):
    director = make_user("director", "director", east)
    transfer = Transfer.objects.create(requested_by=director, state="done")
    TransferRow.objects.create(transfer=transfer, row_number=1, customer=make_customer(rep, name="Gone Works"))
    client = sign_in(director)

    refused = client.get(f"/customers/transfers/{transfer.pk}/?cursor=nonsense")
    assert (refused.status_code, "Gone Works" in refused.text) == (400, False)
    assert "Gone Works" in client.get(f"/customers/transfers/{transfer.pk}/").text


@pytest.mark.parametrize("place", ["customers/", "customers/?ordering=created&", "activities/", "tasks/?ordering=due&"])
def test_no_cursor_made_up_by_hand_is_a_fault_of_the_api(place, rep, api):
    make_activity(make_customer(rep))
    client, mark = api(rep), "" if "?" in place else "?"

    for cursor in WRONG:
        answer = client.get(f"{place}{mark}cursor={cursor}")
        assert answer.status_code == (200 if cursor in MOMENTS else 400), cursor


@pytest.mark.parametrize("part", ["timeline/?", "history/?"])
def test_no_place_in_a_story_made_up_by_hand_is_a_fault(part, rep):
    customer = make_customer(rep)
    client = sign_in(rep)
    client.raise_request_exception = False

    places = [b'["2026-01-01T00:00:00Z","\\u0000"]', b'["0001-01-01T00:00:00+14:00","x"]']
    read = [base64.urlsafe_b64encode(place).decode() for place in places]
    for cursor in [*WRONG, *read]:
        answer = client.get(f"/customers/{customer.pk}/{part}before={cursor}")
        assert answer.status_code == (200 if cursor in read else 400), cursor


def test_talks_at_an_archived_customer_leave_the_lists(rep, api):
    customer = make_customer(rep, name="Binned Works")
    activity = make_activity(customer, content="Canary talk")
    Comment.objects.create(customer=customer, activity=activity, author=rep, content="Canary word")
    Customer.objects.update(archived_at=timezone.now())

    assert "Canary talk" not in sign_in(rep).get("/activities/").text
    assert api(rep).get("activities/").body["results"] == []
    assert api(rep).get("comments/").body["results"] == []


def test_a_file_in_the_recycle_bin_is_open_only_to_those_who_may_put_it_back(rep, east):
    auditor = make_user("auditor", "auditor", east)
    row = make_attachment(make_customer(rep), rep, "notes.txt", b"Canary")
    assert sign_in(auditor).get(f"/files/{row.pk}/download/").status_code == 200

    archive_attachment(row, actor=rep)

    for part in ("", "download/"):
        assert sign_in(auditor).get(f"/files/{row.pk}/{part}").status_code == 404
        assert sign_in(rep).get(f"/files/{row.pk}/{part}").status_code == 200


def test_the_talk_about_a_follow_up_is_open_only_to_those_who_see_follow_ups(rep):
    activity = make_activity(make_customer(rep), content="Canary talk")
    address = f"/activities/{activity.pk}/comments/"
    assert "Canary talk" in sign_in(rep).get(address).text

    role_named("rep").grants.filter(right="customers.view_activity").delete()

    assert sign_in(rep).get(address).status_code == 404
    assert Activity.objects.count() == 1


def test_undo_names_no_customer_that_left_the_reach_meanwhile(rep, east):
    director = make_user("director", "director", east)
    customer = make_customer(rep, name="Plain Works")
    entry = archive_customers(Customer.objects.filter(pk=customer.pk), actor=director, reason="why")
    stranger = make_user("far", "rep", make_department("North"))
    Customer.objects.update(name="Canary Works", owner=stranger, department=stranger.department)

    answer = sign_in(director).post(f"/undo/{entry.pk}/")

    assert "Canary Works" not in answer.text
    assert f"#{customer.pk}" in answer.text


def test_the_rows_of_a_transfer_are_told_only_as_far_as_their_customers_are_seen(rep, east, api):
    director = make_user("director", "director", east)
    far = make_customer(make_user("far", "rep", make_department("North")))
    transfer = Transfer.objects.create(requested_by=director, target_ids=[rep.pk], reason="why")
    for number, customer in enumerate((make_customer(rep), far), 1):
        TransferRow.objects.create(
            transfer=transfer, row_number=number, customer=customer, old_owner=customer.owner, new_owner=rep,
            outcome="planned",
        )  # fmt: skip

    body = api(director).get(f"transfers/{transfer.pk}/").body

    assert [row["row_number"] for row in body["results"]] == [1]
    assert body["count"] == 1
