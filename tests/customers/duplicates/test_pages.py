"""The pages and the API of merges."""

import pytest

from customers.contacts.models import Contact
from customers.customers.models import Customer
from customers.duplicates.models import DuplicateCandidate, Merge
from customers.duplicates.proposing import propose_candidates
from tests.contract.fingerprints import fingerprint
from tests.factories import make_contact, make_customer, make_user, sign_in
from tests.factories.api import error

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(rita, ryan):
    return make_customer(rita, name="恒曜精密", remark="ours"), make_customer(ryan, name="恒曜精密", remark="theirs")


def test_a_pair_of_the_queue_is_compared_merged_and_taken_back(pair, dora):
    one, other = pair
    ours, theirs = make_contact(one, name="丁兰"), make_contact(other, name="丁兰")
    propose_candidates()
    client = sign_in(dora)
    address = f"/customers/{one.pk}/merge/?with={other.pk}"
    assert address in client.get("/customers/duplicates/").content.decode()
    assert "theirs" in client.get(address).content.decode()

    answer = client.post(address, {"take-remark": "theirs", "joins": [f"{theirs.pk}-{ours.pk}"]})

    assert (answer.status_code, answer["Location"]) == (302, one.get_absolute_url())
    assert Customer.objects.get(pk=one.pk).remark == "theirs"
    assert Contact.objects.live().get(customer=one) == ours
    merge = Merge.objects.get()
    assert client.get(other.get_absolute_url())["Location"] == one.get_absolute_url()
    assert (
        f"/customers/duplicates/merged/{merge.pk}/undo/" in client.get("/customers/duplicates/merged/").content.decode()
    )
    assert client.post(f"/customers/duplicates/merged/{merge.pk}/undo/").status_code == 302
    assert Customer.objects.live().filter(remark__in=["ours", "theirs"]).count() == 2


def test_two_companies_leave_the_queue(pair, dora):
    propose_candidates()
    candidate = DuplicateCandidate.objects.get()
    sign_in(dora).post(f"/customers/duplicates/{candidate.pk}/different/")
    candidate.refresh_from_db()
    assert candidate.state == "different"


def test_the_old_address_leads_on_for_who_sees_the_survivor_only(pair, rita, ryan, dora, api):
    one, other = pair
    assert api(dora).post(f"customers/{other.pk}/merge/", {"into": one.pk}).body["id"] == one.pk
    assert sign_in(rita).get(other.get_absolute_url())["Location"] == one.get_absolute_url()
    assert api(rita).get(f"customers/{other.pk}/").body["id"] == one.pk
    assert sign_in(ryan).get(one.get_absolute_url()).status_code == 404
    assert error(api(dora).post(f"customers/{other.pk}/merge/", {"into": one.pk}))[0] in (409, 422)


def test_merging_is_denied_without_the_right_or_the_reach(pair, rita, north, api):
    one, other = pair
    stranger = make_user("nero", role="director", department=north)
    before = fingerprint()
    assert api(rita).post(f"customers/{one.pk}/merge/", {"into": one.pk}).status_code == 403
    assert api(stranger).post(f"customers/{one.pk}/merge/", {"into": other.pk}).status_code == 404
    assert sign_in(stranger).post(f"/customers/{one.pk}/merge/?with={other.pk}").status_code == 404
    changed = {table for table, digest in fingerprint().items() if before.get(table) != digest}
    assert changed <= {"crm_operation", "crm_apitoken", "crm_idempotencykey", "crm_user"}
    assert Merge.objects.count() == 0
