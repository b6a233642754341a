"""The inbox: unread first, one's own only, read once opened."""

import pytest

from crm.notifications.actions import notify
from crm.notifications.models import Notice
from tests.factories import make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return make_user("rep", role="rep")


def make_notice(person, text="Something happened", url="/jobs/", key=""):
    notify(person, "job", text, about=None, url=url, dedupe_key=key or text)
    return Notice.objects.get(recipient=person, dedupe_key=key or text)


def test_unread_notices_come_first_and_those_of_others_never(rep):
    read, unread = make_notice(rep, "old"), make_notice(rep, "new")
    make_notice(make_user("rep2"), "secret")
    browser = sign_in(rep)
    browser.post(f"/notifications/{read.pk}/open/")

    page = browser.get("/notifications/")

    assert (page.context["unread"], page.context["page"].rows) == ([unread], [Notice.objects.get(pk=read.pk)])
    assert "secret" not in page.content.decode()


def test_opening_marks_read_and_goes_to_the_place(rep):
    notice = make_notice(rep, url="/jobs/7/")

    assert sign_in(rep).post(f"/notifications/{notice.pk}/open/").url == "/jobs/7/"

    notice.refresh_from_db()
    assert notice.read_at is not None


@pytest.mark.parametrize("url", ["", "https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_opening_never_leads_out_of_the_product(rep, url):
    notice = make_notice(rep, url=url)

    assert sign_in(rep).post(f"/notifications/{notice.pk}/open/").url == "/notifications/"


def test_a_notice_of_somebody_else_is_not_found_and_stays_unread(rep):
    notice = make_notice(make_user("rep2"))

    assert sign_in(rep).post(f"/notifications/{notice.pk}/open/").status_code == 404
    sign_in(rep).post("/notifications/read/", {"ids": [notice.pk]})

    notice.refresh_from_db()
    assert notice.read_at is None


def test_one_or_all_can_be_marked_read(rep):
    first, _second, _third = (make_notice(rep, text) for text in ("a", "b", "c"))
    browser = sign_in(rep)

    browser.post("/notifications/read/", {"ids": [first.pk]})
    assert Notice.objects.filter(read_at=None).count() == 2
    browser.post("/notifications/read/")
    assert Notice.objects.filter(read_at=None).count() == 0


def test_damaged_ids_mark_nothing(rep):
    make_notice(rep)

    sign_in(rep).post("/notifications/read/", {"ids": ["1 or 1=1"]})

    assert Notice.objects.filter(read_at=None).count() == 1


def test_the_bell_says_how_many_wait(rep):
    browser = sign_in(rep)
    assert "count-hot" not in browser.get("/notifications/count/").content.decode()
    for text in "abc":
        make_notice(rep, text)

    assert ">3<" in browser.get("/notifications/count/").content.decode()


def test_the_same_notice_is_kept_once(rep):
    for _ in range(2):
        make_notice(rep, "twice")

    assert Notice.objects.count() == 1


def test_opening_by_get_is_refused(rep):
    notice = make_notice(rep)

    assert sign_in(rep).get(f"/notifications/{notice.pk}/open/").status_code == 405
