"""The desk of payments: the lists of payments and of bank lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.access.gate import SignedInRequest
from crm.records.lists import BuiltInView, BulkVerb, RecordListView
from crm.records.tables import Column
from customers.customers.names import look_up, merged
from customers.tasks.seen import seen_names
from sales.contracts.models import Contract
from sales.payments.filters import BankLineFilter, PaymentFilter
from sales.payments.matching import proposals
from sales.payments.models import BankImport, BankLine, Payment
from sales.payments.tables import BANK_LINE_TABLE, PAYMENT_TABLE

CONFIRM, IMPORT, CLOSE = "sales.confirm_payment", "sales.import_bank_line", "sales.close_period"


def desk_places(user: Any) -> dict[str, bool]:
    """Which parts of the desk a person may open."""
    return {"may_import": user.reach.has(IMPORT), "may_close": user.reach.has(CLOSE)}


class PaymentListView(RecordListView):
    """All payments one may see."""

    model = Payment
    filterset = PaymentFilter
    table = PAYMENT_TABLE
    template = "sales/payments/_list.html"
    page = "payments"
    verbs = (
        BulkVerb(_("Confirm"), "circle-check", "sales:payments_confirm", CONFIRM),
        BulkVerb(_("Export"), "download", "sales:payment_export", "sales.export_payment"),
    )

    def built_in_views(self) -> Sequence[BuiltInView]:
        """Claims that wait, money that is not used yet, reversals that wait for a second person."""
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("mine", _("Mine"), "owner=me", "sales.change_payment"),
            BuiltInView("to-confirm", _("Claims to confirm"), "state=pending,blocked&kind=payment&sort=created"),
            BuiltInView("prepaid", _("Prepayments"), "kind=prepaid"),
            BuiltInView("reversals", _("Reversals"), "kind=reversal"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """Names of people; customers and contracts only where the person sees them."""
        shown = {column.name for column in columns}
        pointed: dict[str, set[int]] = {}
        for kind, name in (
            ("person", "owner"), ("person", "confirmed_by"), ("customer", "customer"), ("contract", "contract"),
        ):  # fmt: skip
            if name in shown:
                pointed.setdefault(kind, set()).update(pk for row in rows if (pk := getattr(row, f"{name}_id")))
        return names_in_reach(self.request.user, merged(pointed, wanted))

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page, and what else of the desk the person opens."""
        return {"list_title": _("Payments"), **desk_places(request.user)}


class BankLineListView(RecordListView):
    """Credits on our accounts, with what they may be."""

    model = BankLine
    filterset = BankLineFilter
    table = BANK_LINE_TABLE
    template = "sales/payments/_bank_lines.html"
    page = "bank-lines"
    verbs = (BulkVerb(_("Set aside"), "circle-x", "sales:bank_lines_ignore", IMPORT),)

    def built_in_views(self) -> Sequence[BuiltInView]:
        """What is to be matched, and what was."""
        return [
            BuiltInView("", pgettext_lazy("bank lines", "To match"), ""),
            BuiltInView("matched", pgettext_lazy("bank lines", "Matched"), "state=matched"),
            BuiltInView("ignored", pgettext_lazy("bank lines", "Set aside"), "state=ignored"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """What fits the lines of the page, the numbers of their payments, and statements by name."""
        found: dict[str, Any] = {"proposal": {}, "payment": {}, "statement": {}}
        if any(column.name == "proposal" for column in columns):
            found["proposal"] = proposals(rows, self.request.user)
            ids = [row.payment_id for row in rows if row.payment_id]
            found["payment"] = _payments(self.request.user, ids)
        if statements := wanted.get("statement"):
            found["statement"] = dict(BankImport.objects.filter(pk__in=statements).values_list("pk", "file_name"))
        return found

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page."""
        return {"list_title": _("Bank lines"), **desk_places(request.user)}


def _payments(user: Any, ids: list[int]) -> dict[int, Payment]:
    rows = Payment.objects.visible_to(user).filter(pk__in=ids).select_related("customer") if ids else ()
    return {row.pk: row for row in rows}


def names_in_reach(user: Any, wanted: dict[str, set[int]]) -> dict[str, Any]:
    """Names of people, and of those customers and contracts the person sees; one query for each."""
    asked = dict(wanted)
    customers, contracts = asked.pop("customer", set()), asked.pop("contract", set())
    found: dict[str, Any] = dict(look_up(asked))
    found["customer"] = seen_names(user, customers)
    rows = Contract.objects.visible_to(user).filter(pk__in=contracts) if contracts else Contract.objects.none()
    found["contract"] = dict(rows.values_list("pk", "number"))
    return found
