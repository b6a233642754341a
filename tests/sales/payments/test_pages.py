"""The pages of payments, bank lines, receivables and closed periods, as people use them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from crm.attachments.models import Attachment
from sales.payments.actions import claim_payment
from sales.payments.models import BankLine, Payment
from sales.payments.statements import record_line
from sales.periods.models import PeriodClose
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_user
from tests.factories.people import sign_in
from tests.factories.sales import make_contract
from tests.sales.payments.steps import claimed, confirmed, decide, sums, values

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
D = Decimal


def text(answer):
    return answer.content.decode()


def line(company, amount="3000.00", **more):
    given = {"booked_on": TODAY, "amount": D(amount), "payer_name": "Yunling", **more}
    return record_line(actor=company.finance, values=given)[0]


@pytest.fixture
def rep(company):
    return sign_in(company.rep)


@pytest.fixture
def finance(company):
    return sign_in(company.finance)


def post_claim(client, company, **more):
    place = f"{reverse('sales:payment_add')}?contract={company.contract.pk}"
    page = client.get(place)
    given = {"contract": company.contract.pk, "amount": "3,000.00", "currency": "CNY", "paid_on": f"{TODAY}",
             "method": "transfer", "key": page.context["form"].initial["key"], **more}  # fmt: skip
    return client.post(place, given)


def test_a_rep_claims_a_payment_with_its_slip_once_however_often_it_is_sent(company, rep):
    part = company.contract.instalments.get(position=2)
    slip = SimpleUploadedFile("slip.txt", b"Paid.")
    key = "1e3f0a1c-8a51-4a3e-9c60-7d1f6a3b2c4d"
    answer = post_claim(rep, company, **{f"part_{part.pk}": "2,000.00", "slip": slip, "key": key})
    payment = Payment.objects.get()
    assert answer.url == payment.get_absolute_url()
    assert post_claim(rep, company, key=key).url == answer.url
    assert (payment.amount, payment.wanted) == (D("3000.00"), [[part.pk, "2000.00"]])
    assert Attachment.objects.get().record == payment
    page = text(rep.get(answer.url))
    assert "¥3,000.00" in page
    assert "¥2,000.00" in page


def test_what_is_wrong_in_a_claim_stands_beside_its_field_and_changes_nothing(company, rep):
    before = fingerprint()
    part = company.contract.instalments.get(position=1)
    for wrong in ({"amount": "-1"}, {"amount": "1e30"}, {"paid_on": "2999-01-01"}, {f"part_{part.pk}": "9999999"}):
        answer = post_claim(rep, company, **wrong)
        assert answer.status_code == 422
    assert fingerprint() == before


def test_a_claim_goes_through_the_pages_until_it_is_confirmed(company, rep, finance):
    post_claim(rep, company)
    payment = Payment.objects.get()
    assert rep.get(reverse("sales:payment_submit", args=[payment.pk])).status_code == 200
    rep.post(reverse("sales:payment_submit", args=[payment.pk]), {"comment": "By cheque"})
    payment.refresh_from_db()
    assert payment.state == "pending"
    decide(payment, company.head)
    chosen = finance.post(reverse("sales:payments_confirm"), {"ids": [payment.pk]})
    [(shown, amount, turn)] = chosen.context["claims"]
    assert (shown, amount) == (payment, "¥3,000.00")
    finance.post(
        reverse("sales:payments_confirm"),
        {"ids": [payment.pk], "confirmed": "1", f"seen_{payment.pk}": turn.content_hash},
    )
    payment.refresh_from_db()
    assert (payment.state, payment.confirmed_by) == ("approved", company.finance)
    assert sums(company.contract)[0] == D("3000.00")


def test_confirming_something_that_was_not_shown_is_refused(company, finance):
    payment = claimed(company)
    decide(payment, company.head)
    finance.post(reverse("sales:payments_confirm"), {"ids": [payment.pk], "confirmed": "1", f"seen_{payment.pk}": "0"})
    payment.refresh_from_db()
    assert payment.state == "pending"


def test_a_rep_neither_confirms_nor_reverses_nor_matches(company, rep):
    payment, found = confirmed(company), line(company)
    before = fingerprint()
    for name in ("payment_allocate", "payment_reverse", "payment_confirm_reversal", "payment_refuse_reversal"):
        assert rep.post(reverse(f"sales:{name}", args=[payment.pk]), {"reason": "No"}).status_code == 403
    assert rep.post(reverse("sales:allocation_release", args=[payment.allocations.get().pk])).status_code == 403
    assert rep.post(reverse("sales:bank_line_match", args=[found.pk]), {"payment": payment.pk}).status_code == 403
    for name in ("bank_line_list", "bank_line_import", "period_list"):
        assert rep.get(reverse(f"sales:{name}")).status_code == 403
    assert fingerprint() == before


def test_a_payment_of_somebody_elses_customer_is_not_there(company):
    payment = claimed(company)
    stranger = sign_in(make_user("stranger", "rep"))
    assert stranger.get(payment.get_absolute_url()).status_code == 404
    assert stranger.get(reverse("sales:payment_edit", args=[payment.pk])).status_code == 404
    assert payment.number not in text(stranger.get(reverse("sales:payment_list")))


def test_the_form_offers_no_customer_or_contract_out_of_reach(company):
    stranger = sign_in(make_user("stranger", "rep"))
    for query in (f"contract={company.contract.pk}", f"customer={company.customer.pk}"):
        answer = stranger.get(f"{reverse('sales:payment_add')}?{query}")
        assert "Yunling" not in text(answer)
        assert answer.context["form"].__class__.__name__ == "ChooseCustomerForm"


def test_money_is_allocated_taken_back_and_reversed_on_the_pages(company, finance):
    payment = confirmed(company, "12000.00", overpayment_reason="Deposit")
    other = make_contract(company.customer, amount="5000.00", instalments=("5000.00",))
    part = other.instalments.get()
    finance.post(reverse("sales:payment_allocate", args=[payment.pk]), {f"part_{part.pk}": "1500"})
    assert sums(other)[0] == D("1500.00")
    allocation = payment.allocations.get(instalment=part)
    finance.post(reverse("sales:allocation_release", args=[allocation.pk]), {"reason": "Another one"})
    assert sums(other)[0] == D("0.00")
    finance.post(reverse("sales:payment_reverse", args=[payment.pk]), {"reason": "Bounced", "day": f"{TODAY}"})
    assert sums(company.contract)[0] == D("0.00")
    page = text(finance.get(payment.get_absolute_url()))
    assert Payment.objects.get(reverses=payment).number in page


def test_a_statement_is_imported_and_its_lines_matched_or_booked(company, finance):
    payment = claimed(company)
    file = SimpleUploadedFile("a.csv", f"日期,收入,对方户名\n{TODAY},3000,Yunling\n{TODAY},250,Yunling\n".encode())
    answer = finance.post(reverse("sales:bank_line_import"), {"file": file, "account": "ICBC"})
    assert finance.get(answer.url).status_code == 200
    first, second = BankLine.objects.order_by("-amount")
    assert payment.number in text(finance.get(reverse("sales:bank_line_list")))
    finance.post(reverse("sales:bank_line_match", args=[first.pk]), {"payment": payment.pk})
    first.refresh_from_db()
    assert first.payment == payment
    page = finance.get(second.get_absolute_url())
    assert page.context["form"].initial["customer"] == company.customer.number
    booked = {"customer": company.customer.number, "contract": company.contract.number}
    finance.post(reverse("sales:bank_line_book", args=[second.pk]), booked)
    second.refresh_from_db()
    assert (second.payment.amount, second.payment.state) == (D("250.00"), "pending")


def test_wrong_bookings_stand_on_the_page_and_change_nothing(company, finance):
    found, before = line(company), None
    before = fingerprint()
    for given in ({"customer": "nobody"}, {"customer": company.customer.number, "contract": "none"}):
        assert finance.post(reverse("sales:bank_line_book", args=[found.pk]), given).status_code == 422
    assert (
        finance.post(reverse("sales:bank_line_import"), {"file": SimpleUploadedFile("a.pdf", b"%")}).status_code == 422
    )
    assert fingerprint() == before


def test_lines_are_set_aside_together(company, finance):
    found = [line(company, "1.00"), line(company, "2.00")]
    ids = ",".join(str(one.pk) for one in found)
    assert finance.post(reverse("sales:bank_lines_ignore"), {"ids": ids}).status_code == 200
    finance.post(reverse("sales:bank_lines_ignore"), {"ids": ids, "note": "Interest"})
    assert set(BankLine.objects.values_list("state", "note")) == {("ignored", "Interest")}


def test_receivables_tell_what_is_overdue_by_age(company, finance):
    company.contract.instalments.filter(position=1).update(due_on=TODAY - timedelta(days=45))
    page = text(finance.get(f"{reverse('sales:receivable_list')}?state=overdue"))
    assert "¥3,000.00" in page
    assert "¥7,000.00" not in page
    ages = finance.get(reverse("sales:receivable_ageing"))
    [row] = ages.context["rows"]
    assert row["row"].amounts == (D("7000.00"), D(0), D("3000.00"), D(0), D(0))
    listed = text(finance.get(row["cells"][2][1]))
    assert ("¥3,000.00" in listed, "¥7,000.00" in listed) == (True, False)


def test_the_books_are_closed_and_opened_on_their_page(company, finance):
    until = TODAY - timedelta(days=5)
    finance.post(reverse("sales:period_list"), {"until": f"{until}"})
    period = PeriodClose.objects.get()
    assert period.until == until
    assert finance.post(reverse("sales:period_list"), {"until": f"{TODAY}"}).status_code == 422
    finance.post(reverse("sales:period_reopen", args=[period.pk]), {"reason": "A late bill"})
    period.refresh_from_db()
    assert period.reopened_by == company.finance


@pytest.mark.parametrize("name", ["payment_list", "bank_line_list", "receivable_list", "receivable_ageing"])
def test_a_list_costs_the_same_few_queries_whatever_its_length(company, finance, name, django_assert_max_num_queries):
    def fill(count):
        for n in range(count):
            customer = make_customer(company.rep, name=f"Firm {name}{count}{n}")
            contract = make_contract(customer)
            claim_payment(customer, actor=company.rep, values=values(contract, "77.00"))
            line(company, "77.00", payer_name=customer.name, reference=f"{count}-{n}")

    fill(1)
    finance.get(reverse(f"sales:{name}"))
    with django_assert_max_num_queries(12) as few:
        finance.get(reverse(f"sales:{name}"))
    fill(6)
    with django_assert_max_num_queries(12) as many:
        assert finance.get(reverse(f"sales:{name}")).status_code == 200
    assert len(many) == len(few)


def test_the_page_of_a_payment_costs_at_most_twelve_queries(company, finance, django_assert_max_num_queries):
    payment = confirmed(company, "4000.00")
    finance.get(payment.get_absolute_url())
    with django_assert_max_num_queries(12):
        finance.get(payment.get_absolute_url())


@pytest.mark.parametrize("name", ["payment_list", "payment_filter", "bank_line_list", "bank_line_filter",
                                  "bank_line_import", "receivable_list", "receivable_filter", "receivable_ageing",
                                  "period_list", "payment_add"])  # fmt: skip
def test_every_page_opens_when_there_is_nothing(company, finance, name):
    assert finance.get(reverse(f"sales:{name}")).status_code == 200
