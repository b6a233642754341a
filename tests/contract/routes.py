"""All addresses of the product, read from the URL table itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from crm.access.gate import Gate, gate_of


@dataclass(frozen=True)
class Route:
    """One pattern: its full name, its text, its view and mark."""

    name: str
    pattern: str
    view: Any

    @property
    def gate(self) -> Gate | None:
        return gate_of(self.view)

    @property
    def label(self) -> str:
        return self.name or self.pattern


def all_routes() -> list[Route]:
    """Every pattern below the root."""
    return list(_walk(get_resolver().url_patterns, "", ""))


def _walk(patterns: list[Any], prefix: str, namespace: str) -> Iterator[Route]:
    for entry in patterns:
        text = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry.url_patterns, text, inner)
        elif isinstance(entry, URLPattern):
            yield Route(f"{namespace}{entry.name}" if entry.name else "", text, entry.callback)
