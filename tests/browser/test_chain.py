"""From a requirement to the invoice that was issued anew: the whole chain of sales documents, in a real browser.

After every step the sums stand to the cent on the page, in the API, on paper and among the receivables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WAIT, SignIn
from tests.browser.office import Office, made, printed, record_issue, shown, text_of, type_line
from tests.journeys.copies import Copy

# name, quantity, unit, price with tax, tax rate
LINES = [
    ("设备联网网关 GW-100", "3", "台", "4321.01", "0.13"),
    ("现场培训", "1.5", "天", "6333.33", "0.06"),
    ("安装辅材", "7", "套", "33.335", "0.13"),
]
# net, tax and gross of each line and of them all: as first offered, and for 8.8 折 (12 % off)
FIRST = [("11471.71", "1491.32", "12963.03"), ("8962.26", "537.74", "9500.00"), ("206.50", "26.85", "233.35")]
FIRST_SUMS = ("20640.47", "2055.91", "22696.38")
AGREED = [("10095.11", "1312.36", "11407.47"), ("7886.79", "473.21", "8360.00"), ("181.72", "23.62", "205.34")]
AGREED_SUMS = ("18163.62", "1809.19", "19972.81")
IN_WORDS = "人民币壹万玖仟玖佰柒拾贰元捌角壹分"
PLAN = ["8000.01", "11972.80"]
PAID = "5000.50"
# what is billed of each line with tax, and what that comes to
BILLED = ["3795.06", "1000.10", "205.34"]
INVOICED = [("3358.46", "436.60", "3795.06"), ("943.49", "56.61", "1000.10"), ("181.72", "23.62", "205.34")]
INVOICED_SUMS = ("4483.67", "516.83", "5000.50")
WRONG, RIGHT, TAX_NUMBER = "恒曜精工（旧名）有限公司", "恒曜精工有限公司", "91310000MA1FL0000N"
BUYER = "恒曜精工有限公司"
# of the invoice, its red letter and the new invoice
NUMBERS = ("26959000000000000017", "26959000000000000024", "26959000000000000031")
TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
NAMES = ("net", "tax", "gross")


@pytest.fixture(autouse=True)
def _patient() -> Iterator[None]:
    """Each expectation may take as long as a busy machine needs."""
    expect.set_options(timeout=WAIT)
    yield
    expect.set_options(timeout=None)


def test_a_chain_from_requirement_to_reissued_invoice(company: Copy, sign_in: SignIn) -> None:
    api = company.api("rep")
    customer = made(api, "customers/", {"name": BUYER})
    talk = {"customer": customer, "name": "恒曜 联网改造", "amount": "20000.00", "stage": "需求确认"}
    opportunity = made(api, "opportunities/", talk)
    office = Office(company, sign_in, api, customer)

    a_requirement_is_checked_and_approved(office, opportunity)
    a_quote_is_returned(office)
    its_second_version_is_approved(office)
    the_customer_accepts_by_link(office)
    a_contract_is_made_approved_and_signed(office)
    a_part_is_paid(office)
    an_invoice_is_issued(office)
    its_title_turns_out_wrong(office)
    it_is_taken_back_and_issued_anew(office)

    assert api.get(f"opportunities/{opportunity}/")["state"] == "won"
    assert api.get(f"customers/{customer}/")["status"] == "existing"


def a_requirement_is_checked_and_approved(office: Office, opportunity: int) -> None:
    page = office.page("rep")
    page.goto(f"/sales/requirements/new/?opportunity={opportunity}")
    page.locator("[name=title]").fill("设备联网与培训")
    page.locator("[name=needs]").fill("三台网关，一天半培训")
    for place, (name, quantity, unit, price, _rate) in enumerate(LINES):
        if place:
            page.get_by_role("button", name="添加一行").click()
            expect(page.locator(f"#lines-{place}-product")).to_be_focused()  # where one goes on typing
        type_line(page, place, name=name, quantity=quantity, unit=unit, target_price=price)
    page.locator("form[data-main] .form-foot .btn-primary").click()
    office.came_to("rep", "requirement", "requirements")
    office.submit("requirement")

    page = office.page("technician")
    page.goto("/approvals/")
    page.get_by_role("link", name=office.told("requirement")["number"]).first.click()
    page.get_by_role("link", name="技术评估", exact=True).first.click()
    page.locator("[name=result][value=feasible]").check()
    page.locator("form[data-main] .btn-primary").click()
    page.get_by_role("button", name=re.compile("^同意")).first.click()
    expect(page).to_have_url(re.compile(r"/approvals/\?"))
    office.decide("requirement", "director")
    assert office.told("requirement")["state"] == "approved"


def a_quote_is_returned(office: Office) -> None:
    page = office.open("rep", "requirement")
    page.get_by_role("link", name="生成报价").click()
    for place, line in enumerate(LINES):
        expect(page.locator(f"[name=lines-{place}-price]")).to_have_value(line[3])
        page.locator(f"[name=lines-{place}-tax_rate]").select_option(line[4])
    expect(page.locator("#line-totals")).to_contain_text("22,696.38")
    page.locator("form[data-main] .form-foot .btn-primary").click()
    office.came_to("rep", "quote", "quotes")
    expect_document(office, "quote", FIRST, FIRST_SUMS)

    office.submit("quote")
    office.decide("quote", "director", button="退回", comment="客户要 8.8 折")
    expect_document(office, "quote", FIRST, FIRST_SUMS)
    assert office.told("quote")["state"] == "returned"


def its_second_version_is_approved(office: Office) -> None:
    page = office.open("rep", "quote")
    page.get_by_label("更多操作").click()
    page.get_by_role("button", name="新建版本").click()
    page.locator("[name=discount]").fill("12")
    expect(page.locator("#line-totals")).to_contain_text("19,972.81")
    page.locator("form[data-main] .form-foot .btn-primary").click()
    first = office.told("quote")
    office.came_to("rep", "quote", "quotes")
    office.submit("quote")
    office.decide("quote", "director")

    second = office.told("quote")
    assert [(one["number"], one["version"], one["gross"]) for one in (first, second)] == [
        (first["number"], 1, FIRST_SUMS[2]), (first["number"], 2, AGREED_SUMS[2])]  # fmt: skip
    assert (second["state"], second["is_current"]) == ("approved", True)
    expect_document(office, "quote", AGREED, AGREED_SUMS)
    paper = text_of(printed(office, "rep", f"{office.places['quote']}pdf/"))
    expect_amounts(paper, *(gross for _net, _tax, gross in AGREED), *AGREED_SUMS)
    assert IN_WORDS in paper


def the_customer_accepts_by_link(office: Office) -> None:
    page = office.open("rep", "quote")
    page.get_by_role("link", name="发送", exact=True).click()
    page.locator("form[data-main] .btn-primary").click()
    address = page.locator("#address").input_value()

    stranger = office.sign_in(None)
    stranger.goto(address)
    expect(stranger.locator(".totals")).to_contain_text("19,972.81")
    for _net, _tax, gross in AGREED:
        expect(stranger.locator("table").first).to_contain_text(shown(gross))
    stranger.locator("[name=name]").fill("王敏")
    stranger.get_by_role("button", name="接受报价").click()
    expect(stranger.get_by_role("heading", name="谢谢")).to_be_visible()

    told = office.told("quote")
    assert (told["state"], told["answered_by"], told["gross"]) == ("accepted", "王敏", AGREED_SUMS[2])


def a_contract_is_made_approved_and_signed(office: Office) -> None:
    page = office.open("rep", "quote")
    page.get_by_role("link", name="转为合同").click()
    page.locator("[name=type]").select_option(label="软件销售合同")
    page.locator("form[data-main] .form-foot .btn-primary").click()
    office.came_to("rep", "contract", "contracts")
    expect_document(office, "contract", AGREED, AGREED_SUMS)

    page.goto(f"{office.places['contract']}instalments/edit/")
    page.get_by_role("button", name="平均分两期").click()
    expect(page.locator("[name=plan-1-amount]")).not_to_have_value("")
    page.wait_for_load_state("networkidle")  # the focus has its place again
    days = [TODAY, TODAY + timedelta(days=30)]
    for place, (amount, day) in enumerate(zip(PLAN, days, strict=True)):
        page.locator(f"[name=plan-{place}-amount]").fill(amount)
        page.locator(f"[name=plan-{place}-due_on]").fill(day.isoformat())
    page.locator("form[data-main] .form-foot .btn-primary").click()
    expect(page).to_have_url(office.places["contract"])
    office.submit("contract")
    office.agree("contract", "sales.contract")
    contract = printed(office, "rep", f"{office.places['contract']}pdf/")
    expect_amounts(text_of(contract), *(gross for _net, _tax, gross in AGREED), *AGREED_SUMS, *PLAN)

    page = office.open("rep", "contract")
    page.get_by_role("link", name="登记签署").click()
    signed = {"name": "合同签字页.pdf", "mimeType": "application/pdf", "buffer": contract}
    page.locator("[name=file]").set_input_files([signed])
    page.locator("form[data-main] .btn-primary").click()
    expect(page).to_have_url(office.places["contract"])
    expect_standing(office, due="8000.01", paid="0.00", invoiced="0.00", left="19972.81", parts=["0.00", "0.00"])


def a_part_is_paid(office: Office) -> None:
    page = office.page("rep")
    page.goto(f"/sales/payments/new/?contract={office.told('contract')['id']}")
    page.locator("[name=amount]").fill(PAID)
    page.locator("[name=paid_on]").fill(TODAY.isoformat())
    page.locator("form[data-main] .form-foot .btn-primary").click()
    office.came_to("rep", "payment", "payments")
    office.submit("payment")
    office.decide("payment", "director")
    expect_standing(office, due="8000.01", paid="0.00", invoiced="0.00", left="19972.81", parts=["0.00", "0.00"])

    office.decide("payment", "finance")
    assert office.told("payment")["state"] == "approved"
    expect_standing(office, due="2999.51", paid=PAID, invoiced="0.00", left="14972.31", parts=[PAID, "0.00"])


def an_invoice_is_issued(office: Office) -> None:
    page = office.open("rep", "contract")
    page.get_by_role("link", name="申请开票").click()
    add_billing(page, WRONG)
    amounts = page.locator("[name^=line-gross_]")
    for place, gross in enumerate(BILLED):
        amounts.nth(place).fill(gross)
        page.locator("[name^=line-quantity_]").nth(place).fill("")
    page.locator("form[data-main] .form-foot .btn-primary").click()
    office.came_to("rep", "invoice", "invoices")
    office.submit("invoice")
    office.decide("invoice", "director", "finance")
    expect_standing(office, due="2999.51", paid=PAID, invoiced="0.00", left="14972.31", parts=[PAID, "0.00"])

    record_issue(office, "invoice", "issue/", NUMBERS[0])
    expect_document(office, "invoice", INVOICED, INVOICED_SUMS)
    expect_standing(office, due="2999.51", paid=PAID, invoiced=PAID, left="14972.31", parts=[PAID, "0.00"])


def its_title_turns_out_wrong(office: Office) -> None:
    page = office.page("rep")
    page.goto(f"/sales/billing/new/?customer={office.customer}")
    fill_billing(page, RIGHT)
    page = office.open("rep", "invoice")
    page.get_by_label("更多操作").click()
    page.get_by_role("link", name="申请重开").click()
    page.locator("[name=reason]").select_option("title")
    page.locator("[name=explanation]").fill("抬头是旧名称")
    page.locator("[name=is_used_by_buyer]").check()
    page.locator("[name=profile]").select_option(label=RIGHT)
    page.locator("form[data-main] .form-foot .btn-primary").click()
    office.came_to("rep", "reissue", "reissues")
    office.submit("reissue")
    office.decide("reissue", "director", "finance")
    expect_document(office, "reissue", INVOICED, INVOICED_SUMS, sign="−")


def it_is_taken_back_and_issued_anew(office: Office) -> None:
    page = office.open("finance", "reissue", "confirmation/")
    page.locator("[name=confirmation][value='02']").check()
    page.locator("[name=number]").fill("31011226110000000001")
    page.locator("form[data-main] .btn-primary").click()
    page.goto(f"{office.places['reissue']}confirmation/")
    page.locator("[name=confirmation][value='04']").check()
    page.locator("form[data-main] .btn-primary").click()
    expect_standing(office, due="2999.51", paid=PAID, invoiced=PAID, left="14972.31", parts=[PAID, "0.00"])

    record_issue(office, "reissue", "red/", NUMBERS[1])
    expect_standing(office, due="2999.51", paid=PAID, invoiced="0.00", left="14972.31", parts=[PAID, "0.00"])

    told = office.told("reissue")
    assert (told["gross"], told["confirmation"]) == (PAID, "04")
    office.places["again"] = f"/sales/invoices/{max(told['invoices'])}/"
    assert office.told("again")["state"] == "approved"
    record_issue(office, "again", "issue/", NUMBERS[2])
    expect_document(office, "again", INVOICED, INVOICED_SUMS)
    expect_standing(office, due="2999.51", paid=PAID, invoiced=PAID, left="14972.31", parts=[PAID, "0.00"])
    assert office.told("reissue")["state"] == "closed"
    chain = office.open("rep", "contract").locator(".panel", has_text="重开链").locator("ol > li")
    expect(chain).to_have_count(4)


# ── what is typed and what has to stand there ──


def add_billing(page: Page, title: str) -> None:
    """Add billing data from the form of an application, and come back to it."""
    page.get_by_role("link", name="新建开票资料").click()
    fill_billing(page, title)
    expect(page.locator("[name=profile] option:checked")).to_have_text(re.compile(re.escape(title)))


def fill_billing(page: Page, title: str) -> None:
    """Fill the form of billing data and keep it."""
    page.locator("[name=title]").fill(title)
    page.locator("[name=tax_number]").fill(TAX_NUMBER)
    page.locator("form[data-main] .form-foot .btn-primary").click()
    expect(page.locator("[name=tax_number]")).to_have_count(0)


def expect_document(
    office: Office, what: str, lines: list[tuple[str, ...]], sums: tuple[str, ...], *, sign: str = ""
) -> None:
    """Page and API of a document tell these lines and sums."""
    told = office.told(what)
    assert [tuple(line[name] for name in NAMES) for line in told["lines"]] == lines
    assert tuple(told[name] for name in NAMES) == sums
    page = office.open("rep", what)
    expect(page.locator(".panel:has(.totals) tbody .c-num")).to_have_text([sign + shown(line[2]) for line in lines])
    for amount in sums:
        expect(page.locator(".totals")).to_contain_text(shown(amount))


def expect_standing(office: Office, *, due: str, paid: str, invoiced: str, left: str, parts: list[str]) -> None:
    """Contract, API, receivables, ageing and statement of account tell the same of what was paid and invoiced."""
    contracted = AGREED_SUMS[2]
    told = office.told("contract")
    assert (told["total"], told["received"], told["invoiced"], told["outstanding"]) == (
        contracted,
        paid,
        invoiced,
        left,
    )
    assert [(part["amount"], part["received"]) for part in told["instalments"]] == list(zip(PLAN, parts, strict=True))
    page = office.open("director", "contract")
    standing = page.locator(".panel", has_text="履行情况").locator("dd")
    expect(standing).to_have_text([f"¥{shown(amount)}" for amount in (contracted, due, paid, invoiced, left)])

    page = office.page("finance")
    page.goto(f"/sales/receivables/?contract={told['id']}&state=any")
    opened = [str(Decimal(amount) - Decimal(part)) for amount, part in zip(PLAN, parts, strict=True)]
    for row, amounts in zip(page.locator("[data-rows] tr").all(), zip(opened, PLAN, parts, strict=True), strict=True):
        expect(row.locator(".c-num")).to_have_text([f"¥{shown(amount)}" for amount in amounts])
    page.goto("/sales/receivables/ageing/?by=contract")
    row = page.locator("tbody tr", has_text=told["number"])
    expect(row.locator("td").last).to_have_text(f"¥{shown(left)}")

    paper = printed(office, "finance", f"/sales/statements/{office.customer}/")
    expect_amounts(text_of(paper), contracted, PLAN[0], paid, invoiced, left, *opened)


def expect_amounts(paper: str, *amounts: str) -> None:
    """A PDF holds all these amounts."""
    assert [amount for amount in amounts if shown(amount) not in paper] == []
