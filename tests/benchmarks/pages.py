"""List, search and detail pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import clear_url_caches, include, path, set_urlconf

import crm.urls
from crm.access.models import Role
from crm.people.models import Department, User
from customers.customers.models import Customer, CustomerSearch
from tests.benchmarks.bare import urlpatterns as bare_patterns
from tests.benchmarks.measuring import Figure, ratio

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def measure(prepare: Callable[[int], None], size: int) -> Iterator[Figure]:
    """Ratios of the customer pages on the database in use."""
    prepare(size)
    _mount_bare_view()
    client = client_of_a_viewer()
    filtered = _filtered_address()
    bare = f"/bare/?{urlsplit(filtered).query}"
    yield Figure("list_first_page_over_bare_django", ratio(get(client, filtered), get(client, bare)), 2.0)
    yield Figure(
        "list_deep_page_over_first", ratio(get(client, _deep_address(client, 40)), get(client, "/customers/")), 1.3
    )
    for name, word in _search_words().items():
        searched = ratio(get(client, f"/customers/?q={word}"), get(client, "/customers/"))
        yield Figure(f"search_{name}_over_list", searched, 1.5)
    customer = Customer.objects.order_by("-last_followed_at").first()
    for name, address in {"list": "/customers/", "detail": customer.get_absolute_url()}.items():
        yield Figure(f"queries_of_{name}", _queries(client, address), 12)


def first_page_seconds_work() -> object:
    """The unfiltered first page as a call, for comparing two databases."""
    return get(client_of_a_viewer(), "/customers/")


def _mount_bare_view() -> None:
    if not any(getattr(entry, "urlconf_name", None) is bare_patterns for entry in crm.urls.urlpatterns):
        crm.urls.urlpatterns.append(path("", include(bare_patterns)))
        clear_url_caches()
        set_urlconf(None)


def client_of_a_viewer() -> Client:
    """A browser of somebody who sees every customer."""
    role, _ = Role.objects.get_or_create(code="bench-view", defaults={"name": "Bench view"})
    for right in (
        "view_customer",
        "view_contact_details",
        "view_contact",
        "view_activity",
        "view_comment",
        "view_history",
        "view_pool",
    ):
        role.grants.get_or_create(right=f"customers.{right}", defaults={"scope": "all"})
    person, _ = User.objects.get_or_create(
        username="bench-viewer",
        defaults={"name": "Viewer", "department": Department.objects.order_by("pk")[0], "is_demo": True},
    )
    person.roles.set([role])
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


def _filtered_address() -> str:
    busiest = (
        Customer.objects.filter(owner__isnull=False, stage__isnull=False)
        .values("owner_id", "stage_id").annotate(n=Count("pk")).order_by("-n").first()
    )  # fmt: skip
    return f"/customers/?owner={busiest['owner_id']}&stage={busiest['stage_id']}"


def get(client: Client, address: str):
    def fetch() -> None:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answers {answer.status_code}")

    return fetch


def _deep_address(client: Client, pages: int) -> str:
    address = "/customers/"
    for _ in range(pages):
        following = re.findall(r'href="([^"]*cursor=[^"]*)"', client.get(address).content.decode())
        if not following:
            break
        address = urljoin(address, unescape(following[-1]))
    return address


def _search_words() -> dict[str, str]:
    """A common and a rare pair of characters and a piece of a phone, out of the data itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substr(name, 3, 2) AS pair, count(*) AS n FROM customers_customer TABLESAMPLE SYSTEM (5) "
            "WHERE name ~ '^[一-龥]{6}' GROUP BY 1 ORDER BY n DESC"
        )
        pairs = cursor.fetchall()
    digits = CustomerSearch.objects.filter(digits__regex=r"^\d{11}").values_list("digits", flat=True).first()
    return {"common_pair": pairs[0][0], "rare_pair": pairs[-1][0], "phone_fragment": digits[5:11]}


def _queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)
