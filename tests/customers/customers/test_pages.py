"""The pages of customers, as a browser sees them."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.history.models import Operation
from customers.customers import actions
from customers.customers.models import Customer
from tests.factories import (
    make_activity,
    make_contact,
    make_customer,
    make_customers,
    make_department,
    make_industry,
    make_level,
    make_pool,
    make_pooled_customer,
    make_region,
    make_source,
    make_stage,
    make_tag,
    make_user,
    sign_in,
)

pytestmark = pytest.mark.django_db
QUERIES_AT_MOST = 12


@pytest.fixture
def rep():
    return make_user("rep", "rep")


def queries_of(client, address):
    client.get(address)  # the session is written once a minute
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def rows_of(answer):
    return re.findall(r'<a class="trunc" href="/customers/\d+/" title="([^"]*)"', answer.text)


def full_fields():
    return {
        "stage": make_stage(), "level": make_level(), "region": make_region(), "source": make_source(),
        "industry": make_industry(), "tag_ids": [make_tag().pk, make_tag().pk, make_tag().pk],
        "next_follow_on": "2026-01-01",
    }  # fmt: skip


# ── the list ──


@pytest.mark.parametrize("role", ["rep", "director", "marketing", "auditor"])
def test_the_list_costs_the_same_queries_for_one_three_and_fifty_rows(role):
    user = make_user("reader", role)
    owner = user if role in ("rep", "director") else make_user("owner", "rep")
    client, counts, total = sign_in(user), [], 0
    for wanted in (1, 3, 50):
        for customer in make_customers(wanted - total, owner, **full_fields()):
            make_contact(customer, is_primary=True)
        total = wanted
        counts.append(queries_of(client, "/customers/"))

    assert counts == [counts[0]] * 3
    assert counts[0] <= QUERIES_AT_MOST


def test_filters_search_and_deep_pages_cost_no_more_than_twelve_queries(rep):
    fields = full_fields()
    make_customers(120, rep, **fields)
    client = sign_in(rep)
    following = re.search(r'href="(/customers/\?[^"]*cursor=[^"]*)"', client.get("/customers/").text).group(1)

    filtered = f"/customers/?owner={rep.pk}&stage={fields['stage'].pk}&level={fields['level'].pk}&q=Company"
    assert queries_of(client, filtered) <= QUERIES_AT_MOST
    assert queries_of(client, following.replace("&amp;", "&")) <= QUERIES_AT_MOST


def test_pages_follow_each_other_without_gap_or_repetition(rep):
    for number, row in enumerate(make_customers(120, rep)):
        at = timezone.now() - timedelta(days=number % 7) if number % 3 else None
        Customer.objects.filter(pk=row.pk).update(last_followed_at=at)
    client, address, seen = sign_in(rep), "/customers/", []
    while address:
        answer = client.get(address)
        seen += re.findall(r'data-id="(\d+)"', answer.text)
        found = re.search(r'href="(/customers/\?[^"]*cursor=[^"]*)" rel="next"', answer.text)
        address = found.group(1).replace("&amp;", "&") if found else None

    assert len(seen) == len(set(seen)) == 120


def test_htmx_is_answered_with_the_list_alone_at_the_same_address(rep):
    make_customer(rep, name="Harbour")

    answer = sign_in(rep).get("/customers/", headers={"HX-Request": "true"})

    assert answer.text.strip().startswith('<div id="list"')
    assert "<html" not in answer.text
    assert "HX-Request" in answer["Vary"]
    assert rows_of(answer) == ["Harbour"]


@pytest.mark.parametrize(
    "query",
    [
        "sort=name", "columns=secret", "cursor=zzz", "cursor=WzAsIngiLDFd", "stage=abc", "stage=99999", "owner=you",
        "status=dead", "created_from=2026-13-45", "followed_within=-1", "followed_within=many", "size=7", "q=x",
        "tags=1%00", "next_follow_until=tomorrow", "stage=99999999999999999999", "region=x,y",
    ],
)  # fmt: skip
def test_an_address_made_up_by_hand_is_refused_in_words(rep, query):
    make_customer(rep, name="Harbour")
    client = sign_in(rep)

    answer = client.get(f"/customers/?{query}")
    part = client.get(f"/customers/?{query}", headers={"HX-Request": "true"})

    assert (answer.status_code, part.status_code) == (400, 422)
    assert "This list cannot be shown as asked" in answer.text
    assert rows_of(answer) == []


@pytest.mark.parametrize("name", ["phone", "email"])
def test_who_does_not_see_a_field_cannot_filter_by_it(name):
    make_customer(make_user("owner", "rep"), phone="+8613812345678", email="x@example.com")

    assert sign_in(make_user("marketer", "marketing")).get(f"/customers/?{name}=138").status_code == 400


def test_phones_are_masked_for_those_who_do_not_see_them_and_in_the_pool(rep):
    customer = make_customer(rep, phone="+8613812345678", email="xu@example.com")
    pooled = make_pooled_customer(make_pool(department=rep.department), phone="+8613887654321", email="gu@example.com")
    auditor = sign_in(make_user("auditor", "auditor"))

    for client, row in ((auditor, customer), (sign_in(rep), pooled)):
        for address in ("/customers/?columns=phone,email", f"/customers/{row.pk}/"):
            page = client.get(address)
            assert page.status_code == 200
            assert row.phone[3:] not in page.text.replace(" ", "")
            assert row.email not in page.text


def test_a_region_filter_includes_what_lies_below(rep):
    province = make_region("Jiangsu")
    make_customer(rep, name="Below", region=make_region("Suzhou", province))
    make_customer(rep, name="Elsewhere", region=make_region("Zhejiang"))

    assert rows_of(sign_in(rep).get(f"/customers/?region={province.pk}")) == ["Below"]


def test_archived_customers_are_only_in_the_recycle_bin(rep):
    make_customer(rep, name="Gone", archived_at=timezone.now())
    make_customer(rep, name="Here")
    client = sign_in(rep)

    assert rows_of(client.get("/customers/")) == ["Here"]
    assert rows_of(client.get("/customers/?archived=on")) == ["Gone"]


def test_columns_and_order_come_from_the_address_and_the_order_is_marked(rep):
    make_customer(rep, name="Harbour", number="K-77")

    answer = sign_in(rep).get("/customers/?columns=number&sort=-created")

    assert "K-77" in answer.text
    assert 'role="columnheader">Stage' not in answer.text
    assert "aria-sort" not in answer.text
    assert 'aria-sort="descending"' in sign_in(rep).get("/customers/?columns=created_at&sort=-created").text


def test_names_that_are_markup_are_shown_as_text(rep):
    make_customer(rep, name='<img src=x onerror="1">')

    answer = sign_in(rep).get("/customers/")

    assert "<img" not in answer.text
    assert "&lt;img" in answer.text


def test_empty_lists_tell_first_use_from_no_match(rep):
    client = sign_in(rep)

    assert "No customers yet" in client.get("/customers/").text
    assert "No customer fits" in client.get("/customers/?not_followed_for=3").text


# ── one customer ──


@pytest.mark.parametrize("role", ["rep", "director"])
def test_the_page_of_a_customer_takes_at_most_twelve_queries_whatever_hangs_on_it(role):
    user = make_user("owner", role)
    customer = make_customer(user, **full_fields())
    client, counts = sign_in(user), []
    for _ in range(3):
        for _ in range(8):
            make_activity(customer, contact=make_contact(customer))
        actions.update_customer(customer, actor=user, values={"remark": str(len(counts))})
        counts.append(queries_of(client, f"/customers/{customer.pk}/"))

    assert counts == [counts[0]] * 3
    assert counts[0] <= QUERIES_AT_MOST


def test_a_customer_out_of_reach_is_as_absent_as_one_that_never_was(rep):
    foreign = make_customer(make_user("other", "rep", make_department("North")))
    client = sign_in(rep)

    for suffix in ("", "edit/", "history/", "share/"):
        assert client.get(f"/customers/{foreign.pk}/{suffix}").status_code == 404
        assert client.get(f"/customers/999999/{suffix}").status_code == 404


def test_a_customer_sent_twice_is_made_once(rep):
    client = sign_in(rep)
    key = re.search(r'name="key" value="([^"]+)"', client.get("/customers/new/").text).group(1)
    form = {"name": "Harbour", "key": key, "contact_name": "Xu"}

    first, second = client.post("/customers/new/", form), client.post("/customers/new/", form)

    customer = Customer.objects.get()
    assert first.url == second.url == f"/customers/{customer.pk}/"
    assert customer.contacts.count() == 1


def test_a_refused_form_keeps_what_was_typed_and_may_be_sent_again(rep):
    client = sign_in(rep)
    form = {"name": "Harbour", "contact_phone": "138", "contact_name": "Xu", "key": "0" * 32, "credit_code": "123"}

    refused = client.post("/customers/new/", form)
    assert refused.status_code == 422
    assert 'value="Harbour"' in refused.text
    assert "has 18" in refused.text
    assert Customer.objects.count() == 0

    accepted = client.post("/customers/new/", {**form, "credit_code": "", "contact_phone": "13812345678"})
    assert accepted.status_code == 302


def test_a_stale_form_is_answered_with_409_who_and_what_and_the_typed_values(rep):
    director = make_user("director", "director", rep.department, name="Zhou")
    customer = make_customer(rep, name="Harbour")
    client = sign_in(rep)
    seen = re.search(r'name="seen" value="([^"]+)"', client.get(f"/customers/{customer.pk}/edit/").text).group(1)
    actions.update_customer(customer, actor=director, values={"remark": "theirs"})

    form = {"name": "Harbour", "remark": "mine", "seen": seen}
    refused = client.post(f"/customers/{customer.pk}/edit/", form)

    assert refused.status_code == 409
    assert "Zhou changed remark" in refused.text
    assert ">\nmine</textarea>" in refused.text
    customer.refresh_from_db()
    assert customer.remark == "theirs"

    seen = re.search(r'name="seen" value="([^"]+)"', refused.text).group(1)
    assert client.post(f"/customers/{customer.pk}/edit/", {**form, "seen": seen}).status_code == 302
    customer.refresh_from_db()
    assert customer.remark == "mine"


def test_a_follow_up_written_on_the_page_shows_on_the_timeline_once(rep):
    customer = make_customer(rep)
    client = sign_in(rep)
    key = re.search(r'name="key" value="([^"]+)"', client.get(f"/customers/{customer.pk}/").text).group(1)
    form = {"kind": "call", "content": "We spoke about prices.", "key": key}

    for _ in range(2):
        assert client.post(f"/customers/{customer.pk}/follow-up/", form).status_code == 302

    assert client.get(f"/customers/{customer.pk}/").text.count("We spoke about prices.") == 1


def test_a_follow_up_in_the_future_is_refused_on_the_page(rep):
    customer = make_customer(rep)
    tomorrow = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")

    answer = sign_in(rep).post(
        f"/customers/{customer.pk}/follow-up/", {"kind": "call", "content": "x", "happened_at": tomorrow}
    )

    assert answer.status_code == 422
    assert "in the future" in answer.text
    assert customer.activities.count() == 0


def test_uncovering_a_phone_needs_a_post_and_is_written_down():
    director = make_user("director", "director")
    customer = make_customer(make_user("rep", "rep", director.department))
    contact = make_contact(customer, phone="+8613812345678")
    client = sign_in(director)

    assert client.get(f"/contacts/{contact.pk}/reveal/").status_code == 405
    assert Operation.objects.count() == 0
    sent = {"field": "phone", "reason": "visit"}
    answer = client.post(f"/contacts/{contact.pk}/reveal/", sent, headers={"HX-Request": "true"})

    assert "138 1234 5678" in answer.text
    assert answer["Cache-Control"] == "no-store"
    assert (Operation.objects.get().verb, Operation.objects.get().reason) == ("contact_revealed", "visit")
    page = client.get(f"{customer.get_absolute_url()}?tab=changes").text
    assert "uncovered contact details" in page and "visit" in page


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_uncovering_asks_what_for_and_says_so_where_nothing_is_chosen(headers):
    rep = make_user("rep", "rep")
    contact = make_contact(make_customer(rep), phone="+8613812345678")
    client = sign_in(rep)

    page = client.get(contact.customer.get_absolute_url()).text
    assert 'name="reason" value="correct"' in page
    for reason in ({}, {"reason": "curious"}):
        answer = client.post(f"/contacts/{contact.pk}/reveal/", {"field": "phone", **reason}, headers=headers)
        assert answer.status_code == 422
        assert "Say what you need it for." in answer.text
        assert "138 1234 5678" not in answer.text
    assert Operation.objects.count() == 0


# ── many at once ──


def test_archiving_chosen_customers_offers_undo_and_leaves_the_others():
    director = make_user("director", "director")
    mine = make_customers(3, director)
    foreign = make_customer(make_user("other", "rep", make_department("North")))
    client = sign_in(director)
    ids = [mine[0].pk, mine[1].pk, foreign.pk]

    assert client.post("/customers/archive/", {"ids": ids}).status_code == 200
    done = client.post("/customers/archive/", {"ids": ",".join(map(str, ids)), "reason": "closed"}, follow=True)

    assert Customer.objects.archived().count() == 2
    undo = re.search(r'action="(/undo/\d+/)"', done.text).group(1)
    assert client.post(undo).status_code == 302
    assert Customer.objects.archived().count() == 0


def test_all_that_match_means_the_query_applied_again_on_the_server(rep):
    tag = make_tag("VIP")
    make_customers(60, rep)
    make_customer(rep, name="Harbour Works")
    client = sign_in(rep)

    client.post("/customers/tag/", {"all": "1", "query": "q=Harbour", "tag": tag.pk})

    assert list(Customer.objects.filter(tag_ids__contains=[tag.pk]).values_list("name", flat=True)) == ["Harbour Works"]


def test_nobody_undoes_what_another_did(rep):
    customer = make_customer(rep)
    entry = actions.archive_customer(customer, actor=rep)

    assert sign_in(make_user("other", "director")).post(f"/undo/{entry.pk}/").status_code == 404
    customer.refresh_from_db()
    assert customer.archived_at is not None


def test_a_saved_view_becomes_a_tab_for_its_owner_and_shared_for_everyone():
    director, rep = make_user("director", "director"), make_user("rep", "rep")
    client = sign_in(director)
    form = {
        "page": "customers",
        "name": "Quiet ones",
        "query": "not_followed_for=30&columns=name,owner",
        "next": "/customers/",
    }

    saved = client.post("/views/save/", form)

    assert saved.url.startswith("/customers/?not_followed_for=30")
    assert "Quiet ones" in client.get(saved.url).text
    assert "Quiet ones" not in sign_in(rep).get("/customers/").text

    client.post("/views/save/", {**form, "is_shared": "on"})
    assert "Quiet ones" in sign_in(rep).get("/customers/").text
    assert sign_in(rep).post("/views/save/", {**form, "is_shared": "on"}).status_code == 403
