"""The pages of the API in a real browser, under the content security policy."""

import pytest
from playwright.sync_api import expect

from crm.api.tokens import issue_token
from tests.factories import make_user, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_pages_show_every_resource_and_try_a_request_without_breaking_the_policy(live_server, page):
    rep = make_user("rep", role="rep")
    _token, text = issue_token(rep, actor=None, name="test")
    session = sign_in(rep).cookies["sid"].value
    page.context.add_cookies([{"name": "sid", "value": session, "url": live_server.url}])
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{live_server.url}/api/docs/")
    for resource, operation in (("customers", "customers_list"), ("imports", "imports_apply_create")):
        page.locator(f"#operations-tag-{resource}").click(timeout=30_000)
        expect(page.locator(f"#operations-{resource}-{operation}")).to_be_visible()
    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".auth-container input").fill(text)
    page.locator(".auth-container button.authorize").click()
    page.locator("button.btn-done").click()
    page.locator("#operations-tag-users").click()
    page.locator("#operations-users-users_list .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")
    assert [line for line in said if "Content Security Policy" in line] == []
