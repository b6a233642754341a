"""A purpose is served only on a lawful basis, and stops the moment the person withdraws."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from crm.history.models import Operation
from customers.contacts.models import Contact
from customers.privacy.consents import may_process, record_consent, withdraw_consent
from customers.privacy.models import Consent
from tests.contract.fingerprints import fingerprint
from tests.factories import make_contact, make_customer, make_department, make_user, sign_in

pytestmark = pytest.mark.django_db
PROVED = {"basis": "consent", "channel": "paper", "evidence": "form-7.pdf"}


@pytest.fixture
def rep():
    return make_user("rep", "rep", make_department("East"))


@pytest.fixture
def contact(rep):
    return make_contact(make_customer(rep), name="Ding Lan", email="ding@example.com")


@pytest.mark.parametrize(
    ("purpose", "without", "given", "withdrawn"),
    [
        ("sales", True, True, False),
        ("profiling", True, True, False),
        ("mailing", False, True, False),
        ("calls", False, True, False),
        ("sharing", False, True, False),
        ("abroad", False, True, False),
    ],
)
def test_marketing_needs_a_basis_beforehand_and_everything_stops_on_withdrawal(
    rep, contact, purpose, without, given, withdrawn
):
    def is_allowed():
        return may_process([contact.pk], purpose) == {contact.pk}

    assert is_allowed() is without
    record_consent(contact, actor=rep, purpose=purpose, **PROVED)
    assert is_allowed() is given
    withdraw_consent(contact, actor=rep, purpose=purpose, channel="phone")
    assert is_allowed() is withdrawn


def test_an_objection_stops_what_needed_no_consent(rep, contact):
    withdraw_consent(contact, actor=rep, purpose="profiling", channel="email")

    assert may_process([contact.pk], "profiling") == set()
    assert may_process([contact.pk], "sales") == {contact.pk}
    with pytest.raises(ValidationError, match="stopped already"):
        withdraw_consent(contact, actor=rep, purpose="profiling", channel="email")


def test_a_newer_consent_allows_again_and_the_old_one_stays_as_proof(rep, contact):
    record_consent(contact, actor=rep, purpose="mailing", **PROVED)
    withdraw_consent(contact, actor=rep, purpose="mailing", channel="phone")
    record_consent(contact, actor=rep, purpose="mailing", **PROVED)

    assert may_process([contact.pk], "mailing") == {contact.pk}
    assert Consent.objects.filter(contact=contact).count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"evidence": ""}, "evidence"),
        ({"purpose": "anything"}, "purpose"),
        ({"basis": "because"}, "basis"),
        ({"given_at": timezone.now() + timedelta(days=1)}, "given_at"),
    ],
)
def test_what_cannot_be_a_consent_is_refused_beside_its_field(rep, contact, change, field):
    before = fingerprint()

    with pytest.raises(ValidationError) as refusal:
        record_consent(contact, actor=rep, **({"purpose": "mailing", **PROVED} | change))

    assert list(refusal.value.error_dict) == [field]
    assert fingerprint() == before


def test_a_consent_older_than_the_withdrawal_does_not_count(rep, contact):
    record_consent(contact, actor=rep, purpose="mailing", **PROVED)
    withdraw_consent(contact, actor=rep, purpose="mailing", channel="phone")

    with pytest.raises(ValidationError, match="withdrew later"):
        record_consent(contact, actor=rep, purpose="mailing", given_at=timezone.now() - timedelta(days=30), **PROVED)


def test_the_database_keeps_one_valid_entry_for_each_purpose(rep, contact):
    record_consent(contact, actor=rep, purpose="mailing", **PROVED)

    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(contact=contact, purpose="mailing", channel="web", given_at=timezone.now())


def test_archived_contacts_are_not_processed(rep, contact):
    Contact.objects.update(archived_at=timezone.now())

    assert may_process([contact.pk], "sales") == set()


def test_the_page_records_and_withdraws_in_one_click_each(rep, contact):
    client = sign_in(rep)
    page = f"/contacts/{contact.pk}/consents/"
    now = timezone.localtime().strftime("%Y-%m-%dT%H:%M")

    answer = client.post(f"{page}new/", {"purpose": "mailing", "given_at": now, **PROVED})
    assert answer.status_code == 302
    assert may_process([contact.pk], "mailing") == {contact.pk}
    assert "form-7.pdf" in client.get(page).text
    assert "Ding Lan" in client.get("/customers/consents/").text

    client.post(f"{page}withdraw/", {"purpose": "mailing", "channel": "web"})
    assert may_process([contact.pk], "mailing") == set()
    verbs = list(Operation.objects.filter(anchor_id=contact.customer_id).order_by("id").values_list("verb", flat=True))
    assert verbs == ["consent_recorded", "consent_withdrawn"]


def test_somebody_out_of_reach_neither_sees_nor_changes_consents(contact):
    client = sign_in(make_user("far", "rep", make_department("North")))
    before = fingerprint()

    for page in ("", "new/", "withdraw/"):
        assert (
            client.post(f"/contacts/{contact.pk}/consents/{page}", {"purpose": "sales", "channel": "web"}).status_code
            == 404
        )
    assert "Ding Lan" not in client.get("/customers/consents/").text
    assert fingerprint() == before


def test_of_two_joined_records_a_later_withdrawal_counts(rep, contact):
    other = make_contact(contact.customer, name="Ding Lan", email="ding2@example.com")
    record_consent(contact, actor=rep, purpose="mailing", **PROVED)
    record_consent(other, actor=rep, purpose="mailing", **PROVED)
    withdraw_consent(other, actor=rep, purpose="mailing", channel="phone")

    Consent.objects.filter(contact=other).update(contact=contact)

    assert may_process([contact.pk], "mailing") == set()
