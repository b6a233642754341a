"""Invoices ordered from a provider: one application becomes one invoice, whatever happens on the line."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.jobs.models import Outbox
from sales.invoices import actions, issuing, providers
from sales.invoices.models import Invoice
from sales.invoices.providers import Issued, ProviderSilentError
from tests.sales.invoices.stories import approved, contradictions, paid_contract, people
from tests.sales.invoices.test_life import refused

pytestmark = pytest.mark.django_db


class RecordedProvider:
    """A provider that keeps what it was asked, issues once per order number, and may fall silent after issuing."""

    def __init__(self):
        self.calls, self.books, self.is_silent, self.refusal = [], {}, False, ""

    def find(self, order_number):
        self.calls.append(("find", order_number))
        return self.books.get(order_number)

    def issue(self, order_number, content):
        self.calls.append(("issue", order_number))
        assert order_number not in self.books, "ordered twice"
        if self.refusal:
            raise ValidationError(self.refusal)
        self.books[order_number] = Issued(f"{len(self.books) + 1:020d}", timezone.localdate())
        if self.is_silent:
            raise ProviderSilentError
        return self.books[order_number]


SERVICE = RecordedProvider()


def make_provider():
    return SERVICE


@pytest.fixture
def service(settings):
    SERVICE.__init__()
    providers._provider.cache_clear()
    settings.HARBOUR_INVOICE_PROVIDER = "tests.sales.invoices.test_provider.make_provider"
    yield SERVICE
    providers._provider.cache_clear()


def ordered():
    rep, director, finance = people()
    invoice = approved(paid_contract(rep), rep, director, finance)
    return providers.order_invoice(invoice, actor=finance), rep, finance


def test_an_ordered_invoice_is_issued_under_our_own_number(service):
    invoice, _rep, _finance = ordered()
    assert Outbox.objects.filter(topic="sales.order_invoice", payload={"invoice": invoice.pk}).count() == 1
    providers.fetch_ordered(invoice.pk)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.invoice_number, invoice.provider_id) == ("issued", f"{1:020d}", invoice.number)
    assert service.calls == [("find", invoice.number), ("issue", invoice.number)]
    assert contradictions() == []


def test_after_a_silence_the_provider_is_asked_before_anything_is_ordered_again(service):
    invoice, _rep, _finance = ordered()
    service.is_silent = True
    with pytest.raises(ProviderSilentError):
        providers.fetch_ordered(invoice.pk)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.invoice_number) == ("approved", "")
    providers.fetch_ordered(invoice.pk)
    providers.fetch_ordered(invoice.pk)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.invoice_number) == ("issued", f"{1:020d}")
    assert [kind for kind, _number in service.calls] == ["find", "issue", "find"]
    assert Invoice.objects.exclude(invoice_number="").count() == 1


def test_while_an_order_runs_nobody_orders_again_issues_by_hand_or_gives_it_up(service):
    invoice, rep, finance = ordered()
    refused(lambda: providers.order_invoice(invoice, actor=finance), "Wait for the answer")
    refused(
        lambda: issuing.issue_invoice(invoice, actor=finance, number="9" * 20, issued_on=timezone.localdate()),
        "Wait for the answer",
    )
    refused(lambda: actions.void_invoice(invoice, actor=rep, reason="x"), "may exist already")


def test_an_order_the_provider_refuses_goes_back_to_finance(service):
    invoice, _rep, finance = ordered()
    service.refusal = "The buyer is on no list."
    providers.fetch_ordered(invoice.pk)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.provider_id) == ("approved", "")
    done = issuing.issue_invoice(invoice, actor=finance, number="9" * 20, issued_on=timezone.localdate())
    assert done.state == "issued"


def test_without_a_provider_nothing_is_ordered():
    rep, director, finance = people()
    invoice = approved(paid_contract(rep), rep, director, finance)
    refused(lambda: providers.order_invoice(invoice, actor=finance), "No invoice provider")
