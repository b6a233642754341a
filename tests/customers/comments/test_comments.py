"""Comments among colleagues, and telling those named with @."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from crm.history.models import Operation
from crm.notifications.models import Notice
from customers.activities import actions as activities
from customers.comments import actions
from customers.comments.models import Comment
from customers.customers.sharing import share_customer
from customers.customers.timeline import CustomerStory
from tests.contract.fingerprints import fingerprint
from tests.factories import (
    make_activity,
    make_customer,
    make_department,
    make_pooled_customer,
    make_user,
    sign_in,
)
from tests.factories.api import api as api
from tests.factories.api import error

pytestmark = pytest.mark.django_db
SAID = "@周启明看一下报价, @director 再看一次. a@周启明 is no mention"


@pytest.fixture
def rep():
    return make_user("rep", "rep", name="林晓雯")


@pytest.fixture
def director(rep):
    return make_user("director", "director", rep.department, name="周启明", language="zh-hans")


def told(user):
    return list(Notice.objects.filter(recipient=user).values_list("kind", "text", "url"))


def test_a_comment_stands_on_the_timeline_and_moves_no_clock(rep):
    customer = make_customer(rep)

    comment = actions.add_comment(customer, actor=rep, content="Ask finance first.")

    customer.refresh_from_db()
    assert customer.last_followed_at is None
    entry = CustomerStory(customer, rep).page(None).entries[0]
    assert (entry.actor, entry.text, entry.content) == ("林晓雯", "commented", "Ask finance first.")
    assert entry.anchor == f"comment-{comment.pk}"
    assert Operation.objects.get(verb="comment_added").anchor_id == customer.pk


def test_a_colleague_named_with_at_is_told_once_and_in_their_language(rep, director):
    customer = make_customer(rep, name="Harbour")

    comment = actions.add_comment(customer, actor=rep, content=SAID)
    actions.update_comment(comment, actor=rep, content="@周启明看一下新报价")

    assert told(director) == [
        ("mention", f"林晓雯 在「Harbour」提到了你：{SAID}", f"/customers/{customer.pk}/#comment-{comment.pk}"),
    ]  # fmt: skip
    assert comment.mentioned_ids == [director.pk]
    assert told(rep) == []


def test_the_longest_name_that_fits_is_meant_and_who_is_named_only_later_is_told_then(rep, director):
    short = make_user("zhou", "director", rep.department, name="周启")
    comment = actions.add_comment(make_customer(rep), actor=rep, content="@周启明 please")
    assert (len(told(director)), told(short)) == (1, [])

    actions.update_comment(comment, actor=rep, content="@周启明 and @周启 please")

    assert (len(told(director)), len(told(short))) == (1, 1)


def test_who_cannot_see_the_customer_is_named_in_the_refusal_and_told_nothing(rep):
    customer = make_customer(rep, name="Secret Works")
    stranger = make_user("stranger", "rep", make_department("North"), name="韩立新")
    before = fingerprint()

    with pytest.raises(ValidationError, match="韩立新 cannot see this customer"):
        actions.add_comment(customer, actor=rep, content="@韩立新 look")

    assert fingerprint() == before
    assert told(stranger) == []
    share_customer(customer, actor=rep, colleague=stranger)
    actions.add_comment(customer, actor=rep, content="@韩立新 look")
    assert len(told(stranger)) == 1


def test_a_name_of_two_people_asks_for_the_user_name(rep):
    for username in ("wang1", "wang2"):
        make_user(username, "director", rep.department, name="王伟")
    customer = make_customer(rep)

    with pytest.raises(ValidationError, match="Several colleagues are called 王伟"):
        actions.add_comment(customer, actor=rep, content="@王伟 look")
    actions.add_comment(customer, actor=rep, content="@wang2 look")

    assert list(Notice.objects.values_list("recipient__username", flat=True)) == ["wang2"]


def test_a_disabled_colleague_is_only_a_word(rep):
    make_user("gone", "director", rep.department, name="离职者", is_active=False)

    comment = actions.add_comment(make_customer(rep), actor=rep, content="@离职者 knew this")

    assert (comment.mentioned_ids, Notice.objects.count()) == ([], 0)


def test_a_follow_up_names_colleagues_too_and_says_so_before_anything_is_written(rep, director):
    customer = make_customer(rep)
    activities.log_activity(customer, actor=rep, kind="call", content="Price is open @周启明")
    assert [kind for kind, _text, _url in told(director)] == ["mention"]

    make_user("stranger", "rep", make_department("North"), name="韩立新")
    before = fingerprint()
    with pytest.raises(ValidationError, match="cannot see this customer"):
        activities.log_activity(customer, actor=rep, kind="call", content="@韩立新")
    assert fingerprint() == before


@pytest.mark.parametrize("content", ["", "  \n ", "x" * 2001, "\x00\x07"])
def test_empty_and_endless_comments_are_refused(rep, content):
    with pytest.raises(ValidationError):
        actions.add_comment(make_customer(rep), actor=rep, content=content)
    assert Comment.objects.count() == 0


def test_only_its_author_corrects_a_comment_and_only_for_a_day(rep, director):
    comment = actions.add_comment(make_customer(rep), actor=rep, content="First.")
    with pytest.raises(PermissionDenied):
        actions.update_comment(comment, actor=director, content="Changed.")
    Comment.objects.update(created_at=timezone.now() - timedelta(hours=25))
    with pytest.raises(ValidationError, match="24 hours"):
        actions.update_comment(comment, actor=rep, content="Changed.")
    with pytest.raises(ValidationError, match="24 hours"):
        actions.archive_comment(comment, actor=rep)
    comment.refresh_from_db()
    assert (comment.content, comment.archived_at) == ("First.", None)

    actions.archive_comment(comment, actor=director)
    comment.refresh_from_db()
    assert comment.archived_at is not None


def test_a_pooled_or_archived_customer_takes_no_comment(rep):
    for customer in (make_pooled_customer(), make_customer(rep, archived_at=timezone.now())):
        with pytest.raises(ValidationError):
            actions.add_comment(customer, actor=rep, content="Hello")
    assert Comment.objects.count() == 0


def test_a_follow_up_of_another_customer_cannot_be_commented_on_here(rep):
    foreign = make_activity(make_customer(rep))
    with pytest.raises(ValidationError, match="not one of this customer"):
        actions.add_comment(make_customer(rep), actor=rep, content="x", activity=foreign)


# ── pages ──


def test_a_comment_on_a_follow_up_is_written_once_and_shown_with_it(rep):
    customer = make_customer(rep)
    activity = make_activity(customer, content="We spoke about prices.")
    client = sign_in(rep)
    form = {"content": "Check the discount.", "key": "0" * 32}

    for _ in range(2):
        assert client.post(f"/activities/{activity.pk}/comment/", form).status_code == 302

    assert Comment.objects.count() == 1
    page = client.get(f"/activities/{activity.pk}/comments/")
    assert "We spoke about prices." in page.text
    assert page.text.count("Check the discount.") == 1
    assert "1 comment<" in client.get(f"/customers/{customer.pk}/").text


def test_the_tab_of_comments_shows_them_alone_and_a_made_up_tab_is_refused(rep):
    customer = make_customer(rep)
    make_activity(customer, content="A call.")
    actions.add_comment(customer, actor=rep, content="A comment.")
    client = sign_in(rep)

    page = client.get(f"/customers/{customer.pk}/?show=comments").text
    assert ("A comment." in page, "A call." in page) == (True, False)
    follow_ups = client.get(f"/customers/{customer.pk}/?show=follow-ups").text
    assert ("A comment." in follow_ups, "A call." in follow_ups) == (False, True)
    assert client.get(f"/customers/{customer.pk}/?show=secrets").status_code == 400


def test_a_refused_comment_keeps_what_was_typed(rep):
    make_user("stranger", "rep", make_department("North"), name="韩立新")
    customer = make_customer(rep)

    answer = sign_in(rep).post(f"/customers/{customer.pk}/comment/", {"content": "@韩立新 look", "key": "0" * 32})

    assert answer.status_code == 422
    assert "@韩立新 look</textarea>" in answer.text
    assert Comment.objects.count() == 0


def test_the_list_behind_at_offers_only_colleagues_who_see_the_customer(rep, director):
    make_user("stranger", "rep", make_department("North"), name="周外人")
    customer = make_customer(rep)

    answer = sign_in(rep).get(f"/customers/{customer.pk}/colleagues/?q=周")

    assert "周启明" in answer.text
    assert "周外人" not in answer.text


# ── API ──


def test_comments_are_written_and_read_in_the_api(api, rep):
    customer = make_customer(rep)
    client = api(rep)

    made = client.post("comments/", {"customer": customer.pk, "content": "By machine."})

    assert (made.status_code, made.body["author"], made.body["activity"]) == (201, "rep", None)
    listed = client.get(f"comments/?customer={customer.pk}").body["results"]
    assert [row["content"] for row in listed] == ["By machine."]
    assert client.patch(f"comments/{made.body['id']}/", {"content": "Better."}).body["content"] == "Better."
    foreign = make_customer(make_user("other", "rep", make_department("North")))
    assert error(client.post("comments/", {"customer": foreign.pk, "content": "x"}))[0] == 404
    assert error(client.post("comments/", {"customer": customer.pk, "content": " "}))[0] == 400
    assert Comment.objects.count() == 1
