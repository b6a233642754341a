"""What the command palette and the search page find: rows of the apps above, commands, places (DESIGN §6.2)."""

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string

from crm.ui import navigation

MOST_HITS = 8
MOST_HITS_OF_PAGE = 25
LONGEST_QUERY = 100
Hit = dict[str, Any]


def found_rows(user: Any, query: str, limit: int = MOST_HITS) -> tuple[dict[str, list[Hit]], list[str]]:
    """Hits by the title of their group, at most `limit` each, and why a source did not search (too short a text).

    A source in settings.HARBOUR_PALETTE is a function `(text, user, limit)` that answers with dictionaries of group,
    label, detail, url and perhaps icon and mark (the part of the label that fits), and only with what the user may see.
    """
    hits: list[Hit] = []
    refusals: dict[str, None] = {}
    for source in settings.HARBOUR_PALETTE:
        try:
            hits += import_string(source)(query, user, limit)
        except ValidationError as refusal:
            refusals.update(dict.fromkeys(refusal.messages))
    return {title: found[:limit] for title, found in _grouped(hits).items()}, list(refusals)


def _grouped(hits: list[Hit]) -> dict[str, list[Hit]]:
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(str(hit["group"]), []).append(hit)
    return groups


def palette(request: HttpRequest) -> HttpResponse:
    """The results of `?q=` as a fragment; without a query every command and place."""
    query = _query(request)
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


def search(request: HttpRequest) -> HttpResponse:
    """The same results on a page of their own, more of each kind; for htmx the results alone."""
    query = _query(request)
    found, refusals = found_rows(request.user, query, MOST_HITS_OF_PAGE) if query else ({}, [])
    part = "components/_search_results.html" if getattr(request, "htmx", False) else "search.html"
    context = {"query": query, "words": quote(query), "found": found, "refusals": refusals, "limit": MOST_HITS_OF_PAGE}
    answer = render(request, part, context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _query(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
