"""Named states of a list, for oneself or for everyone."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, Max, Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.records.models import SavedView

SHARE_RIGHT = "crm.share_view"
VIEWS_AT_MOST = 30
NAME_AT_MOST = 40


@dataclass
class Tab:
    """A view as a tab of the list."""

    key: str
    name: str
    query: str
    pk: int = 0
    is_own: bool = False
    is_current: bool = False

    @property
    def url(self) -> str:
        """The list in this state."""
        key = f"view={self.key}" if self.key else ""
        return "?" + "&".join(part for part in (self.query, key) if part)


def saved_tabs(user: User, page: str) -> list[Tab]:
    """A person's own views of a list and those offered to everyone. One query."""
    views = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True), page=page)
    return [Tab(str(view.pk), view.name, view.query, view.pk, view.owner_id == user.pk) for view in views]


def save_view(actor: User, *, page: str, name: str, query: str, is_shared: bool = False) -> SavedView:
    """Keep a state of a list under a name, overwriting the actor's own view of that name."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_AT_MOST:
        raise ValidationError(_("A view needs a name of at most %(count)s characters.") % {"count": NAME_AT_MOST})
    if is_shared and not actor.reach.has(SHARE_RIGHT):
        raise PermissionDenied(_("Your role does not include this."))
    kept = QueryDict(query[:4000], mutable=True)
    for part in ("view", "cursor"):
        kept.pop(part, None)
    columns = [word for value in kept.getlist("columns") for word in value.split(",") if word]
    text = kept.urlencode()
    if len(text) > 2000:
        raise ValidationError(_("This view has too many filters to be kept."))
    own = SavedView.objects.filter(owner=actor, page=page)
    if own.exclude(name=name).count() >= VIEWS_AT_MOST:
        raise ValidationError(_("You have %(count)s views of this list. Delete one first.") % {"count": VIEWS_AT_MOST})
    last = own.aggregate(last=Max(F("position")))["last"] or 0
    with operation(actor, "view_saved", facts={"page": page, "name": name, "is_shared": is_shared}):
        view, _is_new = SavedView.objects.update_or_create(
            owner=actor,
            page=page,
            name=name,
            defaults={"query": text, "columns": columns, "is_shared": is_shared},
            create_defaults={"query": text, "columns": columns, "is_shared": is_shared, "position": last + 1},
        )
    return view


def delete_view(view: SavedView, *, actor: User) -> None:
    """Drop a view; somebody else's only where it is offered to everyone and the actor may do that."""
    if view.owner_id != actor.pk and not (view.is_shared and actor.reach.has(SHARE_RIGHT)):
        raise PermissionDenied(_("Only the owner deletes a view."))
    with operation(actor, "view_deleted", facts={"page": view.page, "name": view.name}):
        view.delete()
