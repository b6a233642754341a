"""The first administrators of a real installation."""

import pytest
from django.core.management import CommandError, call_command

from crm.people.models import User

pytestmark = pytest.mark.django_db


def test_both_administrators_are_created_with_one_duty_each(monkeypatch):
    monkeypatch.setenv("HARBOUR_ADMIN_PASSWORD", "grey-kite-4711")
    monkeypatch.setenv("HARBOUR_SECURITY_PASSWORD", "blue-kite-4711")
    call_command("createsuperadmin", username="boss", security_username="guard", no_input=True)
    held = {user.username: [role.code for role in user.roles.all()] for user in User.objects.all()}
    assert held == {"boss": ["admin"], "guard": ["security"]}
    assert not User.objects.filter(is_demo=True).exists()


def test_a_weak_password_creates_nobody(monkeypatch):
    monkeypatch.setenv("HARBOUR_ADMIN_PASSWORD", "password")
    with pytest.raises(CommandError):
        call_command("createsuperadmin", username="boss", no_input=True)
    assert not User.objects.exists()


def test_without_a_password_and_without_asking_it_stops(monkeypatch):
    monkeypatch.delenv("HARBOUR_ADMIN_PASSWORD", raising=False)
    with pytest.raises(CommandError):
        call_command("createsuperadmin", no_input=True)
    assert not User.objects.exists()
