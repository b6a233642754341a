"""Password rules beyond Django's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from crm.people.models import User


class MaximumLengthValidator:
    """At most 128 characters, so that hashing stays cheap."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > 128:
            raise ValidationError(_("The password has more than 128 characters."), code="password_too_long")

    def get_help_text(self) -> str:
        return _("At most 128 characters.")


class ContextWordsValidator:
    """No product or company words."""

    words = ("harbour", "harbor", "haigang", "海港")

    def validate(self, password: str, user: User | None = None) -> None:
        if any(word in password.lower() for word in self.words):
            raise ValidationError(_("The password contains the name of this product."), code="password_context")

    def get_help_text(self) -> str:
        return _("Not the name of this product.")


class CharacterClassesValidator:
    """Three of: small letters, capitals, digits, signs (the dengbao profile)."""

    classes = (r"[a-z]", r"[A-Z]", r"\d", r"[^a-zA-Z\d]")

    def validate(self, password: str, user: User | None = None) -> None:
        if sum(bool(re.search(pattern, password)) for pattern in self.classes) < 3:
            raise ValidationError(self.get_help_text(), code="password_classes")

    def get_help_text(self) -> str:
        return _("Use three of: small letters, capitals, digits, signs.")


class PasswordHistoryValidator:
    """None of the last five passwords (the dengbao profile)."""

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None or user.pk is None:
            return
        earlier = [user.password, *user.password_records.values_list("password", flat=True)[:5]]
        if any(check_password(password, known) for known in earlier if known):
            raise ValidationError(self.get_help_text(), code="password_used_before")

    def get_help_text(self) -> str:
        return _("Not one of your last five passwords.")
