"""How the history words what was done with sales documents, record by record."""

from typing import Any

VERBS: dict[str, Any] = {}
