"""The sidebar, the phone's tab bar and the palette's places and commands, out of settings.HARBOUR_NAVIGATION."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string

Line = tuple[str, Any, str, str, str, str]
TAB_BAR = ("workbench", "customers:customer_list", "customers:activity_list", "notifications:notice_list")


@dataclass(frozen=True)
class Place:
    """A page one may go to, or a command one may start."""

    name: str
    label: str
    icon: str
    url: str
    key: str
    count: int
    is_current: bool


@dataclass(frozen=True)
class Group:
    """Places under one heading of the sidebar."""

    label: str
    places: list[Place]


def gate() -> Callable[..., bool]:
    """The access gate's `may(user, right, row=None)`, found by name because the kernel's ui stands below access."""
    return import_string(settings.HARBOUR_GATE)


@lru_cache(maxsize=256)
def address(name: str) -> str:
    """The address of a URL name, "" where this installation does not have the page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _current_url(path: str, urls: Iterable[str]) -> str:
    """The longest place that the path lies in; the workbench at "/" holds nothing but itself."""
    return max(
        (url for url in urls if url and (path == url or (url != "/" and path.startswith(url)))), key=len, default=""
    )


def _places(lines: Iterable[Line], user: Any, current: str = "", notices: int = 0) -> list[Place]:
    may = gate()
    shown = []
    for name, label, icon, right, count, key in lines:
        url = address(name)
        if url and (not right or may(user, right)):
            waiting = notices if count == "notices" else _counted(count, user)
            shown.append(Place(name, str(label), icon, url, key, waiting, url == current))
    return shown


def _counted(name: str, user: Any) -> int:
    """What settings.HARBOUR_COUNTS says waits for this person."""
    counter: Callable[[Any], int] | None = import_string(settings.HARBOUR_COUNTS[name]) if name else None
    return counter(user) if counter else 0


def groups_for(request: HttpRequest) -> list[Group]:
    """The sidebar of this user with the current place marked and what waits counted (one query: unread notices)."""
    user: Any = request.user
    sections = settings.HARBOUR_NAVIGATION
    path = address("settings:index") if request.path.startswith("/accounts/") else request.path
    current = _current_url(path, (address(line[0]) for _label, lines in sections for line in lines))
    notices = user.unread_count()
    groups = [Group(str(label), _places(lines, user, current, notices)) for label, lines in sections]
    return [group for group in groups if group.places]


def places_for(user: Any) -> list[Place]:
    """Every page of the sidebar this user may open, without counts."""
    return [place for _label, lines in settings.HARBOUR_NAVIGATION for place in _places(lines, user)]


def commands_for(user: Any) -> list[Place]:
    """Every command of settings.HARBOUR_COMMANDS this user may start."""
    return _places(settings.HARBOUR_COMMANDS, user)


class Shell:
    """What the application layout shows around a page; computed on first use, so fragments cost nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self.groups = groups_for(request)
        self.commands = commands_for(request.user)
        places = {place.name: place for group in self.groups for place in group.places}
        self.tabs = [places[name] for name in TAB_BAR if name in places]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell` (groups, commands, tabs) and `company_name`."""
    return {
        "shell": SimpleLazyObject(lambda: Shell(request)),
        "company_name": settings.COMPANY_NAME,
    }
