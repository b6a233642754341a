"""What somebody chose on a list: some ids, or all that match; small enough to keep in a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.access.gate import SignedInRequest
from crm.records.filters import RecordFilterSet

IDS_AT_MOST = 1000


@dataclass(frozen=True)
class Selection:
    """Either `ids`, or `query` (the list's parameters) for all that match."""

    ids: tuple[int, ...] = ()
    query: str = ""
    is_all: bool = False

    @classmethod
    def from_request(cls, request: SignedInRequest) -> Selection:
        """Read `ids` (repeated or comma-separated) or `all=1` with `query` from a form or an address."""
        posted = request.POST if request.method == "POST" else request.GET
        if posted.get("all") == "1":
            return cls(query=posted.get("query", "")[:2000], is_all=True)
        words = [word for value in posted.getlist("ids") for word in value.split(",") if word]
        if len(words) > IDS_AT_MOST or not all(word.isdecimal() and len(word) < 19 for word in words):
            raise ValidationError(_("The selection is damaged. Choose the rows again."), code="bad_selection")
        return cls(ids=tuple(dict.fromkeys(int(word) for word in words)))

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> Selection:
        """Read back what `as_params` wrote."""
        return cls(tuple(params.get("ids", ())), params.get("query", ""), bool(params.get("all")))

    def as_params(self) -> dict[str, Any]:
        """Small and plain enough for a job."""
        return {"query": self.query, "all": True} if self.is_all else {"ids": list(self.ids)}

    def rows(self, scoped: QuerySet[Any], filterset: type[RecordFilterSet], user: Any) -> QuerySet[Any]:
        """The chosen rows out of rows already scoped to the person; filters are applied again on the server."""
        if self.is_all:
            return filterset(QueryDict(self.query), scoped, user).rows()
        return scoped.filter(pk__in=self.ids)
