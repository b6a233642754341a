"""The sidebar, the phone's tab bar and the palette's places and commands, out of settings.HARBOUR_NAVIGATION."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

Line = tuple[str, Any, str, str, str, str]
# a phone has room for four: those of these that a person may open, in order
TAB_BAR = (
    "workbench", "customers:customer_list", "sales:opportunity_list", "approvals:approval_list",
    "customers:activity_list", "sales:product_list", "notifications:notice_list", "settings:index",
)  # fmt: skip
TABS_AT_MOST = 4


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
    places: tuple[Place, ...]


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


def _placed(path: str) -> str:
    """The path by which a page finds its place: its own, or that settings.HARBOUR_PLACE_OF names."""
    return next((address(name) for start, name in settings.HARBOUR_PLACE_OF.items() if path.startswith(start)), path)


def _current_url(path: str, urls: Iterable[str]) -> str:
    """The longest place that the path lies in; the workbench at "/" holds nothing but itself."""
    return max(
        (url for url in urls if url and (path == url or (url != "/" and path.startswith(url)))), key=len, default=""
    )


def _open_lines(lines: Iterable[Line], user: Any) -> Iterator[tuple[Line, str]]:
    """The lines whose pages this user may open, with their addresses."""
    may = gate()
    for line in lines:
        url = address(line[0])
        if url and (not line[3] or may(user, line[3])):
            yield line, url


def _places(
    lines: Iterable[Line], user: Any, current: str = "", counts: Mapping[str, int] | None = None
) -> list[Place]:
    return [
        Place(name, str(label), icon, url, key, (counts or {}).get(count, 0), url == current)
        for (name, label, icon, _right, count, key), url in _open_lines(lines, user)
    ]


def _waiting(names: Iterable[str], user: Any) -> dict[str, int]:
    """How many wait, by what the lines count: unread notices and the rows settings.HARBOUR_COUNTS names. One query."""
    declared = settings.HARBOUR_COUNTS
    rows = {name: import_string(declared[name])(user) for name in names if name in declared}
    if not rows:
        return {"notices": user.unread_count()}
    rows["notices"] = user.notices.filter(read_at=None)
    columns = [
        Func(ArraySubquery(found.values("pk")), function="cardinality", output_field=IntegerField())
        for found in rows.values()
    ]
    counted = user._meta.default_manager.filter(pk=user.pk).values_list(*columns).get()
    counts = {name: count or 0 for name, count in zip(rows, counted, strict=True)}
    user.remember_unread(counts["notices"])
    return counts


def groups_for(request: HttpRequest) -> list[Group]:
    """The sidebar of this user with the current place marked and what waits counted (one query)."""
    user: Any = request.user
    sections = settings.HARBOUR_NAVIGATION
    current = _current_url(_placed(request.path), (address(line[0]) for _label, lines in sections for line in lines))
    counts = _waiting([line[4] for _label, lines in sections for line, _url in _open_lines(lines, user)], user)
    groups = [Group(str(label), tuple(_places(lines, user, current, counts))) for label, lines in sections]
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
        self.tabs = [places[name] for name in TAB_BAR if name in places][:TABS_AT_MOST]

    @property
    def dialogs(self) -> SafeString:
        """The palette, what one may add and the keys: closed at first, and the same on each page somebody opens."""
        plain = (replace(group, places=tuple(map(_plain, group.places))) for group in self.groups)
        return _dialogs(get_language(), tuple(plain), tuple(self.commands))


def _plain(place: Place) -> Place:
    return replace(place, count=0, is_current=False)


@lru_cache(maxsize=128)
def _dialogs(language: str, groups: tuple[Group, ...], commands: tuple[Place, ...]) -> SafeString:
    """Drawn once for all who may open the same places and read the same language; nothing else goes into it."""
    return render_to_string("components/_dialogs.html", {"groups": groups, "commands": commands})


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell` (groups, commands, tabs) and `company_name`."""
    return {
        "shell": SimpleLazyObject(lambda: Shell(request)),
        "company_name": settings.COMPANY_NAME,
    }
