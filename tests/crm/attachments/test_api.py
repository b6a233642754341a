"""Files through the API."""

import pytest
from django.urls import reverse

from crm.attachments.models import Attachment
from tests.contract.fingerprints import fingerprint
from tests.factories import make_activity, make_customer, make_department, make_user
from tests.factories.api import api  # noqa: F401 - a fixture
from tests.factories.files import make_attachment, pdf, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def rep():
    return make_user("rep", role="rep", department=make_department("East"), language="en")


@pytest.fixture
def customer(rep):
    return make_customer(owner=rep)


def send(client, file, **body):
    answer = client.client.post(
        "/api/v1/attachments/", {**body, "file": file}, headers={"Authorization": f"Bearer {client.token}"}
    )
    return answer.status_code, answer.json()


def test_a_file_is_sent_listed_and_fetched(api, rep, customer):  # noqa: F811
    client = api(rep, scopes=["attachments:read", "attachments:write"])
    status, body = send(client, upload("报价.pdf", pdf()), record="customer", record_id=customer.pk, note="v2")
    row = Attachment.objects.get()
    assert (status, body["id"], body["record"], body["record_id"]) == (201, row.pk, "customer", customer.pk)
    assert (body["name"], body["media_type"], body["size"]) == ("报价.pdf", "application/pdf", len(pdf()))
    assert (body["sha256"], body["note"], body["uploaded_by"], body["customer"]) == (
        row.sha256,
        "v2",
        "rep",
        customer.pk,
    )
    written = make_attachment(make_activity(customer), rep, "b.txt", b"B")
    listed = client.get(f"attachments/?customer={customer.pk}").body
    assert [(one["id"], one["record"]) for one in listed["results"]] == [
        (written.pk, "activity"),
        (row.pk, "customer"),
    ]
    fetched = client.client.get(
        f"/api/v1/attachments/{row.pk}/download/", headers={"Authorization": f"Bearer {client.token}"}
    )
    assert b"".join(fetched.streaming_content) == pdf()
    assert fetched["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert fetched["Content-Disposition"].startswith("attachment;")


def test_a_list_asks_for_its_customer(api, rep):  # noqa: F811
    for parameters in ("", "?customer=abc", "?customer=1&name=x"):
        assert api(rep).get(f"attachments/{parameters}").status_code == 400


def test_out_of_reach_there_is_nothing(api, rep, customer):  # noqa: F811
    row = make_attachment(customer, rep)
    stranger = api(make_user("stranger", role="rep", department=make_department("North")))
    assert stranger.get(f"attachments/?customer={customer.pk}").body["results"] == []
    assert stranger.get(f"attachments/{row.pk}/").status_code == 404
    assert stranger.get(f"attachments/{row.pk}/download/").status_code == 404
    stranger.get("jobs/")
    before = fingerprint()
    assert send(stranger, upload(), record="customer", record_id=customer.pk)[0] == 404
    assert fingerprint() == before


def test_refused_files_and_bodies_keep_nothing(api, rep, customer):  # noqa: F811
    client = api(rep)
    client.get("jobs/")
    before = fingerprint()
    status, body = send(client, upload("a.exe"), record="customer", record_id=customer.pk)
    assert (status, list(body["error"]["fields"])) == (422, ["file"])
    assert send(client, upload(), record="user", record_id=rep.pk)[0] == 400
    assert send(client, upload(), record="customer", record_id=999999)[0] == 404
    assert send(client, upload(), record="customer", record_id=customer.pk, sha256="x")[0] == 400
    assert fingerprint() == before


def test_scopes_of_a_token_open_what_they_name(api, rep, customer):  # noqa: F811
    row = make_attachment(customer, rep)
    reader = api(rep, scopes=["attachments:read"])
    assert reader.get(f"attachments/{row.pk}/").status_code == 200
    assert send(reader, upload(), record="customer", record_id=customer.pk)[0] == 403
    other = api(rep, scopes=["jobs:read"])
    assert other.get(f"attachments/{row.pk}/download/").status_code == 403
    assert Attachment.objects.count() == 1


def test_the_page_of_a_file_has_the_same_content_as_the_api(api, rep, customer):  # noqa: F811
    row = make_attachment(customer, rep)
    from tests.factories import sign_in

    page = sign_in(rep).get(reverse("attachments:download", args=[row.pk]))
    assert b"".join(page.streaming_content) == b"What we agreed."
