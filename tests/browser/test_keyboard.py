"""Everything important without a mouse: lists, forms, and the lines of sales documents."""

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


# ── sales documents ──


@pytest.fixture
def customer(company: Copy) -> str:
    """A customer of the rep about whom a quote may be written."""
    return company.sql(
        "SELECT c.id FROM customers_customer c JOIN crm_user u ON u.id = c.owner_id"
        " WHERE u.username = 'rep' AND c.status = 'opportunity' ORDER BY c.id LIMIT 1"
    )


def focused(page: Page, place: str) -> None:
    """Wait until the focus is there."""
    expect(page.locator(place)).to_be_focused()


def test_a_quote_is_written_from_the_transactions_of_its_customer_with_keys_alone(
    page: Page, company: Copy, customer: str
) -> None:
    tab = f"/sales/customers/{customer}/transactions/"
    page.goto(tab)
    expect(page.locator(".side .nav-item[aria-current=page]")).to_have_attribute("href", "/customers/")
    page.get_by_role("link", name="新建报价").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/sales/quotes/new/"))
    focused(page, "#id_title")
    page.keyboard.type("键盘写的报价")
    for place, name, price in ((0, "网关", "33.335"), (1, "培训", "100")):
        page.locator(f"#lines-{place}-name").focus()
        page.keyboard.type(name)
        page.locator(f"#lines-{place}-price").focus()
        page.keyboard.type(price)
        page.keyboard.press("Enter")
        focused(page, f"#lines-{place + 1}-product")
    page.locator("#lines-2-name").focus()
    page.keyboard.type("多余的一行")
    page.keyboard.press("Alt+ArrowUp")
    focused(page, "#lines-1-name")
    expect(page.locator("#lines-2-name")).to_have_value("培训")
    page.keyboard.press("Alt+Delete")
    expect(page.locator("[name=lines-count]")).to_have_value("2")
    focused(page, "#lines-1-name")
    expect(page.locator("#lines-1-name")).to_have_value("培训")
    page.locator("#lines-0-quantity").focus()
    page.keyboard.press("ArrowDown")
    focused(page, "#lines-1-quantity")
    page.keyboard.press("Control+Enter")

    expect(page).to_have_url(re.compile(r"/sales/quotes/\d+/$"))
    expect(page.get_by_text("33.335")).to_be_visible()
    page.reload()  # it was redirected to, so nothing is sent again
    page.goto(tab)
    expect(page.get_by_role("link", name="键盘写的报价")).to_have_count(1)
    assert company.sql("SELECT count(*) FROM sales_quote WHERE title = '键盘写的报价'") == "1"


def test_what_is_typed_while_a_product_is_looked_up_stays(page: Page, company: Copy, customer: str) -> None:
    code, name = company.sql("SELECT code || ' ' || name FROM sales_product ORDER BY id LIMIT 1").split(" ", 1)
    asked = re.compile(r"/totals/")
    page.goto(f"/sales/quotes/new/?customer={customer}")
    page.route(asked, lambda route: None)
    page.locator("#lines-0-product").fill(code)
    with page.expect_request(asked):
        page.keyboard.press("Tab")
    page.locator("#lines-0-quantity").fill("24")
    page.unroute(asked)  # what was held goes on

    expect(page.locator("#lines-0-name")).to_have_value(name)
    expect(page.locator("#lines-0-quantity")).to_have_value("24")
    expect(page.locator("#lines-0-quantity")).to_be_focused()


def test_after_a_refused_line_focus_is_on_its_wrong_field_which_says_why(
    page: Page, company: Copy, customer: str
) -> None:
    before = company.sql("SELECT count(*) FROM sales_requirement")
    page.goto(f"/sales/requirements/new/?customer={customer}")
    page.locator("#id_title").fill("键盘")
    page.locator("#lines-0-name").fill("网关")
    page.locator("#lines-0-quantity").fill("三个")
    page.locator("#id_title").focus()
    page.keyboard.press("Enter")  # saves: no button of the lines is pressed
    focused(page, "#lines-0-quantity")
    said = page.locator("#lines-0-quantity").get_attribute("aria-describedby")
    expect(page.locator(f"#{said}")).to_be_visible()
    assert company.sql("SELECT count(*) FROM sales_requirement") == before


