"""Sales in the story of a customer: what was submitted, decided, signed, delivered, paid and issued."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Case, JSONField, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Cast, JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from crm.approvals.models import ApprovalRequest
from crm.history.models import Operation
from crm.history.timeline import Entry, ShownRecord, TimelineSource
from crm.history.verbs import worded
from customers.customers.models import Customer
from sales.customers.kinds import BY_NAME, KINDS, VIEW_RIGHTS, sees_sales
from sales.documents.shown import money

_REQUEST = ApprovalRequest._meta.label_lower
DECISIONS = ("approval_approved", "approval_rejected", "approval_returned", "approval_withdrawn")
DEEDS = (
    "opportunity_created", "opportunity_won", "opportunity_lost", "opportunity_reopened",
    "requirement_submitted", "requirement_checked", "requirement_voided",
    "quote_submitted", "quote_sent", "quote_accepted", "quote_declined", "quote_voided",
    "contract_submitted", "contract_signed", "contract_suspended", "contract_resumed", "contract_terminated",
    "contract_closed", "contract_voided",
    "order_opened", "delivery_delivered", "delivery_accepted", "delivery_refused",
    "payment_submitted", "payment_confirmed", "payment_reversal_confirmed", "payment_voided",
    "invoice_submitted", "invoice_issued", "invoice_sent", "invoice_voided",
    "reissue_submitted", "red_letter_issued", "reissue_settled", "reissue_closed", "reissue_voided",
)  # fmt: skip
# the approval that is withdrawn with the document tells it
_TOLD_BY_OTHERS = (
    "requirement_withdrawn", "quote_withdrawn", "contract_withdrawn", "payment_withdrawn", "invoice_withdrawn",
    "reissue_withdrawn",
)  # fmt: skip


class SalesSource(TimelineSource):
    """Deeds about the sales records of a customer, out of the history; each as far as the reader sees its record."""

    tab, label, mark = "sales", pgettext_lazy("timeline", "Sales"), "s"
    right, moment = VIEW_RIGHTS[0], "at"
    fields = ("verb", "via", "actor_id", "subject_label", "reason", "facts", "about")
    verbs = _TOLD_BY_OTHERS
    deeds = (*DEEDS, *DECISIONS)

    def is_open_to(self, user: Any) -> bool:
        """Anybody who sees one kind of these records."""
        return sees_sales(user)

    def rows(self, customer: Any, user: Any) -> QuerySet[Any]:
        """The deeds, those with customers merged into this one included."""
        anchors = Customer.objects.filter(Q(pk=customer.pk) | Q(merged_into=customer)).values("pk")
        whole = [kind for kind in KINDS if kind.sees_all(customer, user)]
        about, decided = (
            Q(subject_type__in=[kind.label for kind in whole]),
            Q(purpose__in=[one.purpose for one in whole]),
        )
        for kind in KINDS:
            if kind not in whole:
                rows = kind.seen(customer, user).order_by().values("pk")
                about |= Q(subject_type=kind.label, subject_id__in=rows)
                decided |= Q(purpose=kind.purpose, subject_id__in=rows)
        requests = ApprovalRequest.objects.filter(decided, customer_id__in=anchors).order_by().values("pk")
        told = Q(about, verb__in=DEEDS) | Q(verb__in=DECISIONS, subject_type=_REQUEST, subject_id__in=requests)
        return Operation.objects.filter(told, anchor_id__in=anchors).annotate(about=_about())

    def tell(self, entry: Entry, customer: Any, user: Any, names: Mapping[str, Mapping[int, Any]]) -> None:
        """Who did what with which record, and what it is about."""
        row, about = entry.row, entry.row.about or {}
        entry.text, entry.icon, entry.tone = worded(row.verb, row.subject_label)
        entry.is_small, entry.content = False, row.reason
        by_customer = row.facts.get("name") or about.get("by") if row.via == Operation.Via.LINK else ""
        entry.actor = by_customer or str(names["person"].get(row.actor_id, _("The system")))
        if kind := BY_NAME.get(about.get("kind", "").removeprefix("sales.")):
            title = " ".join(dict.fromkeys(part for part in (about["number"], about["title"]) if part))
            amount = money(Decimal(about["amount"]), about["currency"]) if about["amount"] else ""
            entry.record = ShownRecord(title or row.subject_label, kind.address(about["pk"]), kind.icon, amount)


@cache
def _about() -> Case:
    """The record of a deed as the reader finds it now; read for the entries of one page only."""
    decision = JSONObject(
        kind="purpose", pk="subject_id", number=Value(""), title="title", amount=Cast("amount", TextField()),
        currency="currency", by=Value(""),
    )  # fmt: skip
    requests = ApprovalRequest.objects.filter(pk=OuterRef("subject_id")).order_by().values(about=decision)
    return Case(
        *(When(subject_type=kind.label, then=kind.told()) for kind in KINDS),
        When(subject_type=_REQUEST, then=Subquery(requests, output_field=JSONField())),
        output_field=JSONField(),
    )
