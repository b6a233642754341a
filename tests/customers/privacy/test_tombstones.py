"""After a restore nobody who was erased or withdrew comes back."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from crm.jobs.running import process_everything
from crm.operations.invariants import all_rules, broken
from customers.contacts.actions import add_contact
from customers.privacy.consents import may_process, record_consent, withdraw_consent
from customers.privacy.erasure import anonymise_contacts
from customers.privacy.models import Consent, Tombstone
from customers.privacy.replaying import replay_tombstones
from customers.privacy.tombstones import log_path, log_tombstones
from tests.customers.privacy.whole_database import where_it_stands
from tests.factories import make_customer, make_department, make_user

pytestmark = pytest.mark.django_db
PROVED = {"basis": "consent", "channel": "paper", "evidence": "form-7.pdf"}


@pytest.fixture(autouse=True)
def log(settings, tmp_path):
    settings.TOMBSTONE_LOG = tmp_path / "log" / "tombstones.jsonl"
    return Path(settings.TOMBSTONE_LOG)


@pytest.fixture
def rep():
    return make_user("rep", "rep", make_department("East"))


@pytest.fixture
def contact(rep):
    values = {"name": "Canary Bird", "phone": "+8613877665544", "email": "canary@example.org"}
    return add_contact(make_customer(rep), actor=rep, values=values)


def test_the_outbox_writes_each_tombstone_once_and_without_personal_words(contact, log):
    anonymise_contacts([contact.pk], "retention")
    process_everything()
    log_tombstones()

    (line,) = log.read_text().splitlines()
    assert json.loads(line)["contact_id"] == contact.pk
    assert "Canary" not in line and "138" not in line.replace(json.loads(line)["key"], "")
    assert log.stat().st_mode & 0o077 == 0


def test_a_line_cut_off_by_a_crash_is_written_again(contact, log):
    anonymise_contacts([contact.pk], "retention")
    log_tombstones()
    whole = log.read_text()
    log.write_text(whole[:-40])

    assert log_tombstones() == 1
    assert whole in log.read_text()
    assert log_tombstones() == 0


def restored(savepoint):
    """The backup of before is back: what came since is forgotten."""
    with connection.cursor() as cursor:
        cursor.execute(f"ROLLBACK TO SAVEPOINT {savepoint}")


def test_a_restored_person_is_erased_again_and_a_second_replay_changes_nothing(contact, log):
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT backup")
    anonymise_contacts([contact.pk], "retention")
    log_tombstones()
    keys = set(Tombstone.objects.values_list("key", flat=True))
    restored("backup")
    assert where_it_stands("Canary Bird") != [] and Tombstone.objects.count() == 0

    call_command("replay_tombstones", verbosity=0)

    assert where_it_stands("Canary Bird", "13877665544", "canary@example.org") == []
    assert set(Tombstone.objects.values_list("key", flat=True)) == keys
    again = replay_tombstones(log_path())
    assert (again.erased, again.withdrawn, again.unchanged) == (0, 0, 1)
    assert log_tombstones() == 0


def test_a_later_contact_with_the_same_number_is_left_alone(contact, log):
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT backup")
    anonymise_contacts([contact.pk], "retention")
    log_tombstones()
    restored("backup")
    type(contact).objects.filter(pk=contact.pk).update(created_at="2026-01-01T00:00:00+08:00")

    assert replay_tombstones(log).unchanged == 1
    contact.refresh_from_db()
    assert contact.name == "Canary Bird"


def test_a_withdrawal_is_repeated_but_a_later_consent_counts(rep, contact, log):
    record_consent(contact, actor=rep, purpose="mailing", **PROVED)
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT backup")
    withdraw_consent(contact, actor=rep, purpose="mailing", channel="phone")
    withdraw_consent(contact, actor=rep, purpose="sales", channel="phone")
    log_tombstones()
    restored("backup")
    assert may_process([contact.pk], "mailing") == {contact.pk}

    done = replay_tombstones(log)

    assert (done.erased, done.withdrawn) == (0, 2)
    assert may_process([contact.pk], "mailing") == may_process([contact.pk], "sales") == set()
    assert replay_tombstones(log).withdrawn == 0
    record_consent(contact, actor=rep, purpose="mailing", **PROVED)
    replay_tombstones(log)
    assert may_process([contact.pk], "mailing") == {contact.pk}
    assert Consent.objects.filter(contact=contact, purpose="mailing").count() == 2


def test_a_replay_without_a_log_says_so(log):
    with pytest.raises(CommandError, match="no log of tombstones"):
        call_command("replay_tombstones", verbosity=0)


def test_the_invariant_finds_somebody_who_came_back(contact, log):
    anonymise_contacts([contact.pk], "retention")
    (rule,) = [rule for rule in all_rules() if rule.number == 80]
    assert broken(rule) == []
    type(contact).objects.filter(pk=contact.pk).update(phone="+8613877665544")
    assert broken(rule) == [contact.pk]
