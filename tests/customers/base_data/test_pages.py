"""The settings pages of the base data."""

import pytest

from crm.history.models import Operation
from customers.base_data.kinds import kinds
from customers.base_data.loading import load_base_data
from customers.base_data.models import CustomerStage, Holiday
from tests.factories import make_stage, make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return sign_in(make_user("boss", role="admin"))


@pytest.mark.parametrize("kind", kinds())
def test_every_list_and_its_form_open(kind, client):
    load_base_data()
    assert client.get(f"/settings/base-data/{kind}/").status_code == 200
    assert client.get(f"/settings/base-data/{kind}/new/").status_code == 200
    row = kinds()[kind].model.objects.first()
    assert client.get(f"/settings/base-data/{kind}/{row.pk}/edit/").status_code == 200


def test_an_entry_is_added_at_the_end_and_recorded(client):
    make_stage("Talks", position=3)
    client.post("/settings/base-data/stages/new/", {"name": "Signing", "tone": "green", "stuck_after_days": 9})
    assert CustomerStage.objects.get(name="Signing").position == 4
    assert Operation.objects.get(verb="base_entry_added").subject_label == "Signing"


def test_a_name_that_exists_is_refused_at_its_field(client):
    make_stage("Talks")
    answer = client.post("/settings/base-data/stages/new/", {"name": "Talks", "tone": "green", "stuck_after_days": 9})
    assert answer.status_code == 422
    assert CustomerStage.objects.count() == 1


def test_entries_change_places(client):
    first, second = make_stage("First", position=1), make_stage("Second", position=2)
    client.post(f"/settings/base-data/stages/{second.pk}/move/", {"way": "up"})
    assert [row.pk for row in CustomerStage.objects.all()] == [second.pk, first.pk]
    client.post(f"/settings/base-data/stages/{second.pk}/move/", {"way": "up"})
    assert [row.pk for row in CustomerStage.objects.all()] == [second.pk, first.pk]


def test_an_entry_is_switched_off_and_on_but_not_deleted(client):
    stage = make_stage("First")
    client.post(f"/settings/base-data/stages/{stage.pk}/switch/")
    assert not CustomerStage.objects.get(pk=stage.pk).is_active
    client.post(f"/settings/base-data/stages/{stage.pk}/remove/")
    assert CustomerStage.objects.filter(pk=stage.pk).exists()
    client.post(f"/settings/base-data/stages/{stage.pk}/switch/")
    assert CustomerStage.objects.get(pk=stage.pk).is_active


def test_a_holiday_of_next_year_is_entered_and_removed(client):
    client.post("/settings/base-data/holidays/new/", {"day": "2027-10-01", "name": "国庆节"})
    day = Holiday.objects.get(day="2027-10-01")
    client.post(f"/settings/base-data/holidays/{day.pk}/remove/")
    assert not Holiday.objects.filter(pk=day.pk).exists()


def test_a_seller_keeps_no_base_data():
    stage = make_stage("First")
    seller = sign_in(make_user("rep", role="rep"))
    assert seller.get("/settings/base-data/stages/").status_code == 403
    assert seller.post(f"/settings/base-data/stages/{stage.pk}/switch/").status_code == 403
    assert CustomerStage.objects.get(pk=stage.pk).is_active
