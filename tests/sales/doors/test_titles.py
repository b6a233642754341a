"""A reissue that was approved for one title is no way to an invoice with another."""

import pytest
from django.utils import timezone

from sales.invoices.billing import change_billing
from sales.invoices.models import Invoice
from sales.reissues import confirmation, red_letters
from sales.reissues.actions import ask_for_reissue, submit_reissue
from tests.sales.invoices import stories

pytestmark = pytest.mark.django_db


def approved_reissue(rep, director, finance):
    """A reissue for a wrong title whose form needs no confirmation, and the billing data of its new invoice."""
    contract = stories.paid_contract(rep)
    blue = stories.issued(contract, rep, director, finance)
    profile = contract.customer.billing_profiles.get()
    given = {"reason": "title", "explanation": "Wrong", "is_full": True, "wants_new": True, "profile": profile}
    reissue = ask_for_reissue(blue, actor=rep, values=given)
    submit_reissue(reissue, actor=rep)
    stories.decide("sales.reissue", reissue, director, finance)
    confirmation.begin_confirmation(reissue, actor=finance, confirmation="01")
    return reissue, profile


def new_invoice(reissue, finance):
    red_letters.issue_red_letter(reissue, actor=finance, number="2" * 20, issued_on=timezone.localdate())
    return Invoice.objects.get(reissue=reissue, kind="blue")


def test_billing_data_that_was_changed_after_the_approval_of_a_reissue_is_approved_anew():
    rep, director, finance = stories.people()
    reissue, profile = approved_reissue(rep, director, finance)
    change_billing(profile, actor=rep, values={"title": "A friend of mine"})
    made = new_invoice(reissue, finance)
    assert (made.state, made.number, made.approved_at) == ("draft", "", None)
    assert stories.contradictions() == []


def test_the_title_that_was_approved_with_a_reissue_needs_no_second_approval():
    rep, director, finance = stories.people()
    reissue, _profile = approved_reissue(rep, director, finance)
    made = new_invoice(reissue, finance)
    assert (made.state, made.buyer) == ("approved", reissue.invoice.buyer)
    assert stories.contradictions() == []
