"""What roles may do, and who may change that."""

import pytest
from django.core.exceptions import ValidationError

from crm.access import actions
from crm.access.models import Grant, Role
from crm.access.rights import catalogue
from crm.access.standard_roles import load_standard_roles
from crm.history.models import Operation
from tests.factories import make_user, role_named, sign_in

pytestmark = pytest.mark.django_db


def grants_of(role):
    return dict(role.grants.values_list("right", "scope"))


def test_the_standard_roles_hold_the_scopes_of_the_catalogue():
    load_standard_roles()
    for code in ("rep", "director", "admin", "security", "auditor"):
        expected = {right.code: right.grants[code] for right in catalogue().values() if code in right.grants}
        assert grants_of(Role.objects.get(code=code)) == expected


def test_loading_again_leaves_an_edited_role_alone_and_adds_a_missing_one():
    load_standard_roles()
    Grant.objects.filter(role__code="rep", right="customers.export_customer").delete()
    Role.objects.get(code="agent").delete()
    assert [role.code for role in load_standard_roles()] == ["agent"]
    assert "customers.export_customer" not in grants_of(Role.objects.get(code="rep"))


def test_roles_that_can_harm_ask_for_a_second_factor():
    load_standard_roles()
    asking = set(Role.objects.filter(requires_second_factor=True).values_list("code", flat=True))
    assert asking == {"director", "finance", "admin", "security", "auditor"}


def test_security_administration_changes_what_a_role_may_do():
    guard, role = make_user("guard", role="security"), role_named("agent")
    actions.set_grants(role, actor=guard, scopes={"customers.view_customer": "own", "customers.lookup_customer": "all"})
    assert grants_of(role) == {"customers.view_customer": "own", "customers.lookup_customer": "all"}
    assert Operation.objects.get(verb="role_grants_set").actor == guard


@pytest.mark.parametrize(
    ("code", "scopes"),
    [
        ("security", {"crm.view_user": "all"}),
        ("rep", {"crm.change_role": "all"}),
        ("admin", {"customers.change_customer": "all"}),
        ("rep", {"customers.add_customer": "own"}),
        ("rep", {"customers.view_customer": "everything"}),
        ("rep", {"customers.unknown": "all"}),
    ],
    ids=["own role", "security right", "business right to system", "no rows", "no scope", "no right"],
)
def test_a_wrong_grant_is_refused_and_changes_nothing(code, scopes):
    guard, role = make_user("guard", role="security"), role_named(code)
    before = grants_of(role)
    with pytest.raises(ValidationError):
        actions.set_grants(role, actor=guard, scopes=scopes)
    assert grants_of(role) == before
    assert not Operation.objects.filter(verb="role_grants_set").exists()


def test_the_page_saves_the_matrix():
    guard, role = make_user("guard", role="security"), role_named("technician")
    answer = sign_in(guard).post(f"/settings/roles/{role.pk}/", {"customers.view_customer": "department"})
    assert answer.status_code == 302
    assert grants_of(role) == {"customers.view_customer": "department"}


def test_the_system_administrator_sees_roles_but_changes_none():
    admin, role = make_user("boss", role="admin"), role_named("technician")
    client, before = sign_in(admin), grants_of(role)
    assert client.get(f"/settings/roles/{role.pk}/").status_code == 200
    client.post(f"/settings/roles/{role.pk}/", {"customers.view_customer": "all"})
    assert "customers.view_customer" not in before
    assert grants_of(role) == before


def test_a_held_role_cannot_be_deleted():
    guard = make_user("guard", role="security")
    make_user("rep", role="rep")
    with pytest.raises(ValidationError):
        actions.remove_role(role_named("rep"), actor=guard)
    assert Role.objects.filter(code="rep").exists()
