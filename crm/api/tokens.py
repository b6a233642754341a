"""Keys of people for other systems: made once, kept as a digest, narrowed by scopes, refused when stale."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from crm.api.models import ApiToken
from crm.api.scopes import catalogue, narrowed, uncovered
from crm.history.operations import operation
from crm.people.models import User

LIFE_AT_MOST = timedelta(days=365)
UNUSED_AT_MOST = timedelta(days=90)
USE_NOTED_EVERY = timedelta(minutes=1)
_SHAPE = re.compile(r"crm_(\d{1,18})_([0-9a-f]{64})")


def issue_token(
    user: User, *, actor: User | None, name: str, scopes: Sequence[str] = (), life: timedelta = LIFE_AT_MOST
) -> tuple[ApiToken, str]:
    """A new token and its text `crm_<id>_<secret>`, which nobody can read again; no scopes: all the person may do.

    ValidationError for a disabled person, an unknown scope, or a life of more than 365 days.
    """
    if not user.is_active:
        raise ValidationError(_("%(name)s is disabled and cannot hold a token.") % {"name": user})
    if unknown := sorted(set(scopes) - set(catalogue())):
        raise ValidationError(_("There is no scope %(words)s.") % {"words": ", ".join(unknown)}, code="unknown_scope")
    if not timedelta(0) < life <= LIFE_AT_MOST:
        raise ValidationError(_("A token lives for at most %(days)s days.") % {"days": LIFE_AT_MOST.days})
    secret = secrets.token_hex(32)
    with operation(actor, "api_token_made", user, facts={"name": name[:80], "scopes": sorted(set(scopes))}):
        token = ApiToken.objects.create(
            user=user,
            name=name[:80],
            digest=_digest(secret),
            scopes=sorted(set(scopes)),
            expires_at=timezone.now() + life,
        )
    return token, f"crm_{token.pk}_{secret}"


def revoke_token(token: ApiToken, *, actor: User | None) -> None:
    """Switch a token off for good; revoking twice does no harm."""
    with operation(actor, "api_token_revoked", token.user, facts={"name": token.name}):
        ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer crm_<id>_<secret>`; the request then acts as the person of the token, in its scopes."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        header = get_authorization_header(request).split()
        if not header or header[0].lower() != b"bearer":
            return None
        token = _token_of(b" ".join(header[1:]).decode("latin-1"))
        translation.activate(token.user.language)
        if reason := _why_refused(token):
            raise AuthenticationFailed(reason)
        _note_use(token)
        user = token.user
        user._reach = narrowed(user.reach, token.scopes) if token.scopes else uncovered(user.reach)
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _token_of(text: str) -> ApiToken:
    shape = _SHAPE.fullmatch(text)
    found = ApiToken.objects.select_related("user__department").filter(pk=shape[1]).first() if shape else None
    # compared also where there is no such token, so that the time taken tells nothing
    is_right = secrets.compare_digest(found.digest if found else "", _digest(shape[2] if shape else ""))
    if found is None or not is_right:
        raise AuthenticationFailed(_("This token is not known."))
    return found


def _why_refused(token: ApiToken) -> str:
    now = timezone.now()
    if token.revoked_at:
        return _("This token has been revoked.")
    if token.expires_at <= now:
        return _("This token has expired.")
    if (token.last_used_at or token.created_at) < now - UNUSED_AT_MOST:
        return _("This token has not been used for %(days)s days and is off.") % {"days": UNUSED_AT_MOST.days}
    if not token.user.is_active:
        return _("The person of this token is disabled.")
    return ""


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
