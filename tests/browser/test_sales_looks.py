"""Every page of the people who sell, wide and narrow, light and dark, Chinese and English: nothing breaks or spills."""

from __future__ import annotations

import pytest

from tests.browser.conftest import SignIn
from tests.browser.looks import LANGUAGES, LONG, Walk, speaking
from tests.journeys.copies import Copy

PAGES: dict[str, list[str]] = {
    "rep": [
        "/", "/customers/", "/customers/{customer}/", "/customers/{customer}/edit/", "/customers/{customer}/release/",
        "/customers/{customer}/share/", "/customers/new/", "/contacts/", "/activities/", "/activities/new/",
        "/customers/pool/", "/customers/lookup/", "/customers/?q=没有这样的客户", "/customers/filter/",
        "/settings/roles/", "/tasks/", "/tasks/new/", "/calendar/", "/search/?q=科技", "/customers/segments/",
        "/customers/segments/new/", "/customers/segments/{segment}/", "/customers/segments/{segment}/edit/",
        "/customers/{customer}/history/", "/customers/{customer}/people/", "/customers/{customer}/team/",
        "/customers/{customer}/companies/", "/customers/{customer}/extend/", "/files/of/customer/{customer}/",
        "/contacts/{contact}/consents/", "/contacts/{contact}/mail/", "/settings/mail/", "/settings/calendar/",
    ],
    "director": [
        "/", "/customers/?sort=name", "/customers/{long}/", "/customers/{long}/history/", "/customers/{long}/edit/",
        "/customers/export/?all=1", "/customers/transfers/", "/customers/transfers/new/",
        "/customers/transfers/new/?owner=rep", "/customers/transfers/{transfer}/",
        "/customers/transfers/{transfer}/undo/", "/reports/", "/reports/new-business/",
        "/reports/new-business/?period=own&starts_on=2001-01-01&ends_on=2001-01-31", "/jobs/", "/jobs/{job}/",
        "/notifications/", "/help/", "/help/pool/", "/calendar/", "/customers/leads/", "/customers/segments/rfm/",
        "/customers/quality/", "/customers/consents/", "/customers/duplicates/", "/customers/duplicates/merged/",
        "/customers/duplicates/access/", "/customers/{first}/merge/?with={second}", "/customers/pool/due/",
        "/customers/extensions/", "/settings/classification/", "/settings/classification/new/",
        "/settings/classification/preview/",
    ],
}  # fmt: skip

MADE = """
from crm.people.models import User
from customers.contacts.models import Contact
from customers.duplicates.proposing import propose_candidates
from customers.quality.scoring import score_quality
from customers.segments.actions import save_segment
from customers.segments.scoring import score_customers
propose_candidates(), score_quality(), score_customers()
rep = User.objects.get(username="rep")
row = {{"field": "size", "operator": "any", "value": ["large", "giant"]}}
groups = [{{"match": "all", "rows": [row]}}, {{"match": "any", "rows": [row, row]}}]
segment = save_segment(None, actor=rep, name="{name}", conditions={{"match": "any", "groups": groups}})
print(segment.pk, Contact.objects.filter(customer={customer}).first().pk)
"""


@pytest.fixture(scope="module")
def places(company: Copy) -> dict[str, int]:
    """The records whose pages are walked: names as long as names may be, a transfer, its job, a segment, twins."""
    director = company.api("director")
    long = director.call("POST", "customers/", {"name": LONG[:200], "remark": LONG, "address": LONG[:200]})[1]["id"]
    moved = director.call("POST", "transfers/", {"ids": [long], "targets": ["rep"], "reason": "区域调整"})[1]
    director.wait(moved["job"])
    customers = director.get("customers/?page_size=200")["results"]
    mine = next(one["id"] for one in customers if one["owner"] == "rep" and one["id"] != long)
    first, second = [one["id"] for one in customers if one["owner"] == "rep"][:2]
    segment, contact = company.manage("shell", "-v", "0", "-c", MADE.format(name=LONG[:60], customer=mine)).split()
    return {
        "customer": mine, "long": long, "transfer": moved["id"], "job": moved["job"], "first": first, "second": second,
        "segment": int(segment), "contact": int(contact),
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("username", PAGES)
def test_pages_hold_up(username: str, language: str, places: dict[str, int], company: Copy, sign_in: SignIn) -> None:
    page = sign_in(username, reduced_motion="reduce")
    with speaking(page.context, company.base, language):
        found = Walk(page, is_judged=language == "zh-hans").through(path.format(**places) for path in PAGES[username])
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_an_export_and_the_bar_of_a_selection_hold_up(places: dict[str, int], sign_in: SignIn) -> None:
    page = sign_in("director", reduced_motion="reduce")
    walk = Walk(page, is_judged=True)
    page.goto("/customers/")
    page.locator("tbody input[type=checkbox]").nth(1).check()
    found = walk.look("/customers/ with a selection")
    page.goto("/customers/export/?all=1")
    page.get_by_label("用途").fill("月度复盘")
    page.get_by_role("button", name="导出").click()
    page.get_by_role("link", name="下载").wait_for()
    found = walk.look("an export that is done")
    if found:
        pytest.fail("\n".join(found), pytrace=False)
