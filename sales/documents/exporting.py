"""The export of sales records: they hold no contact details, and company secrets stay out of what others take."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from crm.records.exports import Export
from crm.records.selection import Selection
from customers.customers.names import look_up

_DOCUMENTS = ("contract", "invoice", "opportunity")


class SalesExport(Export):
    """An export of records without contact details."""

    def rows(self, user: Any, selection: Selection) -> QuerySet[Any]:
        """The chosen rows that the person may see and may export now, those of one's customers with them."""
        manager: Any = self.model._default_manager
        scoped = manager.visible_to(user) & manager.within(user, self.right)
        return selection.rows(scoped if selection.is_all else scoped.live(), self.filterset, user)

    def details_open(self, user: Any) -> Q:
        """Nothing is masked, because there is nothing to mask."""
        return Q(pk__isnull=False)


def told_names(wanted: dict[str, set[int]]) -> dict[str, Any]:
    """Names of people and lists; documents by their ids: the ledger and deciders learn no names of them."""
    rest = {kind: ids for kind, ids in wanted.items() if kind not in _DOCUMENTS}
    return {**look_up(rest), **{kind: {pk: f"#{pk}" for pk in wanted.get(kind, ())} for kind in _DOCUMENTS}}
