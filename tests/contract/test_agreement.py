"""List, count, page, search, API and export agree for every person, and widen or narrow together (metamorphic)."""

import csv
import io
import itertools
import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone

from crm.access.models import Grant, Role
from crm.access.reach import resolve
from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.records.exports import export_named, start_export
from crm.records.selection import Selection
from customers.customers.models import Customer
from customers.customers.sharing import end_share, share_customer
from tests.factories import (
    make_activity,
    make_contact,
    make_customer,
    make_department,
    make_pool,
    make_pooled_customer,
    make_user,
    sign_in,
)
from tests.factories.api import ApiClient

pytestmark = pytest.mark.django_db
ROLES = ("rep", "rep2", "rep3", "director", "vp", "marketing", "finance", "auditor", "admin", "security")
FILTERS = ("status=lead", "status=pool", "owner=me", "not_followed_for=30", "q=Company", "created_from=2020-01-01")
ORDERS = ("-last_followed", "next_follow", "-created", "created")
PHONE = "+8613812345678"


@pytest.fixture
def world(settings, tmp_path):
    """People of every role in a tree of departments, and customers of every status around them."""
    settings.MEDIA_ROOT = tmp_path
    cache.clear()
    sales = make_department("Sales")
    east, north = make_department("East", sales), make_department("North", sales)
    office = make_department("Office")
    people = {
        "rep": make_user("rep", "rep", east),
        "rep2": make_user("rep2", "rep", east),
        "rep3": make_user("rep3", "rep", north),
        "director": make_user("director", "director", east),
        "vp": make_user("vp", "director", sales),
        **{name: make_user(name, name, office) for name in ("marketing", "finance", "auditor", "admin", "security")},
    }
    for owner in (people["rep"], people["rep2"], people["rep3"], people["director"]):
        for number in range(4):
            customer = make_customer(owner, name=f"Company of {owner} {number}", phone=PHONE)
            contact = make_contact(customer, phone="+8613900001111", email=f"p{customer.pk}@secret.example")
            make_activity(customer, contact=contact, author=owner)
    make_customer(people["rep"], name="Company binned", archived_at=timezone.now())
    make_customer(name="Company without owner", department=sales)
    for department in (east, north):
        make_pooled_customer(make_pool(department=department), name=f"Company pooled {department}", phone=PHONE)
    theirs = Customer.objects.filter(owner=people["rep3"]).order_by("pk").first()
    share_customer(theirs, actor=people["rep3"], colleague=people["rep"])
    return people


def listed(user, query="", page="customers"):
    """The ids on every page of a list, in order; None where the page is closed to the person."""
    client, found, address = sign_in(user), [], f"/{page}/?{query}"
    while address:
        answer = client.get(address)
        if answer.status_code == 403:
            return None
        assert answer.status_code == 200, answer.status_code
        found += [int(pk) for pk in re.findall(r'name="ids" value="(\d+)" form="bulk"', answer.text)]
        following = answer.context["next_url"]
        address = f"/{page}/{following}" if following else ""
    return found


def through_api(user, resource="customers", query=""):
    """The ids the API lists."""
    client, found, address = ApiClient(user), [], f"{resource}/?page_size=7{query}"
    while address:
        answer = client.get(re.sub(r"^https?://[^/]+", "", address))
        if answer.status_code == 403:
            return None
        found += [row["id"] for row in answer.body["results"]]
        address = answer.body["next"]
    return found


def exported(user, model="customers.Customer", columns=("number",)):
    """What a CSV of everything holds, row by row, each by the names of its columns."""
    job = start_export(user, model, Selection(is_all=True), list(columns), "csv", "for a test")
    run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    content = (Path(django_settings.MEDIA_ROOT) / job.file_out).read_text("utf-8-sig")
    names = export_named(model).chosen(columns)
    return [dict(zip(names, row, strict=True)) for row in list(csv.reader(io.StringIO(content)))[1:]]


@pytest.mark.parametrize("name", ROLES)
def test_a_customer_is_listed_where_its_page_opens_and_the_api_lists_the_same(world, name):
    user = world[name]
    client = sign_in(user)
    live = Customer.objects.filter(archived_at=None).values_list("pk", flat=True)
    opened = {pk for pk in live if client.get(f"/customers/{pk}/").status_code == 200}

    assert set(listed(user) or ()) == opened
    assert set(through_api(user) or ()) == opened
    for page in ("contacts", "activities"):
        assert set(through_api(user, page) or ()) == set(listed(user, page=page) or ()), page


@pytest.mark.parametrize("name", ["rep", "rep2", "director", "vp"])
def test_an_export_holds_what_is_listed_and_may_be_taken_out(world, name):
    user = world[name]
    scope = user.reach.rows("customers.export_customer")
    wanted = Customer.objects.filter(pk__in=listed(user)).filter(scope if scope is not None else Q())

    assert sorted(row["number"] for row in exported(user)) == sorted(wanted.values_list("number", flat=True))
    assert export_named("customers.Customer").rows(user, Selection(is_all=True)).count() == wanted.count()


@pytest.mark.parametrize("name", ROLES)
def test_the_count_of_a_list_is_the_number_of_its_rows(world, name):
    answer = sign_in(world[name]).get("/customers/")
    rows = listed(world[name])

    if rows is None:
        assert answer.status_code == 403
    else:
        assert answer.context["total"] == len(rows)


