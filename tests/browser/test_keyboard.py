"""Everything important without a mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from pypinyin import Style, lazy_pinyin

from tests.browser.conftest import SignIn
from tests.journeys.copies import Copy


@pytest.fixture
def page(sign_in: SignIn) -> Page:
    found = sign_in("rep")
    found.goto("/customers/")
    return found


def test_slash_goes_to_the_search_of_the_list_and_finds(page: Page) -> None:
    name = page.locator("[data-rows] .name").nth(3).inner_text().split("\n")[-1]
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(name)
    expect(page.locator("[data-rows] .name")).to_have_count(1)
    expect(page.locator("[data-rows] .name")).to_contain_text(name)


def test_the_palette_finds_a_customer_by_pinyin_initials_and_opens_it(page: Page, company: Copy) -> None:
    found = company.sql(
        "SELECT c.id || '|' || c.name FROM customers_customer c JOIN crm_user u ON u.id = c.owner_id"
        " WHERE u.username = 'rep' AND c.name LIKE '上海%' ORDER BY c.id LIMIT 1"
    )
    pk, name = found.split("|")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette input")).to_be_focused()
    page.keyboard.type(initials(name))
    option = page.locator("#palette-list [role=option]", has_text=name)
    expect(option).to_be_visible()
    while option.get_attribute("aria-selected") != "true":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/customers/{pk}/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def initials(name: str) -> str:
    """Pinyin initials, as people type them."""
    return "".join(lazy_pinyin(name[:4], style=Style.FIRST_LETTER))


def test_j_and_k_walk_the_rows_x_ticks_and_escape_lets_go(page: Page) -> None:
    rows = page.locator("[data-rows] > tr")
    for key in "jjjk":
        page.keyboard.press(key)
    expect(rows.nth(1)).to_have_class(re.compile("is-cursor"))
    page.keyboard.press("x")
    expect(rows.nth(1).locator(".cb")).to_be_checked()
    expect(page.locator(".bulkbar [data-n]")).to_have_text("1")
    page.keyboard.press("Escape")
    expect(page.locator(".bulkbar")).to_be_hidden()
    expect(rows.nth(1).locator(".cb")).not_to_be_checked()


def test_g_and_a_letter_goes_to_a_place_and_enter_opens_a_row(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile("/customers/$"))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/customers/\d+/$"))


def test_a_question_mark_shows_the_keys_and_escape_gives_focus_back(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys")).to_contain_text("Ctrl")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_control_and_enter_sends_a_form(page: Page, company: Copy) -> None:
    page.goto("/customers/?owner=me")  # one she may write about
    page.locator("[data-rows] .name a").first.click()
    page.wait_for_url(re.compile(r"/customers/\d+/$"))
    page.keyboard.press("c")
    page.locator("textarea[name=content]").focus()
    page.keyboard.type("键盘上写的跟进")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".tl").get_by_text("键盘上写的跟进")).to_be_visible()
    assert company.sql("SELECT count(*) FROM customers_activity WHERE content = '键盘上写的跟进'") == "1"


def test_after_a_refused_form_focus_is_on_what_is_wrong(page: Page, company: Copy) -> None:
    before = company.sql("SELECT count(*) FROM customers_customer")
    page.goto("/customers/new/")
    page.locator("input[name=phone]").fill("不是电话")
    page.keyboard.press("Control+Enter")
    summary = page.locator("[data-form-errors]")
    expect(summary).to_be_focused()
    expect(summary.locator("a[href='#id_name']")).to_be_visible()
    assert company.sql("SELECT count(*) FROM customers_customer") == before


def test_single_keys_are_silent_inside_fields(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("j?gx")
    expect(page.get_by_role("searchbox")).to_have_value("j?gx")
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator(".is-cursor")).to_have_count(0)
