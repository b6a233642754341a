"""The list of contracts as a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest
from crm.records.lists import BuiltInView, BulkVerb, RecordListView
from crm.records.tables import Column
from sales.contracts.filters import ContractFilter
from sales.contracts.models import Contract, ContractType
from sales.contracts.tables import CONTRACT_TABLE
from sales.documents.naming import names_of
from sales.opportunities.names import opportunity_names


class ContractListView(RecordListView):
    """All contracts and supplements one may see."""

    model = Contract
    filterset = ContractFilter
    table = CONTRACT_TABLE
    template = "sales/contracts/_list.html"
    page = "contracts"
    verbs = (BulkVerb(_("Export"), "download", "sales:contract_export", "sales.export_contract"),)

    def built_in_views(self) -> Sequence[BuiltInView]:
        """What is on the way, to be signed, running, ending."""
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("mine", _("Mine"), "owner=me", "sales.change_contract"),
            BuiltInView("approval", _("In approval"), "state=pending,blocked,returned"),
            BuiltInView("to-sign", _("To be signed"), "state=approved"),
            BuiltInView("running", _("Running"), "state=signed,suspended&kind=main&sort=ends"),
            BuiltInView("supplements", _("Supplements"), "kind=supplement"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """One query for people and customers, one for types where they are shown."""
        types, opportunities = wanted.pop("contract_type", set()), wanted.pop("opportunity", set())
        shown = {column.name for column in columns}
        if "type" in shown:
            types = types | {row.type_id for row in rows}
        pointed: dict[str, set[int]] = {}
        for kind, name in (("person", "owner"), ("customer", "customer")):
            if name in shown:
                pointed[kind] = {pk for row in rows if (pk := getattr(row, f"{name}_id"))}
        found = names_of(self.request.user, pointed, wanted)
        named = ContractType.objects.filter(pk__in=types).values_list("pk", "name") if types else ()
        found["contract_type"] = dict(named)
        found["opportunity"] = opportunity_names(self.request.user, opportunities)
        return found

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page, and whether the menu of the rows has verbs."""
        return {"list_title": _("Contracts"), "may_change": request.user.reach.has("sales.change_contract")}
