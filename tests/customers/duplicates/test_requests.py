"""The safe look-up, and asking the director of an owner for a customer."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.company.actions import change_settings
from crm.history.models import Operation
from crm.notifications.models import Notice
from crm.people.models import User
from customers.customers.models import Customer
from customers.duplicates import lookups, requests
from customers.duplicates.models import AccessRequest
from tests.contract.fingerprints import fingerprint
from tests.factories import (
    make_contact,
    make_customer,
    make_department,
    make_pool,
    make_pooled_customer,
    make_user,
    sign_in,
)

pytestmark = pytest.mark.django_db
PHONE = "+8613812345678"


@pytest.fixture
def nina(north):
    return make_user("nina", role="rep", department=north)


@pytest.fixture
def customer(rita, dora):
    return make_customer(rita, name="恒曜精密", phone=PHONE)


def refusal_of(work):
    before = fingerprint()
    with pytest.raises(ValidationError) as caught:
        work()
    assert fingerprint() == before
    return caught.value


def asked_by(nina, customer, kind="access"):
    return requests.ask_for_customer(customer, actor=nina, kind=kind, reason="We met at the fair")


def test_the_look_up_says_department_pool_and_protection_and_no_contact_detail(nina, customer, east):
    Customer.objects.filter(pk=customer.pk).update(protected_until=timezone.localdate() + timedelta(days=3))
    make_pooled_customer(make_pool("East pool", department=east), name="联达包装")

    (owned,) = lookups.look_up_customer(actor=nina, name="恒曜精密")
    (pooled,) = lookups.look_up_customer(actor=nina, name="联达包装")

    assert owned.name == "恒曜精密" and owned.url == ""
    assert owned.place.startswith("owned in the department East, protected until ")
    assert (pooled.place, pooled.key) == ("in the pool “East pool”", "")


def test_the_look_up_finds_similar_names_with_their_likeness(nina, rita):
    make_customer(rita, name="苏州恒曜精密机械")
    (answer,) = lookups.look_up_customer(actor=nina, name="苏州恒耀精密机械")
    assert (answer.name, answer.likeness) == ("苏州恒曜精密机械", "83 of 100 alike")


def test_a_phone_alone_does_not_buy_the_name(nina, customer, rita):
    make_contact(customer, phone="+8613900001111")
    for phone in ("138 1234 5678", "13900001111"):
        (answer,) = lookups.look_up_customer(actor=nina, phone=phone)
        assert (answer.name, "East" in answer.place) == ("", True)
    (answer,) = lookups.look_up_customer(actor=rita, phone=PHONE)
    assert (answer.name, answer.url, answer.key) == ("恒曜精密", customer.get_absolute_url(), "")


def test_the_look_up_stops_at_the_daily_limit_of_the_company(nina):
    change_settings({"duplicates.lookups_a_day": 2}, actor=make_user(role="admin"))
    for _ in range(2):
        lookups.look_up_customer(actor=nina, name="恒曜")
    assert refusal_of(lambda: lookups.look_up_customer(actor=nina, name="恒曜")).code == "limit"
    assert Operation.objects.filter(verb="customer_looked_up").count() == 2


def test_the_page_offers_to_ask_and_the_key_works_for_nobody_else(nina, ryan, customer):
    client = sign_in(nina)
    page = client.post("/customers/lookup/", {"name": "恒曜精密"}).content.decode()
    key = page.split('name="key" value="')[1].split('"')[0]
    assert "Ask for access" in page and PHONE not in page and f"/customers/{customer.pk}/" not in page

    sign_in(ryan).post("/customers/lookup/ask/", {"key": key, "kind": "access", "reason": "mine"})
    assert AccessRequest.objects.count() == 0
    assert client.post("/customers/lookup/ask/", {"key": key, "kind": "access"}).status_code == 200
    assert client.post("/customers/lookup/ask/", {"key": key, "kind": "access", "reason": ""}).status_code == 422
    assert client.post("/customers/lookup/ask/", {"key": key, "kind": "access", "reason": "Met"}).status_code == 302
    assert list(AccessRequest.objects.values_list("customer", "asked_by", "kind", "reason")) == [
        (customer.pk, nina.pk, "access", "Met")
    ]


def test_the_nearest_head_above_the_owner_is_told_once(nina, customer, dora, east):
    asked_by(nina, customer)
    assert list(Notice.objects.values_list("recipient", "text")) == [(dora.pk, "Nina asks for access to “恒曜精密”.")]
    assert "already" in refusal_of(lambda: asked_by(nina, customer)).messages[0]

    east.head = None
    east.save()
    assert requests.directors_of(customer) == [dora]
    vera = make_user("vera", role="director", department=make_department("Sales"))
    assert set(requests.directors_of(customer)) == {dora, vera}


def test_asking_makes_no_sense_for_ones_own_or_nobodys_customer_nor_without_a_reason(nina, rita, customer):
    refusal_of(lambda: asked_by(rita, customer))
    nobodys = make_customer()
    refusal_of(lambda: asked_by(nina, nobodys))
    refusal_of(lambda: requests.ask_for_customer(customer, actor=nina, kind="access", reason=" "))


def test_granted_access_is_a_share_to_read_for_thirty_days_and_the_asker_is_told(nina, customer, dora):
    asked = asked_by(nina, customer)
    requests.decide_request(asked, actor=dora, grants=True)
    assert Customer.objects.visible_to(User.objects.get(pk=nina.pk)).get() == customer
    share = customer.shares.get()
    assert (share.permission.codename, share.ends_on) == ("view_customer", timezone.localdate() + timedelta(days=30))
    assert Notice.objects.get(recipient=nina).url == customer.get_absolute_url()
    assert refusal_of(lambda: requests.decide_request(asked, actor=dora, grants=False, answer="no")).code == "decided"


def test_a_refusal_needs_a_reason_and_opens_nothing(nina, customer, dora):
    asked = asked_by(nina, customer)
    assert "answer" in refusal_of(lambda: requests.decide_request(asked, actor=dora, grants=False)).error_dict
    requests.decide_request(asked, actor=dora, grants=False, answer="Rita is in talks")
    assert not Customer.objects.visible_to(User.objects.get(pk=nina.pk)).exists()
    assert "Rita is in talks" in Notice.objects.get(recipient=nina).text


def test_nobody_decides_about_their_own_request(customer, dora, rita):
    asked = AccessRequest.objects.create(customer=customer, kind="dispute", asked_by=dora, reason="mine")
    assert refusal_of(lambda: requests.decide_request(asked, actor=dora, grants=True)).code == "own"


def test_the_director_decides_on_a_page_and_a_dispute_leads_to_the_transfer(nina, customer, dora):
    asked = asked_by(nina, customer, "dispute")
    client = sign_in(dora)
    assert "恒曜精密" in client.get("/customers/duplicates/access/").content.decode()
    assert "We met at the fair" in client.get(f"/customers/duplicates/access/{asked.pk}/").content.decode()
    answer = client.post(f"/customers/duplicates/access/{asked.pk}/", {"decision": "grant", "answer": ""})
    assert (answer.status_code, answer["Location"]) == (302, f"/customers/transfers/new/?ids={customer.pk}")
    assert "恒曜精密" in client.get("/customers/duplicates/access/?state=decided").content.decode()


def test_requests_out_of_reach_are_not_there(nina, customer, north):
    asked = asked_by(nina, customer)
    stranger = sign_in(make_user("nero", role="director", department=north))
    assert stranger.get(f"/customers/duplicates/access/{asked.pk}/").status_code == 404
    assert "恒曜精密" not in stranger.get("/customers/duplicates/access/").content.decode()
    assert sign_in(nina).get("/customers/duplicates/access/").status_code == 403
