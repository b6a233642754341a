"""Uniform spelling: shown before and after, applied set-based, taken back exactly, never past somebody's rights."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.access.models import Grant
from crm.history.models import Operation
from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.records.selection import Selection
from crm.records.undo import undo_operation
from customers.base_data.models import Industry, Region
from customers.contacts.models import Contact
from customers.customers.identity import name_key
from customers.customers.models import Customer, CustomerSearch
from customers.quality import normalising
from customers.quality.models import CustomerQuality
from customers.quality.normalising import normalise
from customers.quality.offers import offered
from customers.quality.scoring import score_quality
from customers.quality.uniform_fields import FIELDS
from tests.factories import (
    make_contact,
    make_customer,
    make_customers,
    make_department,
    make_pooled_customer,
    make_user,
    role_named,
    sign_in,
)

pytestmark = pytest.mark.django_db
MESSY = {
    "name": "苏州 恒曜(华东)有限 公司", "short_name": "ＨＹ", "phone": "0512 8888 6666", "email": "Office@Example.COM",
    "website": "WWW.Example.com", "address": "江苏省苏州市工业园区１号", "remark": "行业：通用设备制造业",
    "credit_code": "91320594ma1mxk1239",
}  # fmt: skip
CLEAN = {
    "name": "苏州恒曜（华东）有限公司", "short_name": "HY", "phone": "+8651288886666", "email": "office@example.com",
    "website": "https://www.example.com", "address": "江苏省苏州市工业园区1号", "remark": "行业：通用设备制造业",
    "credit_code": "91320594MA1MXK1239",
}  # fmt: skip
OF_COMPANIES = sorted(code for code, field in FIELDS.items() if field.of is Customer)
OF_PEOPLE = ["person_name", "person_title", "person_phone", "person_email"]
STORED = (*{*OF_COMPANIES} - {"region", "industry"}, "region_id", "industry_id", "name_key")
MESSY_PERSON = {"name": "丁 　兰", "job_title": " 采购  总监", "phone": "138 1234 5678", "email": "Ding@Example.COM"}
CLEAN_PERSON = {"name": "丁兰", "job_title": "采购 总监", "phone": "+8613812345678", "email": "ding@example.com"}


@pytest.fixture
def rep():
    return make_user("rep", "rep", make_department("East"))


@pytest.fixture
def base_data():
    province = Region.objects.create(code="320000", name="江苏省", path_name="江苏省", rank=1)
    city = Region.objects.create(code="320500", name="苏州市", path_name="江苏省 苏州市", rank=2, parent=province)
    return city, Industry.objects.create(code="C34", name="通用设备制造业")


def messy(owner, **fields):
    ready = MESSY | fields
    return make_customer(owner, **ready, name_key=name_key(ready["name"]))


def everything():
    return Selection(is_all=True)


def stored(customer):
    return Customer.objects.filter(pk=customer.pk).values(*STORED).get()


def test_the_nightly_run_marks_what_would_change_and_nothing_else(rep, base_data):
    dirty, clean = messy(rep), make_customer(rep, name="苏州恒曜有限责任公司", phone="call us", email="a@b.cn")

    score_quality()

    marks = dict(CustomerQuality.objects.values_list("pk", "proposals"))
    assert (sorted(marks[dirty.pk]), marks[clean.pk]) == (OF_COMPANIES, [])


def test_marks_go_when_the_details_are_put_right_otherwise(rep):
    customer = make_customer(rep, email="A@b.cn")
    score_quality()
    Customer.objects.update(email="a@b.cn")
    score_quality()

    assert CustomerQuality.objects.get(pk=customer.pk).proposals == []


def test_chosen_customers_get_the_uniform_spelling_by_one_operation(rep, base_data):
    city, industry = base_data
    customer = messy(rep)
    score_quality()

    entry, outcome = normalise(everything(), actor=rep, codes=[], seen=timezone.now())

    assert outcome == normalising.Outcome([customer.pk], 0)
    expected = {name: value for name, value in CLEAN.items() if name in STORED}
    assert stored(customer) == expected | {
        "region_id": city.pk, "industry_id": industry.pk, "name_key": name_key(CLEAN["name"]),
    }  # fmt: skip
    customer.refresh_from_db()
    assert (customer.changed_by_id, customer.remark) == (rep.pk, MESSY["remark"])
    assert (entry.verb, entry.row_count, entry.actor_id) == ("customers_normalised", 1, rep.pk)
    assert "051288886666"[1:] in CustomerSearch.objects.get(pk=customer.pk).digits
    assert CustomerQuality.objects.get(pk=customer.pk).proposals == []


def test_undo_restores_every_value_and_the_search_exactly(rep, base_data):
    customer = messy(rep)
    score_quality()
    before = stored(customer), CustomerSearch.objects.filter(pk=customer.pk).values().get()

    entry, _outcome = normalise(everything(), actor=rep, codes=[], seen=timezone.now())
    outcome = undo_operation(entry, actor=rep)

    assert (outcome.put_back, outcome.kept) == (1, [])
    assert (stored(customer), CustomerSearch.objects.filter(pk=customer.pk).values().get()) == before
    assert sorted(CustomerQuality.objects.get(pk=customer.pk).proposals) == OF_COMPANIES


def test_only_the_wished_fields_change(rep):
    customer = messy(rep)
    score_quality()

    normalise(everything(), actor=rep, codes=["email"], seen=timezone.now())

    customer.refresh_from_db()
    assert (customer.email, customer.name, customer.phone) == (CLEAN["email"], MESSY["name"], MESSY["phone"])


def test_a_customer_changed_since_it_was_seen_stays_and_is_counted(rep):
    touched, other = messy(rep), make_customer(rep, email="A@b.cn")
    score_quality()
    seen = timezone.now()
    Customer.objects.filter(pk=touched.pk).update(changed_at=seen + timedelta(seconds=1))
    before = stored(touched)

    _entry, outcome = normalise(everything(), actor=rep, codes=[], seen=seen)

    assert (outcome, stored(touched)) == (normalising.Outcome([other.pk], 1), before)


def test_a_credit_code_another_customer_has_is_not_written(rep):
    make_customer(rep, name="First", credit_code=CLEAN["credit_code"])
    second = make_customer(rep, name="Second", credit_code=MESSY["credit_code"], email="A@b.cn")
    score_quality()

    with pytest.raises(ValidationError, match="None of the chosen"):
        normalise(everything(), actor=rep, codes=[], seen=timezone.now())
    second.refresh_from_db()
    assert (second.credit_code, second.email) == (MESSY["credit_code"], "A@b.cn")
    assert not Operation.objects.filter(verb="customers_normalised").exists()


def test_customers_out_of_reach_in_a_pool_or_archived_are_neither_offered_nor_changed(rep):
    far = messy(make_user("far", "rep", make_department("North")), credit_code="")
    pooled = make_pooled_customer(name="Pooled (China)", email="A@b.cn")
    gone = make_customer(rep, name="Gone  away", archived_at=timezone.now())
    score_quality()
    chosen = Selection(ids=(far.pk, pooled.pk, gone.pk))
    director = make_user("director", "director", pooled.department)

    for person in (rep, director):
        with pytest.raises(ValidationError):
            normalise(chosen, actor=person, codes=[], seen=timezone.now())
        assert list(offered(person)) == []
    assert [stored(one)["name"] for one in (far, pooled, gone)] == [MESSY["name"], "Pooled (China)", "Gone  away"]


def test_who_may_not_know_contact_details_gets_neither_proposal_nor_value(rep):
    Grant.objects.filter(role=role_named("rep"), right="customers.reveal_contact_details").delete()
    customer = messy(rep)
    hidden = make_customer(rep, name="Only mail", email="Secret@b.cn")
    score_quality()

    page = sign_in(rep).get("/customers/quality/spelling/")
    text = page.text.lower()

    assert [line["customer"].pk for line in page.context["lines"]] == [customer.pk]
    assert {"phone", "email", "address", "region"} & {field.code for field, _n, _c in page.context["fields"]} == set()
    assert not any(word in text for word in ("0512", "office@", "工业园区", "secret@"))
    _entry, outcome = normalise(everything(), actor=rep, codes=[], seen=timezone.now())
    assert outcome.changed == [customer.pk]
    for row in (customer, hidden):
        row.refresh_from_db()
    assert (customer.name, customer.phone, customer.email) == (CLEAN["name"], MESSY["phone"], MESSY["email"])
    assert hidden.email == "Secret@b.cn"


def test_masked_values_stay_masked_before_and_after(rep):
    messy(rep, phone="１３８ 1234 5678")
    score_quality()

    text = sign_in(rep).get("/customers/quality/spelling/").text

    assert ("138****5678" in text, "1234" in text, "office@" in text.lower()) == (True, False, False)


def test_the_page_asks_then_writes_and_offers_to_take_it_back(rep):
    customer = messy(rep)
    score_quality()
    client = sign_in(rep)
    seen = client.get("/customers/quality/spelling/?field=name").context["seen"]
    chosen = {"ids": str(customer.pk), "query": "field=name", "seen": seen}

    asked = client.post("/customers/quality/spelling/apply/", chosen)
    assert (asked.status_code, stored(customer)["name"]) == (200, MESSY["name"])
    done = client.post("/customers/quality/spelling/apply/", {**chosen, "confirm": "1"}, follow=True)

    assert (stored(customer)["name"], stored(customer)["email"]) == (CLEAN["name"], MESSY["email"])
    (entry,) = done.context["lately"]
    client.post(reverse("records:undo", args=[entry.pk]))
    assert stored(customer)["name"] == MESSY["name"]


# ── contacts ──


def of_person(contact):
    return Contact.objects.filter(pk=contact.pk).values(*MESSY_PERSON).get()


def test_contacts_are_marked_shown_written_and_taken_back_with_their_customer(rep):
    customer = make_customer(rep, name="Works")
    dirty, clean = make_contact(customer, **MESSY_PERSON), make_contact(customer, name="Wei Fang", email="f@b.cn")
    score_quality()
    assert CustomerQuality.objects.get(pk=customer.pk).proposals == OF_PEOPLE
    before = of_person(dirty), CustomerSearch.objects.filter(pk=customer.pk).values().get()
    untouched = Contact.objects.filter(pk=clean.pk).values().get()

    page = sign_in(rep).get("/customers/quality/spelling/")
    (line,) = page.context["lines"]
    assert [(label, after) for label, _before, after in line["changes"]] == [
        ("丁 　兰 · name of the contact", "丁兰"), ("丁 　兰 · job title", "采购 总监"),
        ("丁 　兰 · phone of the contact", "138****5678"), ("丁 　兰 · e-mail of the contact", "d***@example.com"),
    ]  # fmt: skip
    entry, outcome = normalise(everything(), actor=rep, codes=[], seen=timezone.now())

    assert outcome == normalising.Outcome([customer.pk], 0)
    assert (of_person(dirty), Contact.objects.filter(pk=clean.pk).values().get()) == (CLEAN_PERSON, untouched)
    assert "13812345678" in CustomerSearch.objects.get(pk=customer.pk).digits
    assert CustomerQuality.objects.get(pk=customer.pk).proposals == []
    undone = undo_operation(entry, actor=rep)
    assert (undone.put_back, undone.kept) == (1, [])
    assert (of_person(dirty), CustomerSearch.objects.filter(pk=customer.pk).values().get()) == before
    assert CustomerQuality.objects.get(pk=customer.pk).proposals == OF_PEOPLE


def test_a_contact_changed_since_it_was_seen_or_archived_stays(rep):
    customer = make_customer(rep, name="Works (China)  Ltd")
    late, gone = make_contact(customer, **MESSY_PERSON), make_contact(customer, **MESSY_PERSON)
    score_quality()
    seen = timezone.now()
    Contact.objects.filter(pk=late.pk).update(changed_at=seen + timedelta(seconds=1))
    Contact.objects.filter(pk=gone.pk).update(archived_at=seen)

    _entry, outcome = normalise(everything(), actor=rep, codes=[], seen=seen)

    assert (outcome.changed, of_person(late), of_person(gone)) == ([customer.pk], MESSY_PERSON, MESSY_PERSON)


def test_only_the_wished_field_of_contacts_changes(rep):
    contact = make_contact(messy(rep), **MESSY_PERSON)
    score_quality()
    normalise(everything(), actor=rep, codes=["person_email"], seen=timezone.now())
    assert of_person(contact) == MESSY_PERSON | {"email": "ding@example.com"}
    assert stored(contact.customer)["email"] == MESSY["email"]


@pytest.mark.parametrize(
    ("right", "kept"),
    [
        ("customers.change_contact", set(MESSY_PERSON)),
        ("customers.reveal_contact_details", {"phone", "email"}),
    ],
)
def test_contacts_keep_what_somebody_may_not_change_or_know(rep, right, kept):
    Grant.objects.filter(role=role_named("rep"), right=right).delete()
    only_kept = make_customer(rep, name="Kept")
    contact = make_contact(messy(rep), **MESSY_PERSON)
    other = make_contact(only_kept, name="Fang", **{name: MESSY_PERSON[name] for name in kept - {"name"}})
    before = of_person(other)
    score_quality()

    page = sign_in(rep).get("/customers/quality/spelling/")
    assert [line["customer"].pk for line in page.context["lines"]] == [contact.customer_id]
    assert {field.column for field, _n, _c in page.context["fields"] if field.of is Contact} == set(MESSY_PERSON) - kept
    normalise(everything(), actor=rep, codes=[], seen=timezone.now())

    assert of_person(contact) == CLEAN_PERSON | {name: MESSY_PERSON[name] for name in kept}
    assert of_person(other) == before


def test_contacts_out_of_reach_or_of_a_pool_are_neither_offered_nor_changed(rep):
    far = make_contact(make_customer(make_user("far", "rep", make_department("North"))), **MESSY_PERSON)
    pooled = make_contact(make_pooled_customer(), **MESSY_PERSON)
    score_quality()
    with pytest.raises(ValidationError):
        normalise(
            Selection(ids=(far.customer_id, pooled.customer_id)), actor=rep, codes=[], seen=timezone.now()
        )  # fmt: skip
    assert (list(offered(rep)), of_person(far), of_person(pooled)) == ([], MESSY_PERSON, MESSY_PERSON)


def test_contacts_cost_the_same_for_one_and_for_fifty(rep):
    costs = []
    client = sign_in(rep)
    for count in (1, 1, 50):  # the first one warms up
        rows = make_customers(count, rep)
        for row in rows:
            make_contact(row, **MESSY_PERSON)
        score_quality()
        with CaptureQueriesContext(connection) as shown:
            client.get("/customers/quality/spelling/")
        with CaptureQueriesContext(connection) as written:
            normalise(Selection(ids=tuple(row.pk for row in rows)), actor=rep, codes=[], seen=timezone.now())
        costs.append((len(shown), len(written)))
    assert (costs[1] == costs[2], costs[1][0] <= 12) == (True, True), costs


@pytest.mark.parametrize(
    "posted",
    [
        {"all": "1", "seen": "yesterday"},
        {"all": "1", "seen": "2030-13-45T00:00:00"},
        {"all": "1"},
        {"ids": "x", "seen": "2030-01-01T00:00:00+08:00"},
        {"seen": "2030-01-01T00:00:00+08:00"},
        {"all": "1", "query": "field=owner", "seen": "2030-01-01T00:00:00+08:00"},
    ],
)
def test_a_damaged_selection_changes_nothing(rep, posted):
    customer = messy(rep)
    score_quality()

    answer = sign_in(rep).post("/customers/quality/spelling/apply/", {**posted, "confirm": "1"})

    assert (answer.status_code, stored(customer)["name"]) == (302, MESSY["name"])
    assert not Operation.objects.filter(verb="customers_normalised").exists()


@pytest.mark.parametrize("query", ["field=owner", "cursor=%3F%3F", "field=name&cursor=e30"])
def test_an_address_that_makes_no_sense_is_refused_in_words(rep, query):
    assert sign_in(rep).get(f"/customers/quality/spelling/?{query}").status_code == 400


def test_who_may_not_change_customers_gets_no_page(rep):
    auditor = sign_in(make_user("auditor", "auditor"))

    assert auditor.get("/customers/quality/spelling/").status_code == 403
    assert auditor.post("/customers/quality/spelling/apply/", {"all": "1"}).status_code == 403


def test_many_are_changed_by_a_job_in_parts_of_equal_cost(rep, monkeypatch):
    monkeypatch.setattr(normalising, "CHUNK", 10)
    rows = make_customers(25, rep, email="A@b.cn")
    score_quality()
    late = rows[20]

    entry, job = normalise(everything(), actor=rep, codes=["email"], seen=timezone.now())
    Customer.objects.filter(pk=late.pk).update(changed_at=timezone.now() + timedelta(hours=1))
    with pytest.raises(ValidationError, match="still under way"):
        undo_operation(entry, actor=rep)
    run_job(job.pk)

    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.total, job.done, job.failed) == ("done", 25, 24, 1)
    assert (entry.row_count, Customer.objects.filter(email="A@b.cn").get()) == (25, late)
    assert undo_operation(entry, actor=rep).put_back == 24


def test_a_part_costs_the_same_for_one_and_for_fifty(rep):
    costs = []
    for count in (1, 1, 50):  # the first one warms up
        rows = make_customers(count, rep, email="A@b.cn")
        score_quality()
        with CaptureQueriesContext(connection) as queries:
            normalise(Selection(ids=tuple(row.pk for row in rows)), actor=rep, codes=["email"], seen=timezone.now())
        costs.append(len(queries))
    assert costs[1] == costs[2]


def test_a_job_stops_where_the_right_was_taken_away(rep, monkeypatch):
    monkeypatch.setattr(normalising, "CHUNK", 1)
    make_customers(2, rep, email="A@b.cn")
    score_quality()
    _entry, job = normalise(everything(), actor=rep, codes=[], seen=timezone.now())
    Grant.objects.filter(role=role_named("rep"), right="customers.change_customer").delete()

    run_job(job.pk)

    assert Job.objects.get(pk=job.pk).state in ("failed", "done")
    assert Customer.objects.filter(email="A@b.cn").count() == 2


@pytest.mark.parametrize("address", ["/customers/quality/spelling/", "/customers/quality/worklist/"])
def test_a_page_costs_the_same_for_one_three_and_fifty_rows(address, rep):
    client, made, costs = sign_in(rep), 0, []
    client.get(address)
    for wanted in (1, 3, 50):
        make_customers(wanted - made, rep, email="A@b.cn", address="Somewhere")
        made = wanted
        score_quality()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        costs.append(len(queries))
    assert (len(set(costs)), costs[0] <= 12) == (1, True), costs
