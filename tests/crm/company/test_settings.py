"""Settings of the company: declared by the apps, changed by an administrator, kept where they differ."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import translation

from crm.company.actions import change_settings, company_setting, company_settings, state_of
from crm.company.declared import declared
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


def test_a_form_opened_before_somebody_elses_change_sets_nothing_back_and_says_who_changed_what():
    one, other = (sign_in(make_user(name, "admin")) for name in ("one", "other"))
    forms = [client.get("/settings/company/").context["form"] for client in (one, other)]
    typed = [{name: form[name].value() for name in form.fields} for form in forms]
    assert one.post("/settings/company/", typed[0] | {"transfers__undo_days": "10"}).status_code == 302

    refused = other.post("/settings/company/", typed[1] | {"duplicates__unmerge_days": "12"})

    assert refused.status_code == 409
    assert company_setting("transfers.undo_days") == 10
    assert Operation.objects.filter(verb="company_settings_changed").count() == 1
    with translation.override("en"):
        label = str(declared()["transfers.undo_days"].label)
    assert refused.context["form"].non_field_errors() == [
        f"One changed {label} while you had this form open.",
        "Your entries are kept below. Compare, then save again.",
    ]
    again = {name: refused.context["form"][name].value() for name in typed[1]}
    assert again["duplicates__unmerge_days"] == "12"
    assert other.post("/settings/company/", again | {"transfers__undo_days": "10"}).status_code == 302
    assert (company_setting("transfers.undo_days"), company_setting("duplicates.unmerge_days")) == (10, 12)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_the_same_moment_one_is_told_of_the_other():
    seen, gate, ended = state_of(company_settings()), threading.Barrier(2), []
    admins = [make_user(name, "admin") for name in ("one", "other")]

    def save(admin, key):
        try:
            gate.wait(10)
            change_settings({key: 12}, actor=admin, seen=seen)
            ended.append("saved")
        except ValidationError as refusal:
            ended.append(refusal.error_list[0].code)
        finally:
            connection.close()

    keys = ("transfers.undo_days", "duplicates.unmerge_days")
    threads = [threading.Thread(target=save, args=pair) for pair in zip(admins, keys, strict=True)]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]

    assert sorted(ended) == ["saved", "stale"]
    assert sum(company_setting(key) == 12 for key in keys) == 1


def test_nobody_but_an_administrator_opens_the_page():
    assert sign_in(make_user("rep", "rep")).get("/settings/company/").status_code == 403
