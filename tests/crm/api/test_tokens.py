"""Tokens: shown once, kept as a digest, off when they should be."""

import hashlib
import re
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from crm.api.models import ApiToken
from crm.api.scopes import catalogue
from crm.api.tokens import issue_token, revoke_token
from crm.history.models import Operation
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def told(answer):
    return answer.status_code, answer.body["error"]["code"], answer.body["error"]["message"]


def test_only_the_digest_of_a_secret_is_kept():
    token, text = issue_token(make_user("rep", role="rep"), actor=None, name="ERP")
    number, secret = re.fullmatch(r"crm_(\d+)_([0-9a-f]{64})", text).groups()
    assert int(number) == token.pk
    assert token.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert token.expires_at - timezone.now() > timedelta(days=364)


def test_making_and_revoking_a_token_is_in_the_history():
    admin, rep = make_user("admin", role="admin"), make_user("rep", role="rep")
    token, _text = issue_token(rep, actor=admin, name="ERP", scopes=["users:read"])
    revoke_token(token, actor=admin)
    told_of = list(Operation.objects.order_by("id").values_list("verb", "actor__username", "subject_label", "facts"))
    assert told_of == [
        ("api_token_made", "admin", "Rep", {"name": "ERP", "scopes": ["users:read"]}),
        ("api_token_revoked", "admin", "Rep", {"name": "ERP"}),
    ]


def test_a_token_acts_as_its_person(api):
    rep = make_user("rep", role="rep")
    answer = api(rep).get("users/?username=rep")
    assert answer.status_code == 200
    assert answer.body == {
        "results": [{"id": rep.pk, "username": "rep", "name": "Rep", "department": "Sales", "is_active": True}],
        "next": None,
        "previous": None,
        "count": 1,
    }


@pytest.mark.parametrize(
    "token", ["", "nonsense", "crm_1_" + "0" * 64, "crm_99999999999999999999_" + "0" * 64, "crm_1_\xff"]
)
def test_an_unknown_token_is_401(api, token):
    answer = api(token=token).get("users/")
    assert answer.status_code == 401
    assert answer.body["error"]["code"] == "unauthenticated"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_token_with_one_wrong_digit_is_401(api):
    _token, text = issue_token(make_user(role="rep"), actor=None, name="t")
    wrong = text[:-1] + ("0" if text[-1] != "0" else "1")
    assert api(token=wrong).get("users/").status_code == 401


def test_the_password_and_the_session_do_not_open_the_api(api):
    rep = make_user("rep", role="rep")
    client = api()
    client.client.force_login(rep, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("users/").status_code == 401


def test_the_token_of_a_disabled_person_is_401(api):
    rep = make_user(role="rep")
    client = api(rep)
    rep.is_active = False
    rep.save()
    assert told(client.get("users/")) == (401, "unauthenticated", "The person of this token is disabled.")


def test_a_revoked_token_is_401(api):
    token, text = issue_token(make_user(role="rep"), actor=None, name="t")
    revoke_token(token, actor=None)
    assert told(api(token=text).get("users/")) == (401, "unauthenticated", "This token has been revoked.")


def test_an_expired_token_is_401(api):
    _token, text = issue_token(make_user(role="rep"), actor=None, name="t", life=timedelta(days=10))
    with time_machine.travel(timezone.now() + timedelta(days=10, seconds=1), tick=False):
        assert told(api(token=text).get("users/")) == (401, "unauthenticated", "This token has expired.")


def test_a_token_unused_for_ninety_days_is_off(api):
    token, text = issue_token(make_user(role="rep"), actor=None, name="t")
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now() - timedelta(days=91))
    message = "This token has not been used for 90 days and is off."
    assert told(api(token=text).get("users/")) == (401, "unauthenticated", message)
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now() - timedelta(days=89))
    assert api(token=text).get("users/").status_code == 200


def test_the_last_use_is_noted_once_a_minute(api):
    token, text = issue_token(make_user(role="rep"), actor=None, name="t")
    start = timezone.now()
    noted = []
    for seconds in (0, 30, 61):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            api(token=text).get("users/")
        noted.append(ApiToken.objects.get(pk=token.pk).last_used_at - start)
    assert noted == [timedelta(0), timedelta(0), timedelta(seconds=61)]


def test_nobody_makes_a_token_for_longer_than_a_year_or_with_an_unknown_scope():
    rep = make_user(role="rep")
    with pytest.raises(ValidationError, match="at most 365 days"):
        issue_token(rep, actor=None, name="t", life=timedelta(days=366))
    with pytest.raises(ValidationError, match="There is no scope everything"):
        issue_token(rep, actor=None, name="t", scopes=["everything"])
    rep.is_active = False
    with pytest.raises(ValidationError, match="is disabled"):
        issue_token(rep, actor=None, name="t")
    assert ApiToken.objects.count() == 0


def test_a_scope_that_is_missing_is_named(api):
    client = api(make_user(role="rep"), scopes=["jobs:read"])
    assert client.get("jobs/").status_code == 200
    assert told(client.get("users/")) == (403, "missing_scope", "This token lacks the scope users:read.")


def test_every_scope_word_stands_for_something():
    assert {"pii", "users:read", "jobs:read", "jobs:write"} <= set(catalogue())


def test_the_command_prints_only_the_token(api):
    make_user("rep", role="rep")
    out = StringIO()
    call_command("api_token", "rep", scopes="users:read,jobs:read", stdout=out)
    text = out.getvalue().split()[-1]
    assert out.getvalue() == f"{text}\n"
    assert api(token=text).get("users/").status_code == 200
    assert ApiToken.objects.get().scopes == ["jobs:read", "users:read"]


@pytest.mark.parametrize(
    "arguments, message", [(["nobody"], "There is no user nobody."), (["rep", "--scopes", "x"], "There is no scope x.")]
)
def test_the_command_refuses_in_one_sentence(arguments, message):
    make_user("rep", role="rep")
    with pytest.raises(CommandError, match=message):
        call_command("api_token", *arguments)
    assert ApiToken.objects.count() == 0
