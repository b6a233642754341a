"""Silence is an error: every address says who may come in."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import RequestFactory

from crm.access.gate import GateMiddleware
from crm.access.rights import catalogue
from tests.contract.routes import all_routes

ROUTES = all_routes()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.label)
def test_every_address_carries_a_gate_mark(route):
    assert route.gate is not None, f"{route.pattern} says nothing about who may open it"


def test_every_right_a_gate_names_is_in_the_catalogue():
    named = {route.gate.right for route in ROUTES if route.gate and route.gate.right}
    assert named - set(catalogue()) == set()


def test_only_these_addresses_are_open_to_strangers():
    public = {route.label for route in ROUTES if route.gate and route.gate.kind == "public"}
    assert public == {
        "links:customer_link", "links:customer_link_pdf",
        "account_login", "account_logout", "account_inactive", "account_reset_password", "account_reset_password_done",
        "account_reset_password_from_key", "account_reset_password_from_key_done", "account_signup", "mfa_authenticate",
        "healthz", "readyz", "set_language", "customers:calendar_feed",
    }  # fmt: skip


def test_a_view_without_a_mark_is_refused():
    def silent(request):
        return HttpResponse("open")

    with pytest.raises(ImproperlyConfigured, match="carries no gate mark"):
        GateMiddleware(lambda request: HttpResponse()).process_view(RequestFactory().get("/"), silent, (), {})


def test_every_right_of_the_catalogue_is_used_somewhere():
    import re
    from pathlib import Path

    root = Path(__file__).resolve().parents[2]
    sources = [
        p for folder in ("crm", "customers", "sales", "reports", "templates") for p in (root / folder).rglob("*.*")
    ]
    text = "\n".join(
        p.read_text(encoding="utf-8") for p in sources if p.suffix in (".py", ".html") and p.name != "rights.py"
    )
    words = set(re.findall(r"[a-z]+\.[a-z]+_[a-z_]+", text))
    generic = {code for code in catalogue() if code.split(".")[1].startswith(("view_", "change_"))}
    assert {code for code in catalogue() if code not in words} - generic == set()


def test_a_page_that_is_handed_a_customers_row_asks_a_right_that_knows_rows():
    """A right without rows is granted wholly, so such a page would open every row."""
    blind = {
        route.label
        for route in ROUTES
        if route.gate
        and route.gate.model
        and not route.gate.rows
        and hasattr(route.gate.model._default_manager.all(), "reach_path")
        and not catalogue()[route.gate.right].has_rows
    }
    assert blind == set()
