"""The package of a person lists the documents of sales that name them, and an erasure says which keep the name."""

import json
import zipfile
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import timezone, translation

from crm.jobs.models import Job
from crm.jobs.running import run_job
from customers.contacts.models import Contact
from customers.privacy import requests
from customers.privacy.datamap import Kind, personal_fields
from customers.privacy.documents import declared_documents, documents_naming
from customers.privacy.known import known_of
from customers.privacy.models import PersonRequest
from sales.datamap import SALES
from tests.factories import make_contact, make_customer, make_department, make_user, sign_in
from tests.factories.sales import (
    make_bank_line,
    make_billing,
    make_contract,
    make_delivery,
    make_invoice,
    make_opportunity,
    make_order,
    make_payment,
    make_quote,
    make_reissue,
    make_requirement,
)

pytestmark = pytest.mark.django_db
NAME, PHONE, EMAIL = "Ding Lan", "+8613877665544", "canary@example.org"


@pytest.fixture
def people():
    east = make_department("East")
    return {role: make_user(role, role, east) for role in ("rep", "security", "admin")}


@pytest.fixture
def contact():
    owner = make_user("stranger", "rep", make_department("North"))
    return make_contact(make_customer(owner, name="Harbour Works"), name=NAME, phone=PHONE, email=EMAIL)


def business(customer):
    """One document of every kind, which name nobody."""
    contract = make_contract(customer)
    requirement, delivery = make_requirement(customer), make_delivery(make_order(contract))
    payment = make_payment(customer, state="approved", payer_name="The company")
    invoice = make_invoice(contract)
    line = make_bank_line(state="matched", payment=payment, matched_by=customer.owner)
    return {
        row._meta.label: row
        for row in (
            make_opportunity(customer), requirement, requirement.lines.get(), make_quote(customer), contract,
            delivery.order, delivery, payment, line, make_billing(customer), invoice, make_reissue(invoice),
        )
    }  # fmt: skip


def named_in(contact):
    """Label → number → the fields in which documents name a contact."""
    found = {}
    for one in documents_naming(known_of([contact.pk])):
        found.setdefault(one.label, {})[one.number] = one.fields
    return found


def change(row, **fields):
    type(row)._default_manager.filter(pk=row.pk).update(**fields)


def value_for(row, name, text):
    """A text as a field of a row holds it."""
    kind = row._meta.get_field(name)
    return {"some": text} if kind.get_internal_type() == "JSONField" else text[: kind.max_length or None]


