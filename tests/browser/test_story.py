"""From a spreadsheet to a signed-off report: the story of the first release, in a real browser."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from tests.browser.conftest import WAIT, SignIn, sign_in_by_hand, workers_held
from tests.journeys.copies import Copy

ROWS = 320
HEADERS = ["客户名称", "联系人", "手机", "行业", "来源", "负责人", "下次跟进", "创建时间", "备注"]
DAYS = ["2026-08-03", "2026/8/4", "2026年8月5日", "2026.08.06", "20260807", "46242"]


def spreadsheet(known_name: str) -> bytes:
    """A GBK file as Excel saves it: days in six forms, one bad phone, one day that never was, one duplicate."""
    lines = [
        [f"海港测试第{n:03d}号机械有限公司", f"王小{n}", f"138{n:08d}", "", "", "周启明", "", DAYS[n % 6], "展会名片"]
        for n in range(ROWS - 2)
    ]
    lines[9][2] = "手机没写"
    lines[19][7] = "2026-02-30"
    lines.append([lines[0][0], "王小重复", "13900000001", "", "", "周启明", "", DAYS[0], "重复的一行"])
    lines.append([known_name, "", "", "", "", "", "", "", "来自表格的备注"])
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADERS, *lines])
    return text.getvalue().encode("gbk")


def counted(page: Page, outcome: str) -> Locator:
    """The number under an outcome."""
    return page.locator(f".stat[href='?outcome={outcome}'] .stat-v")


def facts(company: Copy, query: str) -> dict:
    """One row of an SQL query."""
    return json.loads(company.sql(f"SELECT row_to_json(found)::text FROM ({query}) found"))


@pytest.fixture(scope="module")
def known_customer(company: Copy) -> dict:
    """A demo customer the spreadsheet names as well; the three who hold many customers get room for them."""
    company.sql("UPDATE crm_user SET customer_capacity = 2000 WHERE username IN ('director', 'rep', 'rep2')")
    return facts(
        company, "SELECT c.id, c.name, c.remark FROM customers_customer c JOIN crm_user u ON u.id = c.owner_id"
        " WHERE u.username = 'rep3' ORDER BY c.id LIMIT 1",
    )  # fmt: skip


def test_admin_imports_a_spreadsheet(company: Copy, known_customer: dict, sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in(None)
    sign_in_by_hand(page, "admin")
    file = tmp_path / "展会名单.csv"
    file.write_bytes(spreadsheet(known_customer["name"]))

    page.goto("/customers/import/")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("[data-file-name]")).to_have_text("展会名单.csv")
    page.locator("form[action$='/new/'] button").click()

    expect(page.locator("select[name=column_0]")).to_have_value("name")
    expect(page.locator("select[name=column_2]")).to_have_value("contact_phone")
    expect(page.get_by_text("王小0 / 王小1", exact=False)).to_be_visible()
    page.locator("select[name=column_5]").select_option("owner")
    page.locator("select[name=column_7]").select_option("created_at")
    page.locator("select[name=column_8]").select_option("remark")
    page.locator("input[name=mode][value=both]").check()
    page.locator("select[name=match_key]").select_option("name")
    page.locator("input[name=has_lawful_basis]").check()
    with workers_held(company):
        page.locator("form[action$='/map/'] button.btn-primary").click()
        expect(page.locator("#job-progress progress")).to_be_visible(timeout=WAIT)

    expect(counted(page, "refused")).to_have_text("2", timeout=WAIT)
    expect(counted(page, "created")).to_have_text(str(ROWS - 4))
    expect(counted(page, "changed")).to_have_text("1")
    expect(counted(page, "duplicate")).to_have_text("1")
    assert company.sql("SELECT count(*) FROM customers_customer WHERE name LIKE '海港测试%'") == "0"

    for row, column, right in ((11, 2, "13800000010"), (21, 7, "2026-02-28")):
        line = page.locator(f"#row-{row}")
        expect(line.locator("[aria-invalid=true]")).to_have_count(1)
        line.locator(f"input[name=cell_{column}]").fill(right)
        line.locator("form button").click()
        expect(line.locator(".tag.t-green")).to_be_visible(timeout=WAIT)
    page.reload()
    expect(counted(page, "refused")).to_have_text("0")
    expect(counted(page, "created")).to_have_text(str(ROWS - 2))

    with workers_held(company):
        page.locator("form[action$='/apply/'] button").click()
        expect(page.locator("#job-progress progress")).to_be_visible(timeout=WAIT)
        expect(page.locator("#job-progress")).to_contain_text("0%")
    expect(page.locator("#done")).to_contain_text(str(ROWS - 1), timeout=WAIT)
    expect(counted(page, "created")).to_have_text(str(ROWS - 2))

    with page.expect_download() as awaited:
        page.locator("a[href$='/result/']").first.click()
    result = tmp_path / awaited.value.suggested_filename
    awaited.value.save_as(result)
    assert [cells[0] for cells in result_lines(result)[1:]].count("海港测试第000号机械有限公司") == 2
    assert len(result_lines(result)) == ROWS + 1
    assert known_customer["name"] in {cells[0] for cells in result_lines(result)}

    found = facts(
        company, "SELECT count(*) AS rows, count(DISTINCT name) AS names, min(username) AS owner, min(day) AS first,"
        " max(day) AS last FROM (SELECT c.name, u.username, (c.created_at AT TIME ZONE 'Asia/Shanghai')::date AS day"
        " FROM customers_customer c LEFT JOIN crm_user u ON u.id = c.owner_id WHERE c.name LIKE '海港测试%') imported",
    )  # fmt: skip
    assert found == {"rows": 318, "names": 318, "owner": "director", "first": "2026-02-28", "last": "2026-08-08"}
    assert company.sql(f"SELECT remark FROM customers_customer WHERE id = {known_customer['id']}") == "来自表格的备注"


def result_lines(path: Path) -> list[list[str]]:
    """The cells of a downloaded result, csv or xlsx."""
    if path.suffix == ".xlsx":
        sheet = load_workbook(path, read_only=True).worksheets[0]
        return [[str(cell or "") for cell in cells] for cells in sheet.iter_rows(values_only=True)]
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


def test_director_moves_hundreds_of_customers_and_undoes_it(company: Copy, sign_in: SignIn) -> None:
    page = sign_in("director")
    page.goto("/customers/")
    page.get_by_role("searchbox").fill("海港测试")
    expect(page).to_have_url(re.compile("q="))
    expect(page.locator("[data-rows] .name")).to_have_count(50)
    expect(page.get_by_role("status").filter(has_text="318")).to_have_count(1)
    page.locator("thead .cb").check()
    page.get_by_role("link", name="选择全部 318").click()
    expect(page.locator(".bulkbar [data-n]")).to_have_text("318")
    page.locator(".bulkbar").get_by_role("button", name="转移").click()

    page.get_by_role("checkbox", name="林晓雯").check()
    page.get_by_role("checkbox", name="陈子昂").check()
    page.locator("select[name=reason], input[name=reason]").first.wait_for()
    choose_reason(page, "区域调整")
    page.get_by_role("button", name="预览").click()
    gets = page.locator("tbody tr", has=page.locator(".c-load")).locator(".c-num")
    expect(gets).to_have_text(["159", "159"])
    assert owners(company) == {"director": 318}

    with workers_held(company):
        page.get_by_role("button", name="转移 318").click()
        expect(page.locator("#job-progress progress")).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("link", name="撤销…")).to_be_visible(timeout=WAIT)
    expect(page.locator(".note.t-green")).to_contain_text("318")
    assert owners(company) == {"rep": 159, "rep2": 159}

    page.get_by_role("link", name="撤销…").click()
    page.locator("form[data-main] .btn-danger").click()
    expect(page.locator(".note.t-amber")).to_contain_text("318", timeout=WAIT)
    assert owners(company) == {"director": 318}


def choose_reason(page: Page, text: str) -> None:
    """Say why, whether the page asks by a list or a line."""
    field = page.locator("[name=reason]")
    if field.evaluate("one => one.tagName") == "SELECT":
        field.select_option(index=1)
    else:
        field.fill(text)


def owners(company: Copy) -> dict[str, int]:
    """How many of the imported customers each person holds."""
    return facts(
        company, "SELECT json_object_agg(username, held) AS held FROM (SELECT u.username, count(*) AS held FROM"
        " customers_customer c JOIN crm_user u ON u.id = c.owner_id WHERE c.name LIKE '海港测试%' GROUP BY 1) owned",
    )["held"]  # fmt: skip


def test_the_history_of_a_moved_customer_says_who_what_before_and_after(company: Copy, sign_in: SignIn) -> None:
    one = company.sql("SELECT min(id) FROM customers_customer WHERE name LIKE '海港测试%'")
    page = sign_in("director")
    page.goto(f"/customers/{one}/history/")
    entries = page.locator(".tl > li")
    colleague = re.compile("林晓雯|陈子昂")
    moved = entries.filter(has_text="批量转移了客户").filter(has=page.locator("ins", has_text=colleague))
    expect(moved.locator("b")).to_have_text("周启明")
    expect(moved).to_contain_text("区域调整")
    expect(moved.locator("p", has_text="负责人").first.locator("del")).to_have_text("周启明")
    back = entries.filter(has_text="撤销了批量转移")
    expect(back.locator("del", has_text=colleague)).to_have_count(1)
    expect(back.locator("p", has=page.locator("del", has_text=colleague)).locator("ins")).to_have_text("周启明")
    expect(entries.filter(has_text="导入了客户").locator("b")).to_have_text("徐文博")


def test_a_manager_reads_new_business_and_takes_the_pdf(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("vp")
    page.goto("/reports/")
    page.get_by_role("link", name="业务新增").click()
    expect(page.locator("svg.chart, .chart svg").first).to_be_visible()
    expect(page.locator(".stat-v").first).not_to_have_text("0")
    page.get_by_role("link", name="PDF").click()
    download = page.get_by_role("link", name="下载")
    expect(download).to_be_visible(timeout=WAIT)
    with page.expect_download() as awaited:
        download.click()
    awaited.value.save_as(tmp_path / "report.pdf")
    pages = [sheet.extract_text() for sheet in PdfReader(tmp_path / "report.pdf").pages]
    assert "业务新增" in pages[0]
    numbers = [re.search(rf"{at}\s*/\s*{len(pages)}", text) is not None for at, text in enumerate(pages, 1)]
    assert numbers == [True] * len(pages)


def test_a_rep_meets_nothing_that_is_not_hers(company: Copy, sign_in: SignIn, tmp_path: Path) -> None:
    foreign = facts(
        company, "SELECT c.id, c.name FROM customers_customer c JOIN crm_user u ON u.id = c.owner_id"
        " WHERE u.username = 'rep3' ORDER BY c.id DESC LIMIT 1",
    )  # fmt: skip
    hers = company.sql(
        "SELECT count(*) FROM customers_customer c JOIN crm_user u ON u.id = c.owner_id WHERE u.username = 'rep'"
        " AND c.archived_at IS NULL"
    )
    page = sign_in("rep")

    page.goto("/customers/?owner=me")
    expect(page.get_by_role("status").filter(has_text=hers)).to_have_count(1)
    page.goto(f"/customers/?q={foreign['name']}")
    expect(page.locator("[data-rows] .name")).to_have_count(0)
    page.goto("/customers/?q=海港测试")
    expect(page.locator("[data-rows] .name")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type(foreign["name"])
    expect(page.locator("#palette-list .empty")).to_be_visible()
    for path in (f"/customers/{foreign['id']}/", f"/customers/{foreign['id']}/history/"):
        answer = page.goto(path)
        assert answer.status == 404
        expect(page.get_by_text(foreign["name"])).to_have_count(0)
    for path in ("/customers/transfers/", "/customers/transfers/new/", "/settings/roles/"):
        assert page.goto(path).status == 403

    page.goto("/customers/?owner=me")
    page.locator("thead .cb").check()
    page.get_by_role("link", name=f"选择全部 {hers}").click()
    page.locator(".bulkbar").get_by_role("button", name="导出").click()
    page.locator("[name=file_format][value=csv]").check()
    page.locator("[name=reason]").fill("月底核对")
    page.get_by_role("button", name="导出").click()
    link = page.get_by_role("link", name="下载")
    expect(link).to_be_visible(timeout=WAIT)
    with page.expect_download() as awaited:
        link.click()
    awaited.value.save_as(tmp_path / "hers.csv")
    exported = (tmp_path / "hers.csv").read_text("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(exported)))) == int(hers) + 1
    assert foreign["name"] not in exported
    assert "海港测试" not in exported

    api = company.api("rep")
    assert api.call("GET", f"customers/{foreign['id']}/")[0] == 404
    for wish in (foreign["name"], "海港测试"):
        assert api.get(f"customers/?{urlencode({'search': wish})}")["results"] == []
