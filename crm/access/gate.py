"""May you open this page? Every view carries one mark; a view without one is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from crm.access.denials import note_denial

if TYPE_CHECKING:
    from crm.people.models import User

View = Callable[..., HttpResponseBase]


class SignedInRequest(HttpRequest):
    """A request that has passed a gate: somebody is signed in."""

    user: User


@dataclass(frozen=True)
class Gate:
    """What a view asks before it runs."""

    kind: Literal["public", "signed_in", "needs", "api"]
    right: str = ""
    model: type[Model] | None = None
    rows: str = ""


def public(view: View) -> View:
    """Open to strangers."""
    return _marked(view, Gate("public"))


def signed_in(view: View) -> View:
    """Open to everybody who is signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        return view(request, *args, **kwargs)

    return _marked(guarded, Gate("signed_in"))


def needs(right: str, *, model: type[Model] | None = None, rows: str = "") -> Callable[[View], View]:
    """Open to holders of a right; with a model, the view is handed the row `pk` of the URL, if it is in reach.

    `rows` names another queryset method than `within(user, right)`: "visible_to" or "editable_by". No right → 403.
    A row out of reach → 404; a row one may see but not use this right on → 403.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if not request.user.reach.has(right):
                note_denial(request, right)
                raise PermissionDenied(_("Your role does not include this."))
            if model is not None:
                args = (_row(request, model, right, rows, kwargs.pop("pk")), *args)
            return view(request, *args, **kwargs)

        return _marked(guarded, Gate("needs", right, model, rows))

    return decorate


def may(user: Any, right: str, row: Any = None) -> bool:
    """Whether a button for this right belongs on the page: the same question the page itself asks."""
    if not getattr(user, "is_authenticated", False) or not user.reach.has(right):
        return False
    if row is None or user.reach.covers(right, row):
        return True
    action = right.split(".")[1].split("_")[0]
    share_model = getattr(type(row)._default_manager.all(), "share_model", "")
    if not share_model or action not in ("view", "change"):
        return False
    return bool(type(row)._default_manager.within(user, right).filter(pk=row.pk).exists())


class GateMiddleware:
    """Refuses a view that carries no mark."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> None:
        if gate_of(view) is None:
            raise ImproperlyConfigured(f"{view.__module__}.{getattr(view, '__name__', view)} carries no gate mark.")


def gate_of(view: Any) -> Gate | None:
    """The mark of a view function, of a class-based view or of an API view."""
    for bearer in (view, getattr(view, "view_class", None), getattr(view, "cls", None)):
        if gate := getattr(bearer, "gate", None):
            return gate
    return None


def _marked(view: View, gate: Gate) -> View:
    view.gate = gate  # type: ignore[attr-defined]
    return view


def _row(request: HttpRequest, model: type[Model], right: str, rows: str, pk: Any) -> Model:
    manager: Any = model._default_manager
    reachable = getattr(manager.all(), rows)(request.user) if rows else manager.within(request.user, right)
    row = reachable.filter(pk=pk).first()
    if row is not None:
        return row
    if manager.visible_to(request.user).filter(pk=pk).exists():
        note_denial(request, right)
        raise PermissionDenied(_("You may see this record, but not do this with it."))
    raise Http404


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if getattr(request, "htmx", False):
        answer = HttpResponse(status=401)
        answer["HX-Redirect"] = redirect_to_login(request.htmx.current_url_abs_path or "/").url  # type: ignore[attr-defined]
        return answer
    return redirect_to_login(request.get_full_path())
