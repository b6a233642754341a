"""Role × page × row: who may open what, out of the same marks the pages carry."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings
from pytest_django.plugin import DjangoDbBlocker

from crm.access.gate import Gate
from crm.access.rights import catalogue
from tests.contract import samples
from tests.contract.fingerprints import fingerprint
from tests.contract.routes import Route, all_routes
from tests.factories import make_department, make_user, sign_in

ROLES = ("rep", "director", "marketing", "agent", "technician", "finance", "admin", "security", "auditor")
# what a page may answer to somebody it lets in: shown, moved on, wrong method, nothing chosen, refused in words
LET_IN = {200, 204, 286, 302, 303, 400, 409, 422}
WRONG_METHOD = 405  # the same for everybody and every id, so it gives nothing away
WORDS = {"reason": "because", "name": "Changed", "confirm": "1"}


def guarded_routes() -> dict[str, list[Route]]:
    """The guarded pages by the first word of their address; the API is walked with tokens elsewhere."""
    groups = defaultdict(list)
    for route in all_routes():
        if route.gate and route.gate.kind in ("needs", "signed_in"):
            groups[route.pattern.split("/")[0] or "workbench"].append(route)
    return dict(groups)


GROUPS = guarded_routes()


@dataclass
class Company:
    """Two departments, one person of each role in the first, rows of theirs and of others."""

    people: dict[str, Any]
    clients: dict[str, Client]
    rows: dict[str, list[Any]]
    _reached: dict[tuple[Gate, str], tuple[set[Any], set[Any]]] = field(default_factory=dict)

    def tries(self, group: str) -> Iterator[tuple[Route, str, str, set[int]]]:
        """Every route, address and role of a group, with the answers the grants allow."""
        for route in GROUPS[group]:
            every = list(samples.addresses(route, self.rows))
            for code, person in self.people.items():
                has_right = route.gate.kind == "signed_in" or person.reach.has(route.gate.right)
                # without the right no row is looked for, and the nearest is refused as the farthest
                for address, row in every if has_right else every[:1]:
                    yield route, address, code, self.answers(route, code, row) if has_right else {403}

    def answers(self, route: Route, code: str, row: Any) -> set[int]:
        """What somebody with the right of a route may be answered about a row."""
        let_in = LET_IN | {404} if route.label in samples.NOT_THERE else LET_IN
        if route.gate.model is None:
            return let_in
        reachable, visible = self.reached(route.gate, code)
        if row.pk in reachable:
            return let_in
        return {403} if row.pk in visible else {404}

    def reached(self, gate: Gate, code: str) -> tuple[set[Any], set[Any]]:
        """The rows a person reaches through a gate, and those of the same kind they see."""
        if (gate, code) not in self._reached:
            person, manager = self.people[code], gate.model._default_manager
            reachable = getattr(manager.all(), gate.rows)(person) if gate.rows else manager.within(person, gate.right)
            self._reached[gate, code] = tuple(
                set(rows.values_list("pk", flat=True)) for rows in (reachable, manager.visible_to(person))
            )
        return self._reached[gate, code]


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of refusals need no traceback each."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def company(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Company]:
    """One company for all tests here, in a transaction that is taken back at the end."""
    with (
        pytest.MonkeyPatch.context() as patch,
        django_db_blocker.unblock(),
        undone(),
        override_settings(TEMPLATES=with_empty_refusals()),
    ):
        # a PDF takes a second: those let in are told to wait
        patch.setattr("sales.printing.views.PRINTS_A_MINUTE", 0)
        yield make_company()


@pytest.fixture(autouse=True)
def left_as_it_was(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test leaves the company to the next as it found it."""
    if "company" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("company")
    with undone():
        yield


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def with_empty_refusals() -> list[dict[str, Any]]:
    """The product's templates but for the pages of a refusal: only the answer counts here, thousands of times."""
    [engine] = settings.TEMPLATES
    empty = ("django.template.loaders.locmem.Loader", {"403.html": "", "404.html": "", "405.html": ""})
    found = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
    options = {**engine["OPTIONS"], "loaders": [("django.template.loaders.cached.Loader", [empty, *found])]}
    return [{**engine, "APP_DIRS": False, "OPTIONS": options}]


def make_company() -> Company:
    sales = make_department("Sales", takes_intake=True)
    east, north = make_department("East", parent=sales), make_department("North", parent=sales)
    people = {code: make_user(code, role=code, department=east) for code in ROLES}
    peer, stranger = make_user("peer", role="rep", department=east), make_user("stranger", role="rep", department=north)
    rows = samples.make_rows([people["rep"], peer, stranger], north)
    clients = {code: sign_in(person) for code, person in people.items()}
    for client in clients.values():
        assert client.get("/").status_code == 200
    return Company(people, clients, rows)


@pytest.mark.parametrize("group", GROUPS)
def test_each_role_gets_exactly_the_pages_and_rows_its_grants_say(group: str, company: Company):
    wrong = []
    for route, address, code, expected in company.tries(group):
        with undone():
            answer = company.clients[code].get(address)
        is_sent_away = "/accounts/login" in answer.headers.get("Location", "")
        if answer.status_code not in expected | {WRONG_METHOD} or is_sent_away:
            wrong.append(f"{code} GET {address} ({route.label}): {answer.status_code}, not {sorted(expected)}")
    assert wrong == []


@pytest.mark.parametrize("group", GROUPS)
def test_strangers_are_sent_to_the_sign_in_page(group: str, company: Company):
    stranger = Client()
    open_doors = []
    for route in GROUPS[group]:
        for address, _ in samples.addresses(route, company.rows):
            for answer in (stranger.get(address), stranger.post(address, WORDS)):
                if answer.status_code == WRONG_METHOD:
                    continue
                if answer.status_code != 302 or "/accounts/login/" not in answer["Location"]:
                    open_doors.append(f"{address}: {answer.status_code}")
    assert open_doors == []


@pytest.mark.parametrize("group", GROUPS)
def test_a_denied_post_changes_nothing(group: str, company: Company):
    wrong, before = [], fingerprint()
    for route, address, code, expected in company.tries(group):
        if expected <= {403, 404}:
            answer = company.clients[code].post(address, WORDS)
            if answer.status_code not in expected | {WRONG_METHOD}:
                wrong.append(f"{code} POST {address} ({route.label}): {answer.status_code}, not {sorted(expected)}")
    assert wrong == []
    assert fingerprint() == before


def test_every_right_has_a_label_and_known_roles():
    for right in catalogue().values():
        assert str(right.label) and str(right.group)
        assert set(right.grants) <= set(ROLES)


def test_administration_holds_no_business_rights():
    for right in catalogue().values():
        if right.duty == "business":
            assert set(right.grants) & {"admin", "security", "auditor"} == set(), right.code
    assert "admin" not in catalogue()["customers.view_customer"].grants


def test_a_right_without_rows_is_granted_wholly_or_not_at_all():
    for right in catalogue().values():
        if not right.has_rows:
            assert set(right.grants.values()) <= {"all"}, right.code
