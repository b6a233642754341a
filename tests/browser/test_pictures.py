"""The pictures of docs/pictures, taken anew with HARBOUR_PICTURES=1; small enough for a repository."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import WAIT, SignIn, workers_held
from tests.journeys.copies import ROOT, Copy

FOLDER = ROOT / "docs" / "pictures"
SIZE_AT_MOST = 300_000
DEVICES = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 375, "height": 780}, "is_mobile": True, "has_touch": True},
}

pytestmark = pytest.mark.skipif(os.environ.get("HARBOUR_PICTURES") != "1", reason="HARBOUR_PICTURES=1 takes pictures")


def take(page: Page, name: str) -> None:
    """One picture of what is on the screen."""
    page.wait_for_load_state("networkidle")
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)
    assert (FOLDER / f"{name}.png").stat().st_size < SIZE_AT_MOST


def test_sign_in_workbench_and_customers(sign_in: SignIn) -> None:
    stranger = sign_in(None, color_scheme="light", **DEVICES["desktop"])
    stranger.goto("/accounts/login/")
    take(stranger, "sign-in")
    page = sign_in("rep", **DEVICES["desktop"])
    page.goto("/")
    take(page, "workbench")
    page.goto("/customers/")
    take(page, "customers")
    page.locator("[data-rows] .name a").nth(1).click()
    expect(page.locator(".tl").first).to_be_visible()
    take(page, "customer")
    phone = sign_in("rep", color_scheme="dark", **DEVICES["phone"])
    phone.goto("/customers/")
    take(phone, "customers-phone-dark")


def test_import_check(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("admin", **DEVICES["desktop"])
    known = "宁波瑞砺电子科技有限公司"
    rows = [
        "客户名称,联系人,手机,来源,下次跟进,备注",
        *(f"苏州展会第{n}号精密机械有限公司,王敏{n},1380000{n:04d},展会,2026-12-{n % 28 + 1}," for n in range(1, 120)),
        "苏州虹桥电子有限公司,李想,手机没写,展会,2026-12-01,",
        "无锡惠山模具有限公司,陈晨,13800009999,展会,2026-02-30,",
        "苏州展会第1号精密机械有限公司,王敏,13800000001,展会,,",
        f"{known},,,,,展会又遇到",
    ]
    file = tmp_path / "秋季展会名单.csv"
    file.write_bytes("\r\n".join(rows).encode("gbk"))
    page.goto("/customers/import/")
    page.locator("input[type=file]").set_input_files(file)
    page.locator("form[action$='/new/'] button").click()
    page.locator("input[name=mode][value=both]").check()
    page.locator("input[name=has_lawful_basis]").check()
    page.locator("form[action$='/map/'] button.btn-primary").click()
    expect(page.locator("form[action$='/apply/'] button")).to_be_visible(timeout=WAIT)
    take(page, "import-check")


def test_transfer_report_and_roles(company: Copy, sign_in: SignIn) -> None:
    page = sign_in("director", **DEVICES["desktop"])
    page.goto("/customers/transfers/new/?owner=rep2")
    page.get_by_role("checkbox", name="林晓雯").check()
    page.get_by_role("checkbox", name="周启明").check()
    page.locator("[name=reason]").fill("区域调整：苏南客户按城市分工")
    page.get_by_role("button", name="预览").click()
    expect(page.locator(".c-load").first).to_be_visible()
    take(page, "transfer-preview")
    with workers_held(company):
        page.locator("form[action$='/run/'] button").click()
        expect(page.locator("#job-progress progress")).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("link", name="撤销…")).to_be_visible(timeout=WAIT)
    take(page, "transfer-result")
    vp = sign_in("vp", **DEVICES["desktop"])
    vp.goto("/reports/new-business/")
    take(vp, "report")
    admin = sign_in("admin", color_scheme="dark", **DEVICES["desktop"])
    admin.goto("/settings/roles/")
    admin.locator("main table a, main .rows a").nth(1).click()
    take(admin, "roles-dark")


def test_quote_approvals_and_receivables(sign_in: SignIn) -> None:
    rep = sign_in("rep", **DEVICES["desktop"])
    rep.goto("/sales/quotes/?state=approved")
    rep.locator("[data-rows] .name a").first.click()
    expect(rep.get_by_role("heading", name="条款")).to_be_visible()
    take(rep, "quote")
    director = sign_in("director", **DEVICES["desktop"])
    director.goto("/approvals/?purpose=sales.quote")
    take(director, "approvals")
    request = director.locator(".row-t a").first.get_attribute("href")
    phone = sign_in("director", color_scheme="dark", **DEVICES["phone"])
    phone.goto(request or "")
    take(phone, "approval-phone-dark")
    finance = sign_in("finance", **DEVICES["desktop"])
    finance.goto("/sales/receivables/")
    take(finance, "receivables")
