"""Who reads which names in the audit log."""

import pytest

from crm.history.operations import operation
from tests.factories import make_activity, make_customer, make_user, sign_in

pytestmark = pytest.mark.django_db
PLACE = "/settings/audit/"


@pytest.fixture
def business():
    rep = make_user("nora", role="rep")
    customer = make_customer(owner=rep, name="Secret Foundry")
    activity = make_activity(customer, content="They talk to our rival.")
    with operation(rep, "customer_changed", customer, anchor_id=customer.pk, reason="Their boss is ill"):
        pass
    with operation(rep, "activity_logged", activity, anchor_id=customer.pk):
        pass
    return customer


def test_the_security_administrator_sees_that_something_was_done_not_to_whom(business):
    page = sign_in(make_user("sec", role="security")).get(PLACE).content.decode()
    for secret in ("Secret Foundry", "our rival", "boss is ill"):
        assert secret not in page
    assert f"#{business.pk}" in page


def test_the_auditor_reads_names(business):
    page = sign_in(make_user("aud", role="auditor")).get(PLACE).content.decode()
    assert "Secret Foundry" in page and "Their boss is ill" in page


def test_names_one_may_not_read_cannot_be_searched_for(business):
    page = sign_in(make_user("sec", role="security")).get(PLACE, {"subject": "Secret"}).content.decode()
    assert f"#{business.pk}" not in page


def test_people_and_roles_are_named_to_whoever_reads_the_log(business):
    with operation(None, "user_changed", make_user("quinn")):
        pass
    assert "Quinn" in sign_in(make_user("sec", role="security")).get(PLACE).content.decode()
