"""What is out of reach or hidden cannot be felt out by asking often, by searching or by comparing."""

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError

from customers.contacts.actions import add_contact
from customers.contacts.models import Contact
from customers.customers.actions import create_customer
from customers.customers.models import Customer
from customers.customers.search import customers_found, search_ids
from customers.duplicates import asking, lookups
from customers.duplicates.checking import find_duplicates
from customers.duplicates.models import DuplicateCandidate
from customers.duplicates.proposing import propose_candidates
from tests.factories import (
    make_customer,
    make_department,
    make_pool,
    make_pooled_customer,
    make_user,
    role_named,
    sign_in,
)
from tests.factories.api import api as api

pytestmark = pytest.mark.django_db
PHONE = "+8613912345678"


@pytest.fixture(autouse=True)
def _nobody_asked_yet():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def east():
    return make_department("East")


@pytest.fixture
def rep(east):
    return make_user("rep", "rep", east)


@pytest.fixture
def foreign():
    return make_customer(make_user("far", "rep", make_department("North")), name="Far Works", phone=PHONE)


def refusal_of(work):
    with pytest.raises(ValidationError) as refusal:
        work()
    return refusal.value


def test_forms_tell_of_customers_out_of_reach_only_as_often_as_the_look_up(rep, foreign):
    mine = make_customer(rep, name="Own Works")

    def by_customer():
        create_customer(actor=rep, owner=rep, values={"name": "Probe", "phone": PHONE})

    def by_contact():
        add_contact(mine, actor=rep, values={"name": "Probe", "phone": PHONE})

    for work in [by_customer, by_contact] * (asking.A_MINUTE // 2):
        assert "North" in str(refusal_of(work))

    for work in (by_customer, by_contact, lambda: lookups.look_up_customer(actor=rep, phone=PHONE)):
        assert refusal_of(work).code == "limit"
    assert (Customer.objects.count(), Contact.objects.count()) == (2, 0)


def test_looking_up_counts_against_what_forms_tell(rep, foreign):
    for _ in range(asking.A_MINUTE - 1):
        lookups.look_up_customer(actor=rep, phone=PHONE)
    work = lambda: create_customer(actor=rep, owner=rep, values={"name": "Probe", "phone": PHONE})  # noqa: E731

    assert "North" in str(refusal_of(work))
    assert refusal_of(work).code == "limit"


def test_whom_forms_tell_of_nobody_out_of_reach_is_never_held_up(rep):
    make_customer(rep, name="Own Works", phone=PHONE)
    for _ in range(asking.A_MINUTE + 1):
        refusal = refusal_of(lambda: create_customer(actor=rep, owner=rep, values={"name": "Probe", "phone": PHONE}))
        assert "Own Works" in str(refusal)


@pytest.fixture
def hidden(east):
    pool = make_pool("East pool", department=east, hidden_columns=["website"])
    return make_pooled_customer(pool, name="Pooled Works", number="C-7788", website="https://www.canary-domain.com/x")


@pytest.mark.parametrize("text", ["canary-domain.com", "canary", "nary-dom", "canary domian"])
def test_a_website_that_a_pool_hides_is_found_by_no_search(hidden, rep, api, text):
    assert customers_found(text, rep, 10) == []
    assert api(rep).get(f"customers/?q={text}").body["results"] == []
    assert not Customer.objects.visible_to(rep).filter(pk__in=search_ids(text, rep)).exists()


@pytest.mark.parametrize("text", ["pooled", "C-7788", "c-7788", "pooledworks", "poled works"])
def test_a_customer_whose_website_is_hidden_is_found_by_what_is_shown(hidden, rep, text):
    assert customers_found(text, rep, 10) == [hidden]


def test_a_website_is_found_by_those_who_see_it(hidden, rep, east):
    make_customer(rep, name="Own Works", website="https://www.canary-domain.com")
    director = make_user("director", "director", east)

    assert [row.name for row in customers_found("canary-dom", rep, 10)] == ["Own Works"]
    assert [row.name for row in customers_found("canary-dom", director, 10)] == ["Own Works", "Pooled Works"]


def test_the_check_for_duplicates_matches_no_website_that_a_pool_hides(hidden, rep, east):
    website = "http://canary-domain.com/shop"

    assert find_duplicates(rep, website=website).matches == []
    create_customer(actor=rep, owner=rep, values={"name": "Quite Another", "website": website})
    (match, _own) = find_duplicates(make_user("director", "director", east), website=website).matches
    assert match.customer == hidden


@pytest.fixture
def keeper(east):
    """Somebody who may merge the customers of the department, and sees of its pools what members see."""
    keeper = make_user("keeper", "rep", east)
    role = role_named("rep")
    role.grants.create(right="customers.merge_customer", scope="below")
    role.grants.filter(right="customers.view_customer").update(scope="below")
    return keeper


def queue(user):
    propose_candidates()
    return sign_in(user).get("/customers/duplicates/").text


@pytest.mark.parametrize("field", ["phone", "email", "website"])
def test_the_queue_pairs_nobody_with_a_pooled_customer_by_what_is_hidden_there(east, keeper, field):
    value = {"phone": PHONE, "email": "canary@example.com", "website": "https://canary-domain.com"}[field]
    pool = make_pool("East pool", department=east, hidden_columns=["website"])
    pooled = make_pooled_customer(pool, name="Pooled Works", **{field: value})
    mine = make_customer(keeper, name="Bright Trading", **{field: value})
    page = queue(keeper)

    candidate = DuplicateCandidate.objects.get()
    assert "Pooled Works" not in page
    assert not DuplicateCandidate.objects.within(keeper, "customers.merge_customer").exists()
    assert sign_in(keeper).post(f"/customers/duplicates/{candidate.pk}/different/").status_code == 404
    assert DuplicateCandidate.objects.get().state == "open"
    compared = sign_in(keeper).get(f"/customers/{mine.pk}/merge/?with={pooled.pk}").text
    assert "canary" not in compared.replace(value, "", 1)


def test_the_queue_tells_of_a_pooled_pair_only_what_is_shown(east, keeper):
    make_pooled_customer(make_pool("East pool", department=east), name="Pooled Works", phone=PHONE)
    make_customer(keeper, name="Pooled Works", phone=PHONE)
    page = queue(keeper)

    assert "same name" in page
    assert "same phone" not in page
    assert "of 100 alike" not in page


def test_the_queue_tells_everything_where_both_are_known(keeper):
    for name in ("Bright Trading", "Dull Works"):
        make_customer(keeper, name=name, phone=PHONE)
    page = queue(keeper)

    assert "same phone" in page
    assert "95 of 100 alike" in page
