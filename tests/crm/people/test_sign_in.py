"""Signing in: lock-out, second factor, idle sessions, password rules, headers."""

import time
import uuid

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth.password_validation import get_password_validators, validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from crm.people.secrets import opened, sealed
from tests.factories import make_user, sign_in
from tests.factories.people import PASSWORD

pytestmark = pytest.mark.django_db
SIGN_IN = "/accounts/login/"


def try_to_sign_in(client, username, password=PASSWORD, address="198.51.100.7"):
    return client.post(SIGN_IN, {"login": username, "password": password}, REMOTE_ADDR=address)


def code_of(secret):
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_five_wrong_passwords_lock_the_name_even_for_the_right_one_and_from_elsewhere():
    name = f"nora{uuid.uuid4().hex[:8]}"
    make_user(name, role="rep")
    client = Client()
    for _ in range(5):
        assert "_auth_user_id" not in client.session
        try_to_sign_in(client, name, "wrong password")
    try_to_sign_in(client, name)
    assert "_auth_user_id" not in client.session
    elsewhere = Client()
    try_to_sign_in(elsewhere, name, address="198.51.100.99")
    assert "_auth_user_id" not in elsewhere.session


def test_the_right_password_signs_in_and_a_stranger_learns_nothing_from_a_wrong_name():
    name = f"nora{uuid.uuid4().hex[:8]}"
    make_user(name, role="rep")
    client = Client()
    unknown = try_to_sign_in(client, f"x{name}").content.decode()
    wrong = try_to_sign_in(client, name, "wrong password").content.decode()
    strip = lambda html, used: html.replace(used, "NAME").split("csrfmiddlewaretoken")[0]  # noqa: E731
    assert strip(unknown, f"x{name}") == strip(wrong, name)
    assert try_to_sign_in(client, name).status_code == 302
    assert "_auth_user_id" in client.session


def test_nobody_signs_up():
    page = Client().post("/accounts/signup/", {"username": "me", "password1": "x" * 14, "password2": "x" * 14})
    assert "_auth_user_id" not in page.client.session


def test_a_disabled_person_is_out_at_the_next_click():
    person = make_user("nora", role="rep")
    client = sign_in(person)
    assert client.get("/").status_code == 200
    person.is_active = False
    person.save(update_fields=["is_active"])
    assert client.get("/").status_code == 302


def test_an_idle_session_ends_and_a_busy_one_does_not():
    client = sign_in(make_user("nora", role="rep"))
    client.get("/")
    for idle, status in ((29 * 60, 200), (31 * 60, 302)):
        session = client.session
        session["seen_at"] = int(time.time()) - idle
        session.save()
        assert client.get("/").status_code == status


def test_polling_does_not_keep_a_session_alive():
    client = sign_in(make_user("nora", role="rep"))
    client.get("/")
    session = client.session
    session["seen_at"] = seen = int(time.time()) - 600
    session.save()
    client.get("/notifications/count/", headers={"X-Poll": "1"})
    assert client.session["seen_at"] == seen


def test_a_role_that_requires_it_is_sent_to_set_up_a_second_factor_and_nowhere_else():
    client = sign_in(make_user("dora", role="director", is_demo=False))
    answer = client.get("/customers/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/totp/activate/")
    there = client.get("/accounts/2fa/totp/activate/")
    assert (there.status_code, there["Location"].partition("?")[0]) == (302, "/accounts/reauthenticate/")


def test_an_address_that_nobody_confirmed_does_not_keep_a_person_from_the_second_factor():
    person = make_user(f"nora{uuid.uuid4().hex[:8]}", role="rep", email="nora@example.com")
    client = Client()
    try_to_sign_in(client, person.username)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.get("/accounts/email/")
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200


def test_a_second_factor_is_asked_for_and_a_recovery_code_works_once():
    person = make_user(f"dora{uuid.uuid4().hex[:8]}", role="director", is_demo=False)
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    codes = RecoveryCodes.activate(person).get_unused_codes()
    assert secret not in str(Authenticator.objects.filter(user=person).values_list("data", flat=True))

    client = Client()
    assert try_to_sign_in(client, person.username)["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "_auth_user_id" not in client.session
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert "_auth_user_id" in client.session
    assert client.get("/customers/").status_code == 200

    for works in (True, False):
        lost_phone = Client()
        try_to_sign_in(lost_phone, person.username)
        lost_phone.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert ("_auth_user_id" in lost_phone.session) is works


MODERN = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "crm.people.passwords.MaximumLengthValidator"},
    {"NAME": "crm.people.passwords.ContextWordsValidator"},
]
DENGBAO = [
    *MODERN,
    {"NAME": "crm.people.passwords.CharacterClassesValidator"},
    {"NAME": "crm.people.passwords.PasswordHistoryValidator"},
]


@pytest.mark.parametrize(
    ("password", "modern", "dengbao"),
    [
        ("short", False, False),
        ("x" * 129, False, False),
        ("my harbour password", False, False),
        ("four plain small words", True, False),
        ("Four Plain Words 4", True, True),
    ],
)
def test_both_profiles_judge_a_password(password, modern, dengbao):
    for profile, passes in ((MODERN, modern), (DENGBAO, dengbao)):
        try:
            validate_password(password, make_user(), get_password_validators(profile))
        except ValidationError:
            assert not passes, password
        else:
            assert passes, password


def test_the_strict_profile_refuses_a_password_used_before():
    person = make_user("nora")
    person.set_password("Four Plain Words 4")
    person.save()
    person.password_records.create(password=person.password)
    with pytest.raises(ValidationError) as refusal:
        validate_password("Four Plain Words 4", person, get_password_validators(DENGBAO))
    assert [error.code for error in refusal.value.error_list] == ["password_used_before"]


def test_every_answer_carries_strict_headers():
    for answer in (Client().get(SIGN_IN), sign_in(make_user("nora", role="rep")).get("/")):
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy
        assert "unsafe" not in policy and "*" not in policy
        assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")
        assert answer["Referrer-Policy"] == "same-origin"
    cookies = Client().get(SIGN_IN).cookies
    assert cookies["csrf"]["httponly"] and cookies["csrf"]["samesite"] == "Lax"


def test_a_sealed_secret_opens_only_as_it_was_sealed():
    token = sealed("seed")
    assert opened(token) == "seed" and "seed" not in token
    key_id, _, body = token.partition(":")
    from django.core.exceptions import ImproperlyConfigured

    with pytest.raises(ImproperlyConfigured):
        opened(f"{key_id}:{'A' if body[0] != 'A' else 'B'}{body[1:]}")