def carried_out(people, kind, contact):
    asked = requests.open_request(actor=people["rep"], kind=kind, person_name=NAME, phone=PHONE)
    requests.check_identity(asked, actor=people["rep"], proof="called back")
    requests.approve_request(asked, actor=people["security"], contact_ids=[contact.pk])
    job = requests.begin_request(asked, actor=people["admin"])
    run_job(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error
    return job


def test_every_kind_of_document_that_may_name_somebody_is_declared():
    outside = {
        label
        for label, fields in SALES.personal.items()
        if any(personal.kind != Kind.STAFF for personal in fields.values())
    }
    declared = {kind.label for kind in declared_documents()}
    # a statement of the bank is no document of a customer; its lines are, once they are matched
    assert outside - declared == {"sales.BankImport"}
    for kind in declared_documents():
        has_contact = any(field.name == "contact" for field in apps.get_model(kind.label)._meta.get_fields())
        assert kind.contact == ("contact" if has_contact else ""), kind.label


def places():
    """Every field of sales that may hold a name, as the map of personal data has it."""
    for kind in declared_documents():
        for name, personal in personal_fields()[kind.label].items():
            if personal.kind != Kind.STAFF and not name.endswith("_address"):
                yield kind.label, name


def test_every_field_that_may_name_somebody_has_a_word_in_chinese():
    with translation.override("zh-hans"):
        words = {kind.word(name) for kind in declared_documents() for name in personal_fields()[kind.label]}
    assert [word for word in words if word.isascii()] == ["answer address"]


@pytest.mark.parametrize("value", [NAME, f"for {NAME}, 2 pieces", "call 138 7766 5544", EMAIL])
def test_a_name_is_found_in_every_place_that_may_hold_one(contact, value):
    rows = business(contact.customer)
    assert named_in(contact) == {}
    left = {label: [name for known, name in places() if known == label] for label in rows}
    while left:
        # one field of each kind at a time
        wanted = {label: names.pop() for label, names in left.items()}
        before = {label: getattr(rows[label], name) for label, name in wanted.items()}
        for label, name in wanted.items():
            change(rows[label], **{name: value_for(rows[label], name, value)})
        found = {label: list(fields.values()) for label, fields in named_in(contact).items()}
        assert {label: fields for label, fields in found.items() if label in wanted} == {
            label: [(name,)] for label, name in wanted.items()
        }
        for label, name in wanted.items():
            change(rows[label], **{name: before[label]})
        left = {label: names for label, names in left.items() if names}
    assert {fields for found in named_in(contact).values() for fields in found.values()} == {()}


def test_a_document_that_named_somebody_once_is_listed_with_the_word_that_it_was_earlier(contact):
    other = make_contact(contact.customer, name="Qian Qi")
    drafted = make_contract(contact.customer, state="draft", signer_theirs=NAME, contact=contact)
    change(drafted, signer_theirs="Qian Qi", contact=other, payment_terms=f"as {NAME} asked")
    assert [(one.fields, one.earlier) for one in documents_naming(known_of([contact.pk]))] == [
        (("payment_terms",), ("contact", "signer_theirs"))
    ]
    (one,) = documents_naming(known_of([contact.pk]))
    assert one.told_fields == "payment terms, contact (earlier), signs for the customer (earlier)"
    assert one.staying == ("payment_terms", "signer_theirs")
    change(drafted, payment_terms="")
    (one,) = documents_naming(known_of([contact.pk]))
    assert (one.fields, one.staying) == ((), ("signer_theirs", "payment_terms"))
    assert {one.earlier for one in documents_naming(known_of([other.pk]))} == {()}


def test_a_document_that_points_to_the_contact_names_them_whatever_it_says(contact):
    rows = business(contact.customer)
    pointing = [kind.label for kind in declared_documents() if kind.contact]
    for label in pointing:
        change(rows[label], contact=contact, archived_at=timezone.now())
    assert {label: list(found.values()) for label, found in named_in(contact).items()} == {
        label: [("contact",)] for label in pointing
    }


def test_a_namesake_elsewhere_and_what_names_others_is_not_listed(contact):
    elsewhere = make_contact(make_customer(name="Other Works"), name=NAME, phone="+8613900000001")
    colleague = make_contact(contact.customer, name=f"{NAME}ying", phone="+8613900000002")
    theirs, ours = business(elsewhere.customer), business(contact.customer)
    for label, name in places():
        if name == "email":
            continue
        change(theirs[label], **{name: value_for(theirs[label], name, NAME)})
        change(ours[label], **{name: value_for(ours[label], name, colleague.name)})
    assert named_in(contact) == {}
    assert {one.label for one in documents_naming(known_of([elsewhere.pk]))} == {label for label, _name in places()}
    assert documents_naming(known_of([colleague.pk])) != []


def test_a_namesake_of_the_same_customer_is_meant_by_their_own_documents(contact):
    namesake = make_contact(contact.customer, name=NAME, phone="+8613900000003")
    signed = make_contract(contact.customer, signer_theirs=NAME, contact=namesake)
    assert named_in(contact) == {}
    assert named_in(namesake) == {"sales.Contract": {signed.number: ("contact", "signer_theirs")}}
    change(signed, payment_terms="call 13877665544")
    assert named_in(contact) == {"sales.Contract": {signed.number: ("payment_terms",)}}


def test_a_contact_of_another_customer_gets_nothing_of_this_one(contact):
    other = make_contact(make_customer(name="Other Works"), name="Qian Qi", phone="+8613900000004")
    make_contract(contact.customer, signer_theirs=NAME, contact=contact)
    make_contract(contact.customer, signer_theirs="Qian Qi")
    assert named_in(other) == {}


def test_documents_of_a_company_they_left_are_found_too(contact):
    signed = make_contract(contact.customer, signer_theirs=NAME)
    Contact.objects.filter(pk=contact.pk).update(customer=make_customer(name="Next Works"))
    assert named_in(contact) == {"sales.Contract": {signed.number: ("signer_theirs",)}}


def test_the_package_lists_kind_number_day_and_place_and_nothing_else_of_a_document(people, contact):
    other = make_contact(contact.customer, name="Qian Qi", phone="+8613900000005")
    signed = make_contract(
        contact.customer, signer_theirs=NAME, contact=other, title="Secret project", clauses=f"{NAME} and Qian Qi"
    )
    quote = make_quote(contact.customer, contact=contact, number="BJ-CANARY", state="sent", title="Secret offer")
    job = carried_out(people, "copy", contact)
    with zipfile.ZipFile(Path(settings.MEDIA_ROOT) / job.file_out) as package:
        text = package.read("data.json").decode()
        assert package.read("data.pdf")[:4] == b"%PDF"
    tables = json.loads(text)["tables"]
    today = timezone.localdate().isoformat()
    (row,), (offer,) = tables["sales.Contract"], tables["sales.Quote"]
    assert (row["number"], row["day"], row["named_in"]) == (signed.number, today, "signs for the customer, clauses")
    assert (offer["number"], offer["day"], offer["named_in"]) == (quote.number, today, "contact")
    assert "Civil Code Art. 188" in row["ground"] and set(row) == {"number", "day", "named_in", "ground"}
    assert "Secret" not in text and "Qian Qi" not in text


def test_on_paper_the_documents_read_as_in_the_language_of_its_maker(contact):
    change(make_invoice(make_contract(contact.customer)), buyer={"title": "X", "email": EMAIL}, custom={"a": NAME})
    with translation.override("zh-hans"):
        (one,) = documents_naming(known_of([contact.pk]))
        assert (one.kind, one.told_fields) == ("发票", "购方、自定义字段")
        assert "会计资料" in str(one.source.ground)


def test_an_erasure_keeps_what_was_signed_and_says_so_with_the_ground(people, contact):
    signed = make_contract(contact.customer, signer_theirs=NAME, contact=contact)
    invoice = make_invoice(signed)
    change(invoice, buyer={"title": "Harbour Works", "email": EMAIL})
    make_quote(contact.customer, contact=contact)
    asked = requests.open_request(actor=people["rep"], kind="delete", person_name=NAME, phone=PHONE)
    requests.check_identity(asked, actor=people["rep"], proof="called back")
    requests.approve_request(asked, actor=people["security"], contact_ids=[contact.pk])
    page = sign_in(people["admin"]).get(asked.get_absolute_url()).text
    assert signed.number in page and invoice.number in page and "2 documents name the person" in page
    assert "Kept: accounting records" in page
    run_job(requests.begin_request(asked, actor=people["admin"]).pk)

    asked.refresh_from_db()
    signed.refresh_from_db()
    invoice.refresh_from_db()
    assert (signed.signer_theirs, invoice.buyer["email"], signed.contact.phone) == (NAME, EMAIL, "")
    told = [
        "Erased for good.",
        "Kept contracts: 1 (proof of what was discussed and agreed, kept while claims can be made "
        "(Civil Code Art. 188)).",
        "Kept invoices: 1 (accounting records, kept as long as the law sets (PIPL Art. 47)).",
    ]
    assert asked.answer.splitlines() == told
    job = Job.objects.get(kind="person-erasure")
    assert [name for name, _ground in job.result["facts"]] == ["contracts: 1", "invoices: 1"]
    assert "Civil Code Art. 188" in sign_in(people["rep"]).get(asked.get_absolute_url()).text


def test_an_erasure_of_somebody_no_document_names_keeps_nothing(people, contact):
    make_contract(contact.customer)
    carried_out(people, "delete", contact)
    assert PersonRequest.objects.get().answer == "Erased for good."


def test_what_names_a_person_costs_the_same_whatever_there_is(contact, django_assert_max_num_queries):
    for _more in range(2):
        for _one in range(3):
            make_contract(contact.customer, signer_theirs=NAME, contact=contact)
        known = known_of([contact.pk])
        with django_assert_max_num_queries(2 * len(list(declared_documents())) + 6):
            found = documents_naming(known)
    assert len(found) == 6
