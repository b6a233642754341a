"""The gate of the API: an action without a declared right is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from crm.access.denials import note_denial
from crm.api.scopes import wanted_word

if TYPE_CHECKING:
    from crm.api.views import ApiViewSet

ANYBODY = ""  # the declared right of what every person with a token may do


class Allowed(BasePermission):
    """Signed in, within the scopes of the token, and entitled to the action; rows are asked for by the view."""

    def has_permission(self, request: Request, view: ApiViewSet) -> bool:
        if request.user is None:
            raise NotAuthenticated(_("Send a token: Authorization: Bearer …"))
        if view.action in (None, "metadata"):
            raise MethodNotAllowed(request.method or "")
        right = view.rights.get(view.action)
        if right is None:
            note_denial(request, f"undeclared {view.action}")
            return False
        word = wanted_word(view.scope, view.action, view.scope_words)
        if request.auth.scopes and word not in request.auth.scopes:
            note_denial(request, word)
            raise PermissionDenied(_("This token lacks the scope %(word)s.") % {"word": word}, code="missing_scope")
        if right != ANYBODY and not request.user.reach.has(right):
            note_denial(request, right)
            raise PermissionDenied(_("Your role does not include this."))
        return True
