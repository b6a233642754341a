"""Bank statements as banks write them, and tying their lines to payments."""

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crm.operations.invariants import broken
from sales.payments.invariants import RULES
from sales.payments.matching import book_line, ignore_line, match_line, proposals, release_line, reopen_line
from sales.payments.models import BankImport, BankLine, Payment
from sales.payments.reversing import reverse_payment
from sales.payments.statements import import_statement, record_line
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer
from tests.sales.payments.steps import claimed, confirmed, decide

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
ICBC = f"""中国工商银行 账户明细,,,,,,,
账号:6222***,,,,,,,
交易日期,借方发生额,贷方发生额,对方户名,对方账号,交易流水号,摘要,附言
{TODAY:%Y-%m-%d},,"3,000.00",云岭精工有限公司,310066,A001,货款,首付款
{TODAY:%Y%m%d},,500.5,云岭精工有限公司,310066,,货款,
{TODAY:%Y/%m/%d},"1,200.00",,某供应商,999,A003,采购,
not a day,,10.00,X,1,A004,,
合计,"1,200.00","3,500.50",,,,,
"""


@pytest.fixture(autouse=True)
def invariants():
    yield
    assert {rule.sentence: ids for rule in RULES if (ids := broken(rule))} == {}


def statement(text=ICBC, name="明细.csv", encoding="gb18030"):
    return SimpleUploadedFile(name, text.encode(encoding))


def line(amount="3000.00", payer="Yunling", reference="", **more):
    actor = more.pop("actor")
    given = {"booked_on": TODAY, "amount": Decimal(amount), "payer_name": payer, "reference": reference, **more}
    return record_line(actor=actor, values=given)[0]


def refused(work, code=""):
    before = fingerprint()
    with pytest.raises(ValidationError) as told:
        work()
    assert fingerprint() == before
    if code:
        assert told.value.code == code
    return " ".join(told.value.messages)


def test_credits_of_a_gbk_statement_become_lines_and_unreadable_rows_are_listed(company):
    done = import_statement(statement(), actor=company.finance, account="ICBC 6222")
    assert (done.line_count, done.known_count) == (2, 0)
    assert [row[0] for row in done.refused] == [7]
    first, second = BankLine.objects.order_by("pk")
    assert (first.booked_on, first.amount, first.payer_name, first.payer_account, first.reference, first.memo) == (
        TODAY, Decimal("3000.00"), "云岭精工有限公司", "310066", "A001", "货款 首付款")  # fmt: skip
    assert (second.amount, second.currency, second.state) == (Decimal("500.50"), "CNY", "open")


def test_the_same_statement_again_makes_no_line_twice(company):
    import_statement(statement(), actor=company.finance)
    again = import_statement(statement(), actor=company.second)
    assert (again.line_count, again.known_count, BankLine.objects.count()) == (0, 2, 2)


def test_equal_credits_without_a_number_of_the_bank_are_two_credits(company):
    text = f"日期,收入,对方户名\n{TODAY},10.00,A\n{TODAY},10.00,A\n"
    assert import_statement(statement(text), actor=company.finance).line_count == 2
    assert import_statement(statement(text), actor=company.finance).line_count == 0


def test_amounts_with_a_direction_and_an_excel_sheet_are_read(company):
    book = openpyxl.Workbook()
    rows = [
        ["交易日期", "借贷标志", "交易金额", "对方单位名称", "币种"],
        [TODAY, "贷", 88.8, "A", "美元"],
        [TODAY, "借", 5, "B", "美元"],
        [TODAY, "?", 5, "B", "美元"],
        [TODAY, "贷", 1.005, "B", "美元"],
    ]
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    done = import_statement(SimpleUploadedFile("a.xlsx", file.getvalue()), actor=company.finance)
    assert (done.line_count, [row[0] for row in done.refused]) == (1, [4, 5])
    assert list(BankLine.objects.values_list("amount", "currency")) == [(Decimal("88.80"), "USD")]


