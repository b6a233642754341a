"""People, departments, absences: what may be done with them and what is refused."""

import pytest
from django.core.exceptions import ValidationError

from crm.api.tokens import issue_token
from crm.history.models import Operation
from crm.people import actions
from crm.people.models import Department, User
from tests.factories import make_customer, make_department, make_user, role_named, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make_user("boss", role="admin")


@pytest.fixture
def guard():
    return make_user("guard", role="security")


def test_a_new_user_signs_in_with_the_first_password(admin):
    user = actions.add_user(
        actor=admin, username="nora", name="Nora", password="grey-kite-4711", department=make_department("East")
    )
    assert User.objects.get(pk=user.pk).check_password("grey-kite-4711")
    assert user.reach.scopes == {}
    assert Operation.objects.get(verb="user_added").subject_label == "Nora"


def test_a_weak_first_password_is_refused_at_its_field(admin):
    form = {"name": "Nora", "username": "nora", "department": make_department("East").pk, "customer_capacity": 5}
    answer = sign_in(admin).post("/settings/users/new/", {**form, "password": "short"})
    assert answer.status_code == 422
    assert not User.objects.filter(username="nora").exists()


def test_roles_of_two_duties_exclude_each_other(guard):
    nora = make_user("nora", role="rep")
    with pytest.raises(ValidationError):
        actions.set_roles(nora, actor=guard, roles=[role_named("rep"), role_named("auditor")])
    assert [role.code for role in nora.roles.all()] == ["rep"]


def test_nobody_changes_their_own_roles(guard):
    with pytest.raises(ValidationError):
        actions.set_roles(guard, actor=guard, roles=[])
    assert [role.code for role in guard.roles.all()] == ["security"]


def test_the_last_security_administrator_keeps_the_role(guard):
    other = make_user("guard2", role="security")
    actions.set_roles(other, actor=guard, roles=[])
    helper = make_user("helper", role="admin")
    with pytest.raises(ValidationError):
        actions.set_roles(guard, actor=helper, roles=[])
    assert guard.roles.filter(code="security").exists()


def test_an_owner_of_customers_is_not_disabled_and_the_page_says_where_to_hand_over(admin):
    rep = make_user("rep", role="rep")
    make_customer(owner=rep)
    with pytest.raises(ValidationError):
        actions.disable_user(rep, actor=admin)
    assert User.objects.get(pk=rep.pk).is_active
    page = sign_in(admin).get(f"/settings/users/{rep.pk}/disable/").content.decode()
    assert f"/settings/users/{rep.pk}/leave/" in page


def test_disabling_ends_the_session_at_the_next_click_and_revokes_tokens(admin):
    rep = make_user("rep", role="rep")
    token, _text = issue_token(rep, actor=admin, name="ERP")
    client = sign_in(rep)
    assert client.get("/settings/").status_code == 200
    actions.disable_user(rep, actor=admin)
    assert client.get("/settings/").status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert User.objects.get(pk=rep.pk).left_on is not None


def test_an_enabled_person_comes_back_without_the_old_tokens(admin):
    rep = make_user("rep", role="rep")
    token, _text = issue_token(rep, actor=admin, name="ERP")
    actions.disable_user(rep, actor=admin)
    actions.enable_user(rep, actor=admin)
    token.refresh_from_db()
    assert User.objects.get(pk=rep.pk).is_active
    assert token.revoked_at is not None


def test_nobody_disables_themselves(admin):
    with pytest.raises(ValidationError):
        actions.disable_user(admin, actor=admin)
    assert User.objects.get(pk=admin.pk).is_active


def test_a_moved_department_takes_those_below_it_along(admin):
    sales, east = make_department("Sales"), make_department("East")
    city = make_department("City", parent=east)
    actions.change_department(east, actor=admin, parent=sales, name="East")
    assert Department.objects.get(pk=east.pk).path == [sales.pk, east.pk]
    assert Department.objects.get(pk=city.pk).path == [sales.pk, east.pk, city.pk]


def test_a_department_cannot_move_below_itself(admin):
    east = make_department("East")
    city = make_department("City", parent=east)
    with pytest.raises(ValidationError):
        actions.change_department(east, actor=admin, parent=city, name="East")
    assert Department.objects.get(pk=east.pk).path == [east.pk]
    assert Department.objects.get(pk=east.pk).parent is None


def test_new_customers_go_to_exactly_one_department(admin):
    old, new = make_department("Old", takes_intake=True), make_department("New")
    actions.change_department(new, actor=admin, parent=None, name="New", takes_intake=True)
    assert Department.objects.intake() == new
    with pytest.raises(ValidationError):
        actions.change_department(new, actor=admin, parent=None, name="New", takes_intake=False)
    assert Department.objects.intake() == new
    assert not Department.objects.get(pk=old.pk).takes_intake


def test_a_department_with_people_is_not_deleted(admin):
    with pytest.raises(ValidationError):
        actions.remove_department(admin.department, actor=admin)
    assert Department.objects.filter(pk=admin.department_id).exists()


def test_everybody_chooses_language_and_row_height(admin):
    client = sign_in(admin)
    assert client.post("/settings/appearance/", {"language": "zh-hans", "next": "/settings/"}).url == "/settings/"
    assert client.post("/settings/appearance/", {"density": "compact"}).status_code == 302
    admin.refresh_from_db()
    assert (admin.language, admin.density, admin.has_shortcuts) == ("zh-hans", "compact", True)


def test_a_form_never_leads_to_another_site(admin):
    answer = sign_in(admin).post("/settings/appearance/", {"density": "comfy", "next": "//evil.example/"})
    assert answer.url == "/settings/appearance/"