def test_escape_closes_what_is_open_and_gives_focus_back(page: Page, customer: str) -> None:
    page.goto("/sales/quotes/")
    for opener, opened in (
        (page.locator(".side-search"), "#palette"),
        (page.locator("[hx-target='#dialog']").first, "#dialog"),
        (page.locator("[data-row-menu]").first, "#row-menu"),
    ):
        opener.focus()
        page.keyboard.press("Enter")
        expect(page.locator(opened)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(opened)).to_be_hidden()
        expect(opener).to_be_focused()
    page.goto(f"/sales/quotes/new/?customer={customer}")
    choice = page.locator("[data-combo]").first
    choice.focus()
    expect(choice).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(choice).to_have_attribute("aria-expanded", "false")
    expect(choice).to_be_focused()


def test_the_keys_of_lines_are_listed_and_the_first_stop_leads_to_the_content(page: Page) -> None:
    page.goto("/sales/quotes/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("明细行")


# what Tab reaches, and whether one sees where one is; of days and months the browser shows the parts itself
STEP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  (window.reached ??= new Set()).add(at);
  const ringed = (el, part) => {
    const look = getComputedStyle(el, part);
    return look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 1;
  };
  const around = [at, at.parentElement, at.parentElement?.parentElement].filter(Boolean);
  const seen = ["date", "month"].includes(at.type) || ringed(at, "::after") || around.some((el) => ringed(el));
  return seen ? "" : at.outerHTML.slice(0, 120);
}"""
LEFT = """() => {
  const stops = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const isClosed = (el) => el.closest("details:not([open]) > :not(summary)");
  return [...document.querySelectorAll(`main :is(${stops})`)]
    .filter((el) => !el.disabled && el.tabIndex >= 0 && el.checkVisibility() && !isClosed(el))
    .filter((el) => !window.reached.has(el)).map((el) => el.outerHTML.slice(0, 120));
}"""


@pytest.mark.parametrize("kind", ["opportunities", "quotes", "contracts", "payments", "invoices"])
def test_tab_reaches_everything_of_a_page_and_shows_where_one_is(page: Page, company: Copy, kind: str) -> None:
    table = {"opportunities": "opportunity"}.get(kind, kind[:-1])
    pk = company.sql(
        f"SELECT d.id FROM sales_{table} d JOIN crm_user u ON u.id = d.owner_id WHERE u.username = 'rep'"
        " ORDER BY d.id DESC LIMIT 1"
    )
    page.goto(f"/sales/{kind}/{pk}/")
    page.wait_for_load_state("networkidle")
    unseen = []
    for _stop in range(200):
        page.keyboard.press("Tab")
        found = page.evaluate(STEP)
        if found is None:
            break
        unseen += [found] if found else []
    assert unseen == []
    assert page.evaluate(LEFT) == []


def test_steps_of_a_flow_are_added_and_removed_without_losing_the_focus(sign_in: SignIn, company: Copy) -> None:
    page = sign_in("admin")
    flow = company.sql("SELECT min(id) FROM crm_flow WHERE purpose = 'sales.contract'")
    page.goto(f"/settings/flows/{flow}/edit/")
    steps = page.locator(".flow-step")
    count = steps.count()
    for value, left in (("add-step", count + 1), (f"remove-step:{count}", count), ("add-step", count + 1)):
        page.locator(f"button[value='{value}']").focus()
        page.keyboard.press("Enter")
        expect(steps).to_have_count(left)
        focused(page, f"button[value^='{value.split(':')[0]}']:focus")
