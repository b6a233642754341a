"""Every main page, wide and narrow, light and dark, Chinese and English: nothing breaks, spills, fades or shrinks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.journeys.copies import ROOT, Api, Copy

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
LAWS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
HANDS = ["target-size", "scrollable-region-focusable"]  # what differs on a phone; words and names are the same
DEVICES = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 375, "height": 780}, "is_mobile": True, "has_touch": True},
}
LONG = "云岭海港国际精密机械自动化装备制造与工业软件系统集成" * 8

PAGES: dict[str | None, list[str]] = {
    None: ["/accounts/login/", "/accounts/password/reset/", "/missing/"],
    "rep": [
        "/", "/customers/", "/customers/{customer}/", "/customers/{customer}/edit/", "/customers/new/", "/contacts/",
        "/activities/", "/customers/pool/", "/customers/lookup/", "/customers/?q=没有这样的客户", "/settings/roles/",
    ],
    "director": [
        "/", "/customers/?sort=name", "/customers/{long}/", "/customers/{long}/history/", "/customers/{long}/edit/",
        "/customers/transfers/", "/customers/transfers/new/", "/customers/transfers/new/?owner=rep",
        "/customers/transfers/{transfer}/", "/customers/transfers/{transfer}/undo/", "/reports/",
        "/reports/new-business/", "/jobs/", "/jobs/{job}/", "/notifications/", "/help/",
    ],
    "admin": [
        "/customers/import/", "/customers/import/{checked}/", "/customers/import/{checked}/?step=map",
        "/customers/import/{applied}/", "/settings/", "/settings/appearance/", "/settings/users/",
        "/settings/users/{user}/", "/settings/departments/", "/settings/roles/", "/settings/roles/{role}/",
        "/settings/numbers/", "/settings/system/",
    ],
    "technician": ["/", "/notifications/", "/jobs/", "/help/"],
}  # fmt: skip

MEASURE = """() => {
  const found = [], width = document.documentElement.clientWidth;
  const spill = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
  if (spill > width + 1) found.push(`page is ${spill} wide`);
  for (const el of document.querySelectorAll("body *")) {
    const style = getComputedStyle(el), box = el.getBoundingClientRect();
    if (style.display === "none" || style.visibility === "hidden" || !box.width || el.closest("svg, .sr, dialog")) continue;
    const words = [...el.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const shown = (el.getAttribute("aria-label") || el.textContent).trim().slice(0, 20);
    if (words && parseFloat(style.fontSize) < 12 && !el.matches(".av, .av-co, .kbd")) found.push(`${style.fontSize}: ${shown}`);
    if (!el.matches("button, a.btn, summary, input, select, textarea") || el.disabled || el.closest("p")) continue;
    const hit = ["checkbox", "radio", "file"].includes(el.type) ? el.closest("label, td, th") ?? el : el, area = hit.getBoundingClientRect();
    if (area.width < 24 || area.height < 24) found.push(`target ${Math.round(area.width)}×${Math.round(area.height)}: ${el.tagName} ${el.name ?? ""} ${el.className} ${shown}`);
  }
  return [...new Set(found)].slice(0, 6);
}"""  # noqa: E501

STILL = """() => {
  const calm = new CSSStyleSheet();
  calm.replaceSync("*, ::before, ::after { transition: none !important; animation: none !important }");
  document.adoptedStyleSheets.push(calm);
}"""

JUDGE = """async (rules) => {
  const only = {type: rules[0].startsWith("wcag") ? "tag" : "rule", values: rules};
  const {violations} = await axe.run(document, {runOnly: only, resultTypes: ["violations"]});
  return violations.map((one) => `${one.id} ×${one.nodes.length}: ` + one.nodes.slice(0, 2).map((node) =>
    node.html.slice(0, 140) + (node.any[0]?.data?.contrastRatio ? ` [${node.any[0].data.contrastRatio}]` : "")).join(" | "));
}"""  # noqa: E501


@pytest.fixture(scope="module")
def places(company: Copy) -> dict[str, int]:
    """The records whose pages are walked: a name as long as names may be, a transfer, two imports, a job."""
    admin, director = company.api("admin"), company.api("director")
    long = director.call("POST", "customers/", {"name": LONG[:200], "remark": LONG, "address": LONG[:200]})[1]["id"]
    moved = director.call("POST", "transfers/", {"ids": [long], "targets": ["rep"], "reason": "区域调整"})[1]
    director.wait(moved["job"])
    mine = company.api("rep").get("customers/?page_size=200")["results"]
    company.sql(f"UPDATE crm_department SET name = '{LONG[:60]}' WHERE name = '技术部'")
    return {
        "customer": next(one["id"] for one in mine if one["id"] != long),
        "long": long,
        "transfer": moved["id"],
        "job": moved["job"],
        "checked": uploaded(admin, "检查.csv"),
        "applied": applied(admin, uploaded(admin, "导入.csv")),
        "user": int(company.sql("SELECT id FROM crm_user WHERE username = 'rep'")),
        "role": int(company.sql("SELECT min(id) FROM crm_role")),
    }


def uploaded(admin: Api, name: str) -> int:
    """An import that has been checked: a good row, a bad phone, a duplicate."""
    lines = [["客户名称", "手机", "备注"], [f"{name[:2]}外观有限公司", "13800000001", ""]]
    lines += [[f"{name[:2]}电话有限公司", "没有", LONG[:90]], [f"{name[:2]}外观有限公司", "13800000002", ""]]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    made = admin.upload("imports/", name, text.getvalue().encode(), {"mode": "create"})[1]
    admin.wait(made["job"])
    return made["id"]


def applied(admin: Api, pk: int) -> int:
    """The same import, carried out."""
    admin.wait(admin.call("POST", f"imports/{pk}/apply/", {})[1]["job"])
    return pk


@pytest.fixture(scope="module", params=["zh-hans", "en"])
def language(request: pytest.FixtureRequest, company: Copy, places: dict[str, int]) -> Iterator[str]:
    """Everybody reads this language; Chinese again afterwards."""
    company.sql(f"UPDATE crm_user SET language = '{request.param}'")
    yield request.param
    company.sql("UPDATE crm_user SET language = 'zh-hans'")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("username", PAGES)
def test_pages_hold_up(
    username: str | None, device: str, language: str, places: dict[str, int], company: Copy, sign_in: SignIn
) -> None:
    page = sign_in(username, reduced_motion="reduce", **DEVICES[device])
    page.context.add_cookies([{"name": "language", "value": language, "url": company.base}])
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    found: list[str] = []
    for path in PAGES[username]:
        page.emulate_media(color_scheme="light")
        answer = page.goto(path.format(**places), wait_until="load")
        assert answer.status < 500, path
        if answer.status >= 400:
            said = [text for text in said if "Failed to load resource" not in text]
        findings = page.evaluate(MEASURE)
        if language == "zh-hans":
            findings += judged(page, LAWS if device == "desktop" else HANDS)
            page.evaluate(STILL)
            page.emulate_media(color_scheme="dark")
            expect(page.locator("html")).to_have_attribute("data-theme", "dark")
            findings += [f"dark: {one}" for one in judged(page, ["color-contrast"])]
        findings += [f"console: {one}" for one in said]
        said.clear()
        found += [f"{path}: {one}" for one in findings]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def judged(page: Page, rules: list[str]) -> list[str]:
    """What axe-core finds against these rules."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    return page.evaluate(JUDGE, rules)
