"""What the command palette finds: rows of the apps above, then commands, then places (DESIGN §6.2)."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string

from crm.ui import navigation

MOST_HITS = 8
LONGEST_QUERY = 100


@dataclass(frozen=True)
class Hit:
    """One result: the label is shown with the letter of a company, or with an icon where one is named."""

    label: str
    url: str
    remark: str = ""
    icon: str = ""


Found = tuple[Any, list[Hit]]


def found_rows(user: Any, query: str) -> list[Found]:
    """(title, hits) of every source in settings.HARBOUR_PALETTE that found something.

    A source is a function `(user, query) -> (title, hits)`; it answers only with what the user may see.
    """
    answers = [import_string(source)(user, query) for source in settings.HARBOUR_PALETTE]
    return [(title, hits[:MOST_HITS]) for title, hits in answers if hits]


def palette(request: HttpRequest) -> HttpResponse:
    """The results of `?q=` as a fragment; without a query every command and place."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    places, commands = navigation.places_for(request.user), navigation.commands_for(request.user)
    context: dict[str, Any] = {"query": query, "places": places, "commands": commands}
    if query:
        word = query.casefold()
        context["places"] = [place for place in places if word in place.label.casefold()]
        context["commands"] = [command for command in commands if word in command.label.casefold()]
        context["found"] = found_rows(request.user, query)
    return render(request, "components/_palette_list.html", context)
