"""The triggers of all tables by name. pgtrigger makes these lists anew for each trigger it takes, here of hundreds."""

from __future__ import annotations

from typing import Any

from pgtrigger import registry


class Registry(registry._Registry):
    """What pgtrigger keeps, and beside it the two lists it compares each new trigger with."""

    def __init__(self, known: registry._Registry) -> None:
        self._by_db_table: dict[tuple[str, str], Any] = {}
        self._functions: set[str] = set()
        super().__init__(known)

    @property
    def by_db_table(self) -> dict[tuple[str, str], Any]:
        """Each trigger by the name of its table and its own."""
        return self._by_db_table

    @property
    def pg_function_names(self) -> set[str]:
        """What the functions of all triggers are called in PostgreSQL."""
        return self._functions

    def __setitem__(self, uri: str, registered: tuple[Any, Any]) -> None:
        super().__setitem__(uri, registered)
        model, trigger = registered
        self._by_db_table[model._meta.db_table, trigger.name] = trigger
        self._functions.add(trigger.get_pgid(model))

    def __delitem__(self, uri: str) -> None:
        model, trigger = self[uri]
        super().__delitem__(uri)
        self._by_db_table.pop((model._meta.db_table, trigger.name), None)
        self._functions.discard(trigger.get_pgid(model))


def keep_lists() -> None:
    """Have pgtrigger keep its lists: making them took a third of the time in which any process starts."""
    if not isinstance(registry._registry, Registry):
        registry._registry = Registry(registry._registry)
