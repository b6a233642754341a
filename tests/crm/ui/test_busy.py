"""A page that waits too long for a lock says so; it is no fault of ours, and nothing was changed."""

import threading

import pytest
from django.db import connection, transaction
from django.urls import reverse

from customers.customers.models import Customer
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_user, sign_in


@pytest.mark.django_db(transaction=True)
def test_a_page_that_waits_for_a_lock_answers_409_in_words_and_changes_nothing():
    rita = make_user("rita", role="rep")
    customer = make_customer(owner=rita)
    browser = sign_in(rita)
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Customer.objects.select_for_update().get(pk=customer.pk)
            held.set()
            done.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    before = fingerprint()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")

    answer = browser.post(reverse("customers:customer_edit", args=[customer.pk]), {"name": "New name"})

    done.set()
    holder.join()
    assert answer.status_code == 409
    assert "Somebody else is changing this right now" in answer.text
    assert fingerprint() == before
