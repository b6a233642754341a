"""Role × page × row: who may open what, out of the same marks the pages carry."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from crm.access.rights import catalogue
from tests.contract import samples
from tests.contract.fingerprints import fingerprint
from tests.contract.routes import Route, all_routes
from tests.factories import make_department, make_user, sign_in

pytestmark = pytest.mark.django_db

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

    def tries(self, group: str) -> Iterator[tuple[Route, str, str, set[int]]]:
        """Every route, address and role of a group, with the answers the grants allow."""
        for route in GROUPS[group]:
            for address, row in samples.addresses(route, self.rows):
                for code, person in self.people.items():
                    yield route, address, code, expected_answers(route, person, row)


@pytest.fixture(autouse=True)
def quiet():
    """Thousands of refusals need no traceback each."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def unprinted(monkeypatch):
    """A PDF takes a second: those let in are told to wait."""
    monkeypatch.setattr("sales.printing.views.PRINTS_A_MINUTE", 0)


@pytest.fixture
def company() -> Company:
    sales = make_department("Sales", takes_intake=True)
    east, north = make_department("East", parent=sales), make_department("North", parent=sales)
    people = {code: make_user(code, role=code, department=east) for code in ROLES}
    peer, stranger = make_user("peer", role="rep", department=east), make_user("stranger", role="rep", department=north)
    rows = samples.make_rows([people["rep"], peer, stranger], north)
    return Company(people, {code: sign_in(person) for code, person in people.items()}, rows)


@pytest.mark.parametrize("group", GROUPS)
def test_each_role_gets_exactly_the_pages_and_rows_its_grants_say(group: str, company: Company):
    wrong = []
    for route, address, code, expected in company.tries(group):
        with transaction.atomic():
            answer = company.clients[code].get(address)
            transaction.set_rollback(True)
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


def expected_answers(route: Route, person: Any, row: Any) -> set[int]:
    gate = route.gate
    let_in = LET_IN | {404} if route.label in samples.NOT_THERE else LET_IN
    if gate.kind == "signed_in":
        return let_in
    if not person.reach.has(gate.right):
        return {403}
    if gate.model is None:
        return let_in
    manager = gate.model._default_manager
    reachable = getattr(manager.all(), gate.rows)(person) if gate.rows else manager.within(person, gate.right)
    if reachable.filter(pk=row.pk).exists():
        return let_in
    return {403} if manager.visible_to(person).filter(pk=row.pk).exists() else {404}


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
