"""What the command palette finds: rows of the apps above, then commands, then places (DESIGN §6.2)."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string

from crm.ui import navigation

MOST_HITS = 8
LONGEST_QUERY = 100
Hit = dict[str, Any]


def found_rows(user: Any, query: str) -> tuple[dict[str, list[Hit]], list[str]]:
    """Hits by the title of their group, at most eight each, and why a source did not search (too short a text).

    A source in settings.HARBOUR_PALETTE is a function `(text, user)` that answers with dictionaries of group, label,
    detail, url and perhaps icon, and only with what the user may see.
    """
    groups: dict[str, list[Hit]] = {}
    refusals: dict[str, None] = {}
    for source in settings.HARBOUR_PALETTE:
        try:
            hits = import_string(source)(query, user)
        except ValidationError as refusal:
            refusals.update(dict.fromkeys(refusal.messages))
            continue
        for hit in hits:
            groups.setdefault(str(hit["group"]), []).append(hit)
    return {title: hits[:MOST_HITS] for title, hits in groups.items()}, list(refusals)


def _grouped(hits: list[Hit]) -> dict[str, list[Hit]]:
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(str(hit["group"]), []).append(hit)
    return groups


def palette(request: HttpRequest) -> HttpResponse:
    """The results of `?q=` as a fragment; without a query every command and place."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    places, commands = navigation.places_for(request.user), navigation.commands_for(request.user)
    context: dict[str, Any] = {"query": query, "places": places, "commands": commands}
    if not query:
        hits = [hit for source in settings.HARBOUR_PALETTE_START for hit in import_string(source)(request.user)]
        context["found"] = _grouped(hits)
    else:
        word = query.casefold()
        context["places"] = [place for place in places if word in place.label.casefold()]
        context["commands"] = [command for command in commands if word in command.label.casefold()]
        context["found"], context["refusals"] = found_rows(request.user, query)
    return render(request, "components/_palette_list.html", context)
