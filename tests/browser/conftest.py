"""One whole copy of the product and one real Chromium; every person has a browser context of their own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.copies import Copy

PASSWORD = "harbour-demo"
WAIT = 30_000
SignIn = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """A browser that writes dates as people in Shanghai do."""
    return {**browser_type_launch_args, "env": {**os.environ, "LANGUAGE": "zh_CN"}}


@pytest.fixture(scope="session")
def company() -> Iterator[Copy]:
    """The demo company, running; nothing of it is left at the end."""
    running = Copy()
    try:
        running.start()
        yield running
    finally:
        left = running.stop()
    assert left == []


@pytest.fixture(scope="session")
def sessions(company: Copy, browser: Browser) -> Callable[[str], dict]:
    """The cookies of a person, signed in once through the page."""
    known: dict[str, dict] = {}

    def cookies_of(username: str) -> dict:
        if username not in known:
            context = browser.new_context(base_url=company.base, locale="zh-CN")
            sign_in_by_hand(context.new_page(), username)
            known[username] = context.storage_state()
            context.close()
        return known[username]

    return cookies_of


@pytest.fixture
def sign_in(company: Copy, browser: Browser, sessions: Callable[[str], dict]) -> Iterator[SignIn]:
    """Opens a page for a person who has signed in; keywords are Playwright's for contexts."""
    opened: list[BrowserContext] = []

    def open_page(username: str | None, **wishes: object) -> Page:
        cookies = sessions(username) if username else None
        context = browser.new_context(base_url=company.base, locale="zh-CN", storage_state=cookies, **wishes)
        context.set_default_timeout(WAIT)
        opened.append(context)
        return context.new_page()

    yield open_page
    for context in opened:
        context.close()


def sign_in_by_hand(page: Page, username: str) -> None:
    """Type name and password as people do, and arrive at the workbench."""
    page.goto("/accounts/login/")
    page.get_by_label("账号").fill(username)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url("/", timeout=WAIT)


@contextmanager
def workers_held(company: Copy) -> Iterator[None]:
    """Workers that do nothing for a while, so that work under way can be looked at."""
    workers = company.find("celery", "worker")
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGCONT)
