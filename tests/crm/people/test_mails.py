"""Mails about signing in: in the words of the product, and only to people who have an account."""

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_asked_before():
    """Requests are counted per minute."""
    cache.clear()


def ask(email):
    return Client().post("/accounts/password/reset/", {"email": email})


def test_whoever_forgot_the_password_gets_a_link_that_works_once():
    user = make_user("rep", "rep")
    user.email = "rep@example.com"
    user.save()
    assert ask(user.email).status_code == 302
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == ([user.email], "重设海港 CRM 的密码")
    assert "你的账号是 rep。" in sent.body and sent.body.endswith("海港 CRM · testserver")
    assert "您" not in sent.body
    link = next(
        line for line in sent.body.splitlines() if line.startswith("http://testserver/accounts/password/reset/")
    )
    client = Client()
    form = client.get(link, follow=True)
    changed = client.post(form.request["PATH_INFO"], {"password1": "Grain-Lantern-31", "password2": "Grain-Lantern-31"})
    assert (changed.status_code, changed.url) == (302, "/accounts/password/reset/key/done/")
    user.refresh_from_db()
    assert user.check_password("Grain-Lantern-31")
    assert "链接已失效" in Client().get(link, follow=True).text


def test_an_address_without_an_account_gets_no_mail_and_the_same_answer():
    user = make_user("rep", "rep")
    user.email = "rep@example.com"
    user.save()
    known, stranger = ask(user.email), ask("stranger@example.com")
    assert (stranger.status_code, stranger.url) == (known.status_code, known.url)
    assert [sent.to for sent in mail.outbox] == [[user.email]]
