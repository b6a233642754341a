"""Approvals in a real browser: a flow edited by an administrator, and a decision by the keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.journeys.copies import Copy

MAKE = """
from django.utils import timezone
from customers.customers.models import Customer
from sales.contracts.models import Contract
from tests.factories.sales import make_contract
customer = Customer.objects.filter(owner__username="rep").order_by("pk").first()
made = [make_contract(customer, state="draft") for n in range(4)]
for n, contract in enumerate(made, 1):
    Contract.objects.filter(pk=contract.pk).update(number=f"HT-B-{n}", submitted_at=timezone.now())
print("contracts", *(contract.pk for contract in made))
"""
PUT_UP = """
from crm.approvals.actions import submit
from crm.history.operations import operation
from crm.people.models import User
from sales.contracts.models import Contract
rep, contract = User.objects.get(username="rep"), Contract.objects.get(pk=CONTRACT)
with operation(rep, "contract_submitted", contract):
    print("request", submit("sales.contract", contract, actor=rep).pk)
"""


@pytest.fixture(scope="module")
def drafts(company: Copy) -> list[str]:
    """Contracts of the rep that were not submitted: HT-B-1 to HT-B-4."""
    return company.manage("shell", "-c", MAKE).rsplit("contracts ", 1)[1].split()[:4]


def put_up(company: Copy, contract: str) -> str:
    """Submit a contract as its own page does; the id of its approval."""
    said = company.manage("shell", "-c", PUT_UP.replace("CONTRACT", contract))
    return said.rsplit("request ", 1)[1].split()[0]


def approvers_of(company: Copy, request: str) -> list[str]:
    """Who decides now."""
    return company.sql(
        "SELECT coalesce(string_agg(u.username, ' ' ORDER BY u.username), '') FROM crm_approvaltask t"
        " JOIN crm_user u ON u.id = t.approver_id"
        f" WHERE t.state = 'pending' AND t.request_id = {request}"
    ).split()


def test_a_flow_edited_in_the_browser_routes_the_next_document_and_leaves_running_ones_alone(
    company: Copy, sign_in: SignIn, drafts: list[str]
) -> None:
    running = put_up(company, drafts[0])
    assert approvers_of(company, running) == ["director"]

    page = sign_in("admin")
    page.goto("/settings/flows/")
    page.get_by_role("link", name="合同", exact=True).click()
    page.get_by_role("link", name="编辑").click()
    first = page.locator(".flow-step").first
    first.get_by_label("审批人").select_option("role")
    expect(first.get_by_label("角色", exact=True)).to_be_visible()
    first.get_by_label("角色", exact=True).select_option("finance")
    page.get_by_role("button", name="用上月单据试算").click()
    expect(page.get_by_role("heading", name="用近 30 天的单据试算")).to_be_visible()
    count = page.locator(".flow-step").count()
    page.get_by_role("button", name="添加步骤").click()
    expect(page.locator(".flow-step")).to_have_count(count + 1)
    page.locator(".flow-step").last.get_by_role("button", name="删除步骤").click()
    expect(page.locator(".flow-step")).to_have_count(count)
    page.get_by_label("改了什么").fill("先过财务")
    page.get_by_role("button", name="保存").last.click()

    expect(page.get_by_text("先过财务")).to_be_visible()
    expect(page.get_by_text("第 2 版").first).to_be_visible()
    assert approvers_of(company, running) == ["director"]
    assert approvers_of(company, put_up(company, drafts[1])) == ["finance"]


def test_ctrl_enter_approves_and_nobody_decides_by_a_single_key(
    company: Copy, sign_in: SignIn, drafts: list[str]
) -> None:
    request = put_up(company, drafts[2])
    person = approvers_of(company, request)[0]
    page = sign_in(person)
    page.goto(f"/approvals/{request}/")
    for key in ("a", "y", "Enter", "x"):
        page.keyboard.press(key)
    assert approvers_of(company, request) == [person]

    page.get_by_label("意见").last.fill("同意")
    page.keyboard.press("Enter")
    expect(page.get_by_label("意见").last).to_have_value("同意")
    assert approvers_of(company, request) == [person]
    page.keyboard.press("Control+Enter")

    expect(page).to_have_url(re.compile(r"/approvals/\?tab="))
    assert person not in approvers_of(company, request)


def test_on_a_phone_one_decides_on_a_page_of_its_own(company: Copy, sign_in: SignIn, drafts: list[str]) -> None:
    request = put_up(company, drafts[3])
    page = sign_in(approvers_of(company, request)[0], viewport={"width": 390, "height": 844})
    page.goto("/approvals/")
    expect(page.locator(".inbox-detail")).to_be_hidden()

    page.get_by_role("link", name="HT-B-4").click()

    expect(page.locator(".inbox-list")).to_be_hidden()
    for name in ("退回", "驳回", "同意"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport()
    assert _fits(page)


def _fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
