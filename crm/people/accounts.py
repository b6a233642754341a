"""How allauth behaves here: nobody signs up, passwords are remembered for the history rule."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.utils import timezone

from crm.operations.requests import client_address
from crm.people.models import PasswordRecord, User
from crm.people.secrets import opened, sealed


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def set_password(self, user: User, password: str) -> None:
        if user.password:
            PasswordRecord.objects.create(user=user, password=user.password)
        user.set_password(password)
        user.password_changed_at = timezone.now()
        user.save(update_fields=["password", "password_changed_at"])


class MfaAdapter(DefaultMFAAdapter):
    """Second-factor secrets are sealed with the field key before they are stored."""

    def encrypt(self, text: str) -> str:
        return sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        return opened(encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        return str(user.username)
