"""Settings of the company: declared by the apps, changed by an administrator, kept where they differ."""

import pytest
from django.core.exceptions import ValidationError

from crm.company.actions import change_settings, company_setting, company_settings
from crm.company.models import CompanySetting
from crm.history.models import Operation
from tests.factories import make_user, sign_in

pytestmark = pytest.mark.django_db


def test_a_setting_has_its_default_until_somebody_changes_it():
    admin = make_user("admin", "admin")
    assert company_setting("transfers.undo_days") == 7

    change_settings({"transfers.undo_days": 14}, actor=admin)

    assert company_setting("transfers.undo_days") == 14
    assert Operation.objects.filter(verb="company_settings_changed", actor=admin).count() == 1
    assert CompanySetting.objects.count() == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [("transfers.undo_days", 0), ("transfers.undo_days", True), ("duplicates.exact", "maybe"), ("no.such", 1)],
)
def test_a_value_that_cannot_be_is_refused_and_nothing_changes(key, value):
    before = company_settings()

    with pytest.raises(ValidationError) as refusal:
        change_settings({key: value}, actor=make_user("admin", "admin"))

    assert list(refusal.value.error_dict) == [key]
    assert company_settings() == before


def test_the_page_saves_what_was_typed_and_says_beside_the_field_what_cannot_be():
    client = sign_in(make_user("admin", "admin"))
    form = client.get("/settings/company/").context["form"]
    typed = {name: form[name].value() for name in form.fields}

    refused = client.post("/settings/company/", typed | {"transfers__undo_days": "0"})
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["transfers__undo_days"]

    assert client.post("/settings/company/", typed | {"transfers__undo_days": "10"}).status_code == 302
    assert company_setting("transfers.undo_days") == 10


def test_nobody_but_an_administrator_opens_the_page():
    assert sign_in(make_user("rep", "rep")).get("/settings/company/").status_code == 403
