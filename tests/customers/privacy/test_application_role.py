"""What the role of the application may do with the history of a person: redact the erased one, and nothing else."""

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from crm.history.models import Operation
from crm.history.operations import operation
from customers.contacts.models import Contact
from customers.privacy.erasure import anonymise_contacts
from customers.privacy.models import Tombstone
from tests.crm.operations.test_application_role import ROLE, application_role
from tests.factories import make_contact, make_customer, make_department, make_user

__all__ = ["application_role"]
REDACT = "SELECT * FROM privacy_redact_history(%s, 'retention', NULL, false)"


def test_the_role_redacts_the_history_of_an_erased_contact_only(application_role):
    call_command("grant_application", ROLE, verbosity=0)
    customer = make_customer(make_user("rep", "rep", make_department("East")))
    erased, living = make_contact(customer, name="Canary Bird"), make_contact(customer, name="Living Person")
    anonymise_contacts([erased.pk], "retention")
    assert Tombstone.objects.count() == 1

    with psycopg.connect(**application_role, user=ROLE, autocommit=True) as application:
        application.execute("SELECT set_config('pgtrigger.ignore', '{pgtrigger_append_only_a1838}', false)")
        for statement in (
            "UPDATE customers_contactevent SET name = 'x'",
            "DELETE FROM customers_contactevent",
            "UPDATE crm_operation SET reason = 'x'",
            "UPDATE customers_tombstone SET because = 'x'",
            "DELETE FROM customers_tombstone",
            "DROP FUNCTION privacy_names(text, text[])",
            "ALTER FUNCTION privacy_redact_history(bigint[], text, bigint, boolean) RESET ALL",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(statement)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="erased contacts"):
            application.execute(REDACT, [[living.pk]])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="erased contacts"):
            application.execute(REDACT, [[erased.pk, living.pk]])
        assert application.execute(REDACT, [[erased.pk]]).fetchall() == []
        names = application.execute("SELECT DISTINCT name FROM customers_contactevent ORDER BY 1").fetchall()

    assert ("Living Person",) in names and ("Canary Bird",) not in names
    assert Contact.objects.get(pk=living.pk).name == "Living Person"


@pytest.mark.django_db
def test_a_forged_event_does_not_turn_the_door_into_an_eraser_of_words(canary_of_nobody):
    customer, contact, author = canary_of_nobody
    with operation(author, "customer_changed", make_customer(author), reason="granted by the director"):
        pass
    anonymise_contacts([contact.pk], "retention")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_contactevent SELECT (jsonb_populate_record(e, jsonb_build_object("
            "'pgh_id', 987654321, 'email', 'granted', 'phone', 'director', 'wechat', 'granted'))).* "
            "FROM customers_contactevent e "
            "WHERE e.pgh_obj_id = %s LIMIT 1",
            [contact.pk],
        )
        cursor.execute(REDACT, [[contact.pk]])
    assert Operation.objects.filter(reason="granted by the director").exists()


@pytest.fixture
def canary_of_nobody():
    author = make_user("rep", "rep", make_department("East"))
    customer = make_customer(author)
    return customer, make_contact(customer, name="Canary Bird"), author
