"""What a page is measured by: wide and narrow, light and dark, on one load of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from tests.journeys.copies import ROOT

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
LAWS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
HANDS = ["target-size", "scrollable-region-focusable"]  # what differs on a phone; words and names are the same
LANGUAGES = ("zh-hans", "en")
DESK = {"width": 1440, "height": 900, "deviceScaleFactor": 1, "mobile": False}
PHONE = {"width": 375, "height": 780, "deviceScaleFactor": 1, "mobile": True}
IS_PHONE = "matchMedia('(max-width: 375px) and (pointer: coarse)').matches"
LONG = "云岭海港国际精密机械自动化装备制造与工业软件系统集成" * 8

MEASURE = """() => {
  const found = [], width = document.documentElement.clientWidth;
  const spill = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
  if (spill > width + 1) found.push(`page is ${spill} wide`);
  const title = document.querySelector(".page-title")?.getBoundingClientRect().width;
  if (title < width / 4) found.push(`title squeezed to ${Math.round(title)}`);
  for (const el of document.querySelectorAll("body *")) {
    const style = getComputedStyle(el), box = el.getBoundingClientRect();
    if (style.display === "none" || style.visibility === "hidden" || !box.width || el.closest("svg, .sr, dialog")) continue;
    const words = [...el.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const shown = () => (el.getAttribute("aria-label") || el.textContent).trim().slice(0, 20);
    if (words && parseFloat(style.fontSize) < 12 && !el.matches(".av, .av-co, .kbd")) found.push(`${style.fontSize}: ${shown()}`);
    if (words && box.height > 120 && box.width < 2.2 * parseFloat(style.fontSize)) found.push(`one letter a line: ${shown()}`);
    if (!el.matches("button, a.btn, summary, input, select, textarea") || el.disabled || el.closest("p")) continue;
    const hit = ["checkbox", "radio", "file"].includes(el.type) ? el.closest("label, td, th") ?? el : el, area = hit.getBoundingClientRect();
    if (area.width < 24 || area.height < 24) found.push(`target ${Math.round(area.width)}×${Math.round(area.height)}: ${el.tagName} ${el.name ?? ""} ${el.className} ${shown()}`);
  }
  for (const select of document.querySelectorAll("select")) {
    if (/^-{5,}$/.test(select.options[0]?.text) && !("combobox" in select.dataset)) found.push(`dashes for a choice: ${select.name}`);
  }
  return [...new Set(found)].slice(0, 6);
}"""  # noqa: E501

FEW = """() => {
  const kind = (el) => [el.tagName, el.className, ...el.getAttributeNames(), !el.textContent.trim()].join(" ");
  for (const list of document.querySelectorAll("tbody, .tl, select:not([multiple])")) {
    const known = new Set();
    for (const [at, row] of [...list.children].entries()) {
      const kinds = [row, ...row.querySelectorAll("*")].map(kind);
      if (at > 7 && !row.selected && !row.contains(document.activeElement) && kinds.every((one) => known.has(one))) row.remove();
      else kinds.forEach((one) => known.add(one));
    }
  }
}"""  # noqa: E501 - rows of one template are measured all, and judged only where they hold something new

MAIN = """() => {
  for (const one of document.querySelectorAll(".side, dialog:not([open])")) one.replaceChildren();
}"""  # what surrounds every page is judged on the first one of each person; the sidebar keeps its place

STILL = """() => {
  const calm = new CSSStyleSheet();
  calm.replaceSync("*, ::before, ::after { transition: none !important; animation: none !important }"
    + ".form-foot { position: static !important }");  // what it covers can be scrolled free
  document.adoptedStyleSheets.push(calm);
}"""

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

JUDGE = """async (rules) => {
  const only = {type: rules[0].startsWith("wcag") ? "tag" : "rule", values: rules};
  const {violations} = await axe.run(document, {runOnly: only, resultTypes: ["violations"], preload: false});
  return violations.map((one) => `${one.id} ×${one.nodes.length}: ` + one.nodes.slice(0, 2).map((node) =>
    node.html.slice(0, 140) + (node.any[0]?.data?.contrastRatio ? ` [${node.any[0].data.contrastRatio}]` : "")).join(" | "));
}"""  # noqa: E501


class Walk:
    """One person's walk through pages; each is loaded once and then looked at in every way."""

    def __init__(self, page: Page, is_judged: bool) -> None:
        self.page, self.is_judged = page, is_judged
        self.devices: CDPSession = page.context.new_cdp_session(page)
        self.is_first = True
        self.said: list[str] = []
        self.found: list[str] = []
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def through(self, paths: Iterable[str]) -> list[str]:
        """Open each page; what is wrong with them."""
        self.hold(DESK)
        self.page.emulate_media(color_scheme="light")
        for path in paths:
            answer = self.page.goto(path, wait_until="load")
            assert answer.status < 500, path
            if answer.status >= 400:
                self.said = [text for text in self.said if "Failed to load resource" not in text]
            self.look(path)
        return self.found

    def look(self, name: str) -> list[str]:
        """Measure the page that is open; what is wrong with all pages so far."""
        findings = self.page.evaluate(MEASURE)
        if self.is_judged:
            self.page.evaluate(STILL)
        self.hold(PHONE)
        narrow = self.page.evaluate(MEASURE)
        if self.is_judged:
            self.page.evaluate(FEW)
            if not self.is_first:
                self.page.evaluate(MAIN)
            self.is_first = False
            narrow += self.judged(HANDS)
        self.hold(DESK)
        if self.is_judged:
            findings += self.judged(LAWS)
            self.page.emulate_media(color_scheme="dark")
            expect(self.page.locator("html")).to_have_attribute("data-theme", "dark")
            findings += [f"dark: {one}" for one in self.judged(["color-contrast"])]
            self.page.emulate_media(color_scheme="light")
        findings += [f"phone: {one}" for one in narrow] + [f"console: {one}" for one in self.said]
        self.said.clear()
        self.found += [f"{name}: {one}" for one in findings]
        return self.found

    def hold(self, device: dict[str, object]) -> None:
        """Be a desk or a phone, without a reload."""
        self.devices.send("Emulation.setDeviceMetricsOverride", device)
        self.devices.send("Emulation.setTouchEmulationEnabled", {"enabled": device["mobile"]})
        self.page.wait_for_function(f"{IS_PHONE} === {str(device['mobile']).lower()}")
        self.page.evaluate(DRAWN)

    def judged(self, rules: list[str]) -> list[str]:
        """What axe-core finds against these rules."""
        if self.page.evaluate("typeof axe") == "undefined":
            self.page.evaluate(AXE)
        return self.page.evaluate(JUDGE, rules)


@contextmanager
def speaking(context: BrowserContext, base: str, language: str) -> Iterator[None]:
    """Everything in this language, for strangers and for the person signed in; Chinese again afterwards."""
    choose(context, base, language)
    yield
    choose(context, base, "zh-hans")


def choose(context: BrowserContext, base: str, language: str) -> None:
    """Choose a language as the menu of the account does."""
    context.add_cookies([{"name": "language", "value": language, "url": base}])
    cookies = {one["name"]: one["value"] for one in context.cookies()}
    if "sid" in cookies:
        answer = context.request.post(
            f"{base}/settings/appearance/", form={"language": language}, headers={"X-CSRFToken": cookies["csrf"]}
        )
        assert answer.ok, answer.status
