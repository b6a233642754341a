"""The check-in of a visit: where from the browser, when from the server, for few eyes only."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from customers.activities import actions
from customers.activities.checkin import stamp_position
from customers.activities.models import Activity
from customers.activities.resources import ActivityResource
from tests.factories import make_activity, make_customer, make_department, make_user, sign_in
from tests.factories.api import api as api

pytestmark = pytest.mark.django_db
PLACE = {"latitude": "31.298886", "longitude": "120.5853171234"}


@pytest.fixture
def rep():
    return make_user("rep", "rep")


def test_a_visit_keeps_where_the_device_stood_and_when_the_server_heard_of_it(rep):
    customer, now = make_customer(rep), timezone.now()
    client = sign_in(rep)

    stamp = client.post(f"/customers/{customer.pk}/check-in/", PLACE).json()["stamp"]
    form = {"kind": "visit", "content": "Saw the hall.", "stamp": stamp, "place": "Gate 3", "key": "0" * 32}
    assert client.post(f"/customers/{customer.pk}/follow-up/", form).status_code == 302

    visit = Activity.objects.get()
    assert (visit.latitude, visit.longitude, visit.place) == (Decimal("31.298886"), Decimal("120.585317"), "Gate 3")
    assert abs(visit.checked_in_at - now) < timedelta(minutes=1)
    assert visit.happened_at == visit.checked_in_at


@pytest.mark.parametrize(
    "place",
    [
        {}, {"latitude": "91", "longitude": "0"}, {"latitude": "0", "longitude": "-181"},
        {"latitude": "NaN", "longitude": "1"}, {"latitude": "1e3", "longitude": "1"},
        {"latitude": "٣", "longitude": "1"}, {"latitude": "1;DROP", "longitude": "1"},
    ],
)  # fmt: skip
def test_what_is_no_position_is_refused_in_words(rep, place):
    customer = make_customer(rep)
    answer = sign_in(rep).post(f"/customers/{customer.pk}/check-in/", place)
    assert (answer.status_code, answer.json()) == (422, {"refusal": "The device gave no usable position."})


def test_a_stamp_of_another_customer_person_or_day_or_a_used_or_forged_one_is_refused(rep):
    customer, other = make_customer(rep), make_customer(rep)
    director = make_user("director", "director", rep.department)

    def visit(stamp, at=customer, actor=rep):
        return actions.log_activity(at, actor=actor, kind="visit", content="x", stamp=stamp)

    stamp = stamp_position(customer, actor=rep, **PLACE)
    for wrong in (lambda: visit(stamp, other), lambda: visit(stamp, actor=director), lambda: visit(stamp[:-2] + "xx")):
        with pytest.raises(ValidationError, match="Check in again"):
            wrong()
    with time_machine.travel(timezone.now() + timedelta(hours=13)), pytest.raises(ValidationError, match="12 hours"):
        visit(stamp)
    assert Activity.objects.count() == 0
    visit(stamp)
    with pytest.raises(ValidationError, match="saved with a visit already"):
        visit(stamp)
    assert Activity.objects.count() == 1


def test_the_position_is_shown_to_author_and_owner_only_and_never_leaves(rep, api):
    customer = make_customer(rep)
    director = make_user("director", "director", make_department("Sales"))
    make_activity(
        customer, kind="visit", author=rep, checked_in_at=timezone.now(), latitude="31.298886", longitude="120.585317"
    )

    assert "31.29889" in sign_in(rep).get(f"/customers/{customer.pk}/").text
    page = sign_in(director).get(f"/customers/{customer.pk}/").text
    assert "Checked in" in page
    assert "31.29" not in page
    assert {"latitude", "longitude"} & set(ActivityResource.fields) == set()
    assert "31.29" not in str(api(rep).get("activities/").body)
