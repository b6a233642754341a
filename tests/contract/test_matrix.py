"""Role × page × row: who may open what, out of the same marks the pages carry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from crm.access.rights import catalogue
from tests.contract import samples
from tests.contract.fingerprints import fingerprint
from tests.contract.routes import Route, all_routes
from tests.factories import make_department, make_user, sign_in

pytestmark = pytest.mark.django_db

ROLES = ("rep", "director", "marketing", "agent", "technician", "finance", "admin", "security", "auditor")
GUARDED = [route for route in all_routes() if route.gate and route.gate.kind in ("needs", "signed_in")]
# what a page may answer to somebody it lets in: shown, moved on, wrong method, nothing chosen, refused in words
LET_IN = {200, 204, 286, 302, 303, 400, 405, 409, 422}


@dataclass
class Company:
    """Two departments, one person of each role in the first, rows of theirs and of others."""

    people: dict[str, Any]
    clients: dict[str, Client]
    rows: dict[str, list[Any]]


@pytest.fixture
def company() -> Company:
    sales = make_department("Sales", takes_intake=True)
    east, north = make_department("East", parent=sales), make_department("North", parent=sales)
    people = {code: make_user(code, role=code, department=east) for code in ROLES}
    peer, stranger = make_user("peer", role="rep", department=east), make_user("stranger", role="rep", department=north)
    rows = samples.make_rows([people["rep"], peer, stranger], north)
    return Company(people, {code: sign_in(person) for code, person in people.items()}, rows)


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.label)
def test_each_role_gets_exactly_the_pages_and_rows_its_grants_say(route: Route, company: Company):
    for address, row in samples.addresses(route, company.rows):
        assert Client().get(address).status_code == 302, f"a stranger opens {address}"
        for code, person in company.people.items():
            expected = expected_answers(route, person, row)
            got = company.clients[code].get(address, headers={"Accept-Language": "en"})
            assert got.status_code in expected, (
                f"{code} GET {address}: {got.status_code}, not one of {sorted(expected)}"
            )
            assert "/accounts/login" not in got.headers.get("Location", ""), f"{code} is sent away from {address}"


@pytest.mark.parametrize(
    "route", [route for route in GUARDED if route.gate.kind == "needs"], ids=lambda route: route.label
)
def test_a_denied_post_changes_nothing(route: Route, company: Company):
    for address, row in samples.addresses(route, company.rows):
        for code, person in company.people.items():
            expected = expected_answers(route, person, row)
            if not expected <= {403, 404}:
                continue
            before = fingerprint()
            got = company.clients[code].post(address, {"reason": "because", "name": "Changed", "confirm": "1"})
            assert got.status_code in expected, f"{code} POST {address}: {got.status_code}"
            assert fingerprint() == before, f"{code} POST {address} changed something"


def expected_answers(route: Route, person: Any, row: Any) -> set[int]:
    gate = route.gate
    if gate.kind == "signed_in":
        return LET_IN | samples.OWN_ANSWERS.get(route.label, set())
    if not person.reach.has(gate.right):
        return {403}
    if gate.model is None:
        return LET_IN | samples.OWN_ANSWERS.get(route.label, set())
    manager = gate.model._default_manager
    reachable = getattr(manager.all(), gate.rows)(person) if gate.rows else manager.within(person, gate.right)
    if reachable.filter(pk=row.pk).exists():
        return LET_IN | samples.OWN_ANSWERS.get(route.label, set())
    return {403} if manager.visible_to(person).filter(pk=row.pk).exists() else {404}


def test_every_right_has_a_label_and_known_roles():
    for right in catalogue().values():
        assert str(right.label) and str(right.group)
        assert set(right.grants) <= set(ROLES)


def test_administration_holds_no_business_rights():
    for right in catalogue().values():
        if right.duty == "business":
            assert set(right.grants) & {"admin", "security", "auditor"} == set(), right.code
    assert not re.search("admin", " ".join(catalogue()["customers.view_customer"].grants))