@pytest.mark.parametrize("name", ROLES)
def test_search_and_palette_find_nothing_that_is_not_listed(world, name):
    rows = set(listed(world[name]) or ())
    client = sign_in(world[name])

    assert set(listed(world[name], "q=Company") or ()) <= rows
    for words in ("Company", "T-0000", "138", "secret"):
        answer = client.get("/palette/", {"q": words})
        found = {int(pk) for pk in re.findall(r"/customers/(\d+)/", answer.text)}
        assert found <= rows, words


@pytest.mark.parametrize("name", ["rep", "director", "vp", "auditor"])
def test_a_filter_never_enlarges_and_an_order_never_changes_the_set(world, name):
    rows = set(listed(world[name]))

    once = {query: set(listed(world[name], query)) for query in FILTERS}
    assert all(found <= rows for found in once.values())
    for first, second in itertools.permutations(FILTERS, 2):
        if first.split("=")[0] != second.split("=")[0]:  # two values of one filter widen: either of them
            assert set(listed(world[name], f"{first}&{second}")) <= once[first] & once[second], (first, second)
    for order in ORDERS:
        assert set(listed(world[name], f"sort={order}")) == rows


def test_a_wider_scope_shows_at_least_the_same(world):
    role = Role.objects.create(code="wide", name="Wide")
    user = make_user("wide", department=world["rep"].department)
    user.roles.set([role])
    grant = Grant.objects.create(role=role, right="customers.view_customer", scope="own")
    make_customer(user, name="Company of wide")
    seen = []
    for scope in ("own", "department", "below", "all"):
        Grant.objects.filter(pk=grant.pk).update(scope=scope)
        user._reach = resolve(user)
        seen.append(set(listed(user)))

    assert all(narrow <= wide for narrow, wide in itertools.pairwise(seen))
    assert len(seen[0]) < len(seen[1]) <= len(seen[2]) < len(seen[3])


def test_taking_a_share_or_a_role_away_works_at_the_next_request(world):
    rep = world["rep"]
    client, before = sign_in(rep), set(listed(rep))
    (shared,) = Customer.objects.filter(pk__in=before, owner=world["rep3"])
    assert client.get(f"/customers/{shared.pk}/").status_code == 200

    end_share(shared, actor=world["rep3"], colleague_id=rep.pk)
    assert client.get(f"/customers/{shared.pk}/").status_code == 404
    assert set(listed(rep)) == before - {shared.pk}

    rep.roles.clear()
    assert client.get("/customers/").status_code == 403
    assert through_api(rep) is None


def test_who_may_not_know_a_phone_gets_the_same_answers_whatever_it_is(world):
    queries = ("", "q=13812345678", "q=5678", "sort=created", "sort=next_follow")
    unaware = [world[name] for name in ("marketing", "auditor", "finance")]

    def answers():
        return [listed(user, query) for user in unaware for query in queries]

    before = answers()
    Customer.objects.update(phone="+8613977776666", email="other@secret.example", address="Elsewhere 9")

    assert answers() == before


@pytest.mark.parametrize("name", ["rep", "director"])
def test_page_api_and_file_show_the_same_values(world, name):
    user = world[name]
    scope = user.reach.rows("customers.export_customer")
    customer = Customer.objects.filter(pk__in=listed(user)).filter(scope if scope is not None else Q()).first()
    body = ApiClient(user).get(f"customers/{customer.pk}/").body
    rows = {row["number"]: row for row in exported(user, columns=("number", "name", "status"))}
    page = sign_in(user).get(f"/customers/{customer.pk}/").text

    assert (body["number"], body["name"]) == (customer.number, customer.name)
    assert rows[customer.number]["name"] == customer.name
    assert customer.number in page and customer.name in page


@pytest.mark.parametrize("name", ["rep", "rep3", "marketing"])
def test_a_foreign_id_answers_like_one_that_does_not_exist(world, name):
    user = world[name]
    client, api = sign_in(user), ApiClient(user)
    foreign = Customer.objects.exclude(pk__in=listed(user)).filter(archived_at=None).values_list("pk", flat=True)

    for pk in foreign:
        for path in ("/customers/{}/", "/customers/{}/edit/", "/customers/{}/timeline/"):
            there, nowhere = client.get(path.format(pk)), client.get(path.format(987654321))
            assert there.status_code == nowhere.status_code, path
            assert _told(there, pk) == _told(nowhere, 987654321), path
        assert (
            api.get(f"customers/{pk}/").body["error"]["code"] == api.get("customers/987654321/").body["error"]["code"]
        )


def _told(answer, pk):
    """A page without what differs each time: the CSRF token, the id itself, the id of the request."""
    text = re.sub(r"[A-Za-z0-9]{64}", "token", answer.text).replace(answer["X-Request-Id"], "request")
    return re.sub(rf"(?<=/){pk}(?=/)", "#", text)


def test_administrators_without_business_see_no_customer_anywhere(world):
    for name in ("admin", "security"):
        client = sign_in(world[name])
        for page in ("/", "/customers/", "/contacts/", "/activities/", "/notifications/", "/jobs/", "/reports/"):
            text = client.get(page).text
            assert "Company of" not in text and "secret.example" not in text, (name, page)


def test_two_people_with_the_same_roles_and_place_get_the_same_list(world):
    twin = make_user("twin", "director", world["director"].department)

    assert listed(twin) == listed(world["director"])
    assert through_api(twin) == through_api(world["director"])