@pytest.mark.parametrize(
    ("file", "code"),
    [(SimpleUploadedFile("a.csv", b""), "empty"), (SimpleUploadedFile("a.pdf", b"%PDF"), "no_spreadsheet"),
     (SimpleUploadedFile("a.csv", b"Name,City\nA,B\n"), "no_columns"),
     (SimpleUploadedFile("a.csv", "日期,收入\n".encode()), "empty")],
)  # fmt: skip
def test_what_is_no_statement_is_refused(company, file, code):
    refused(lambda: import_statement(file, actor=company.finance), code)
    assert BankImport.objects.count() == 0


def test_a_line_is_proposed_the_claim_of_its_payer_first(company):
    other = make_customer(company.rep, name="Another")
    claimed(company, customer=other, contract=None, overpayment_reason="Deposit")
    mine = claimed(company)
    found = proposals([line(payer="YUNLING", actor=company.finance)], company.finance)
    [proposal] = found.values()
    assert proposal.customer == company.customer
    assert proposal.payments[0] == mine
    assert len(proposal.payments) == 2


def test_a_payer_matched_before_is_remembered(company):
    known = line(payer="Boss in person", actor=company.finance)
    match_line(known, claimed(company), actor=company.finance)
    found = proposals([line("77.00", payer="Boss in person", actor=company.finance)], company.finance)
    assert [one.customer for one in found.values()] == [company.customer]


def test_a_line_is_matched_once(company):
    found, first, second = line(actor=company.finance), claimed(company), claimed(company)
    match_line(found, first, actor=company.finance)
    words = refused(lambda: match_line(found, second, actor=company.second), "taken")
    assert company.finance.name in words
    other = line(reference="B", actor=company.finance)
    refused(lambda: match_line(other, first, actor=company.second), "taken")


def test_a_line_of_another_amount_or_currency_is_not_matched(company):
    payment = claimed(company)
    cent = line("2999.99", actor=company.finance)
    refused(lambda: match_line(cent, payment, actor=company.finance), "amount")
    dollars = line(currency="USD", actor=company.finance)
    refused(lambda: match_line(dollars, payment, actor=company.finance), "amount")


def test_booking_a_line_claims_the_payment_and_somebody_else_confirms_it(company):
    found = line("3000.00", payer="Yunling", actor=company.finance)
    payment = book_line(found, company.customer, actor=company.finance, values={"contract": company.contract})
    payment.refresh_from_db()
    found.refresh_from_db()
    assert (payment.state, payment.submitted_by, payment.owner) == ("pending", company.finance, company.rep)
    assert (found.state, found.payment) == ("matched", payment)
    decide(payment, company.boss)
    decide(payment, company.second)
    payment.refresh_from_db()
    assert (payment.state, payment.confirmed_by) == ("approved", company.second)
    refused(lambda: book_line(found, company.customer, actor=company.second, values={"contract": company.contract}))


def test_a_reversed_payment_frees_its_line(company):
    payment, found = confirmed(company), line(actor=company.finance)
    match_line(found, payment, actor=company.finance)
    reverse_payment(payment, actor=company.finance, reason="Sent back")
    found.refresh_from_db()
    assert (found.state, found.payment) == ("open", None)
    payment.refresh_from_db()
    refused(lambda: match_line(found, payment, actor=company.finance), "state")


def test_lines_are_set_aside_with_a_note_and_opened_again(company):
    found = line(actor=company.finance)
    refused(lambda: ignore_line(found, actor=company.finance, note=" "))
    ignore_line(found, actor=company.finance, note="Interest")
    payment = claimed(company)
    refused(lambda: match_line(found, payment, actor=company.finance), "taken")
    reopen_line(found, actor=company.finance)
    match_line(found, payment, actor=company.finance)
    refused(lambda: release_line(found, actor=company.finance, reason=""))
    release_line(found, actor=company.finance, reason="Another claim")
    assert BankLine.objects.get().state == "open"
    assert Payment.objects.get().state == "pending"


def test_a_day_to_come_and_a_broken_amount_are_refused(company):
    for values in ({"booked_on": date(2999, 1, 1), "amount": Decimal(1)}, {"booked_on": TODAY, "amount": Decimal(0)}):
        refused(lambda values=values: record_line(actor=company.finance, values=values))
