"""People at their browsers who pass records on to each other, and what they read there."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import SignIn
from tests.journeys.copies import Api, Copy


@dataclass
class Office:
    """The people of the story, each with a browser of their own, and what they have made so far."""

    company: Copy
    sign_in: SignIn
    api: Api
    customer: int
    pages: dict[str, Page] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def page(self, username: str) -> Page:
        """The page of a person who has signed in."""
        if username not in self.pages:
            self.pages[username] = self.sign_in(username)
        return self.pages[username]

    def open(self, username: str, what: str, verb: str = "") -> Page:
        """The page of a record that was made in this story, or of what is done with it."""
        page = self.page(username)
        answer = page.goto(self.places[what] + verb)
        assert answer is not None and answer.status == 200, (username, page.url, answer and answer.status)
        return page

    def told(self, what: str) -> dict[str, Any]:
        """What the API says of a record of this story."""
        _sales, kind, pk = self.places[what].strip("/").split("/")
        return self.api.get(f"{kind}/{pk}/")

    def decide(self, what: str, *usernames: str, button: str = "同意", comment: str = "") -> None:
        """Each of these people decides from the page of the record."""
        for username in usernames:
            page = self.open(username, what)
            page.get_by_label("意见").fill(comment)
            page.get_by_role("button", name=button, exact=True).click()
            expect(page.get_by_role("button", name=button, exact=True)).to_have_count(0)

    def agree(self, what: str, purpose: str) -> None:
        """Whoever's turn it is approves, whatever way an administrator made of it, until it is nobody's."""
        waiting = (
            "SELECT coalesce(min(u.username), '') FROM crm_approvaltask t JOIN crm_user u ON u.id = t.approver_id"
            " JOIN crm_approvalrequest r ON r.id = t.request_id WHERE t.state = 'pending'"
            f" AND r.purpose = '{purpose}' AND r.subject_id = {self.told(what)['id']}"
        )
        while username := self.company.sql(waiting):
            self.decide(what, username)

    def submit(self, what: str) -> None:
        """The rep puts a record up for approval."""
        page = self.open("rep", what)
        page.get_by_role("link", name="提交", exact=True).click()
        page.locator("form[data-main] .btn-primary").click()
        expect(page).to_have_url(self.places[what])

    def came_to(self, username: str, what: str, kind: str) -> Page:
        """Remember where a form led; it led to a record of this kind."""
        page = self.page(username)
        expect(page).to_have_url(re.compile(rf"/sales/{kind}/\d+/$"))
        self.places[what] = page.url.removeprefix(self.company.base)
        return page


def made(api: Api, path: str, body: dict[str, Any]) -> int:
    """The id of a record made through the API."""
    status, answer = api.call("POST", path, body)
    assert status == 201, answer
    return int(answer["id"])


def type_line(page: Page, place: int, **texts: str) -> None:
    """Fill one row of a line editor."""
    for name, text in texts.items():
        page.locator(f"[name=lines-{place}-{name}]").fill(text)


def record_issue(office: Office, what: str, verb: str, number: str) -> None:
    """Finance records the number of an invoice or a red letter that was issued."""
    page = office.open("finance", what, verb)
    page.locator("[name=number]").fill(number)
    page.locator("form[data-main] .btn-primary").click()
    expect(page.locator("form[data-main] [name=number]")).to_have_count(0)


def printed(office: Office, username: str, address: str) -> bytes:
    """The PDF behind an address, for a person."""
    answer = office.page(username).request.get(address)
    assert answer.headers["content-type"] == "application/pdf", (answer.status, answer.url)
    return answer.body()


def text_of(content: bytes) -> str:
    """The text of a PDF, without spaces."""
    return "".join("".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(content)).pages).split())


def shown(amount: str) -> str:
    """An amount as pages write it."""
    return f"{Decimal(amount):,.2f}"
