"""Requirements for other systems."""

import pytest

from sales.requirements.models import Requirement
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_department, make_user
from tests.factories.api import api, unchanged, wrong  # noqa: F401
from tests.factories.sales import make_product, make_requirement

pytestmark = pytest.mark.django_db


def test_a_requirement_is_written_changed_submitted_withdrawn_and_given_up(api, company):  # noqa: F811
    client, product = api(company.rep), make_product("MES", unit="项")
    body = {
        "customer": company.customer.pk, "title": "Networked machines",
        "lines": [{"product": product.pk, "quantity": "2", "target_price": "1000.5"}],
    }  # fmt: skip
    answer = client.post("requirements/", body)
    assert answer.status_code == 201
    place = f"requirements/{answer.body['id']}/"
    line = answer.body["lines"][0]
    assert (line["name"], line["unit"], line["quantity"], line["target_price"]) == ("MES", "项", "2.0000", "1000.5000")
    assert (answer.body["state"], answer.body["number"], answer.body["gross"]) == ("draft", "", "0.00")
    changed = client.patch(place, {"title": "Other", "lines": [{"id": line["id"], "quantity": "3", "name": "MES"}]})
    assert (changed.body["title"], [one["quantity"] for one in changed.body["lines"]]) == ("Other", ["3.0000"])
    assert client.post(f"{place}submit/").body["state"] == "pending"
    assert client.post(f"{place}withdraw/", {"comment": "Wait"}).body["state"] == "withdrawn"
    assert client.post(f"{place}void/", {"reason": "Over"}).body["state"] == "void"


def test_wrong_bodies_are_refused_by_field_and_change_nothing(api, company):  # noqa: F811
    requirement, client = make_requirement(company.customer), api(company.rep)
    before = unchanged(client)
    place = f"requirements/{requirement.pk}/"
    assert wrong(client.patch(place, {"state": "approved"})) == (400, ["state"])
    assert wrong(client.patch(place, {"owner": company.head.pk})) == (400, ["owner"])
    assert client.patch(place, {"lines": [{"name": "Gateway", "quantity": "0"}]}).status_code in (400, 422)
    assert client.patch(place, {"lines": [{"id": 999999, "name": "Gateway", "quantity": "1"}]}).status_code == 422
    assert client.post(f"{place}withdraw/").status_code in (409, 422)
    assert wrong(client.post(f"{place}void/")) == (400, ["reason"])
    assert fingerprint() == before


def test_what_is_out_of_reach_is_not_there(api, company):  # noqa: F811
    stranger = make_user("other", "rep", department=make_department("West"))
    foreign = make_customer(stranger)
    requirement, client = make_requirement(company.customer), api(stranger)
    mine = api(company.rep)
    before = unchanged(client)
    mine.get("jobs/")
    before = fingerprint()
    assert client.get(f"requirements/{requirement.pk}/").status_code == 404
    for verb in ("submit/", "withdraw/", "void/"):
        body = {"reason": "x"} if verb == "void/" else {}
        assert client.post(f"requirements/{requirement.pk}/{verb}", body).status_code == 404
    assert mine.post("requirements/", {"customer": foreign.pk, "title": "Mine"}).status_code == 404
    assert fingerprint() == before
    assert [row["id"] for row in mine.get("requirements/").body["results"]] == [requirement.pk]
    assert client.get("requirements/").body["results"] == []
    assert Requirement.objects.count() == 1
