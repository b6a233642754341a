"""The pages on which an administrator keeps fields."""

import pytest

from crm.customfields.models import CustomChoice, CustomField
from tests.contract.fingerprints import fingerprint
from tests.factories import make_user, sign_in

pytestmark = pytest.mark.django_db


def test_an_administrator_adds_a_choice_field_and_looks_after_it(admin):
    client = sign_in(admin)
    assert client.get("/settings/custom-fields/customers.Customer/new/").status_code == 200
    address = "/settings/custom-fields/customers.Customer/new/choice/"
    sent = {"label": "部署方式", "label_en": "Deployment", "key": "", "choices": "公有云\n私有化", "is_listed": "on"}
    assert client.post(address, sent).status_code == 302
    made = CustomField.objects.get()
    assert (made.key, made.kind, made.is_listed) == ("bu_shu_fang_shi", "choice", True)
    edit = f"/settings/custom-fields/{made.pk}/edit/"
    assert "公有云" in client.get(edit).content.decode()
    client.post(f"/settings/custom-fields/{made.pk}/choices/", {"label": "混合"})
    assert list(made.choices.values_list("value", flat=True)) == ["gong_you_yun", "si_you_hua", "hun_he"]
    assert client.post(edit, {"label": "部署", "default": "hun_he", "is_required": "on"}).status_code == 302
    made.refresh_from_db()
    assert (made.label, made.default, made.is_required, made.is_listed) == ("部署", "hun_he", True, False)
    last = made.choices.get(value="hun_he").pk
    client.post(f"/settings/custom-fields/choices/{last}/switch/")
    assert CustomChoice.objects.get(pk=last).is_active
    client.post(f"/settings/custom-fields/choices/{last}/move/", {"way": "up"})
    assert client.post(f"/settings/custom-fields/choices/{last}/edit/", {"label": "混合部署"}).status_code == 302
    assert list(made.choices.values_list("label", flat=True)) == ["公有云", "混合部署", "私有化"]
    client.post(f"/settings/custom-fields/{made.pk}/switch/")
    client.post(f"/settings/custom-fields/{made.pk}/remove/")
    assert not CustomField.objects.exists()


@pytest.mark.parametrize(
    ("kind", "sent", "wrong"),
    [
        ("text", {"label": ""}, ["label"]),
        ("text", {"label": "A", "key": "No key"}, ["key"]),
        ("choice", {"label": "A", "choices": "X\nx"}, ["choices"]),
        ("text", {"label": "A", "is_unique": "on", "default": "x"}, ["default"]),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field_and_nothing_is_added(admin, kind, sent, wrong):
    answer = sign_in(admin).post(f"/settings/custom-fields/customers.Customer/new/{kind}/", sent)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == wrong
    assert not CustomField.objects.exists()


def test_addresses_of_nothing_are_404(admin):
    client = sign_in(admin)
    for address in ("customers.Pool/new/", "customers.Customer/new/map/", "999/edit/", "choices/999/edit/"):
        assert client.get(f"/settings/custom-fields/{address}").status_code == 404


def test_nobody_else_keeps_fields(field):
    made = field("choice", "Grade", choices=["Gold"])
    client, before = sign_in(make_user(role="director")), fingerprint()
    for address in ("", f"{made.pk}/edit/", "customers.Customer/new/", "customers.Customer/new/text/"):
        assert client.get(f"/settings/custom-fields/{address}").status_code == 403
    for address in (
        f"{made.pk}/switch/",
        f"{made.pk}/remove/",
        f"{made.pk}/choices/",
        f"choices/{made.choices.get().pk}/remove/",
    ):
        assert client.post(f"/settings/custom-fields/{address}", {"label": "X"}).status_code == 403
    assert fingerprint() == before
