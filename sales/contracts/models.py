"""Contracts 合同 with supplements 补充协议 and instalments 分期: what was agreed, and when it is to be paid."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from customers.base_data.models import BaseEntry
from sales.contracts.querysets import ContractQuerySet, InstalmentQuerySet
from sales.documents.models import Document, Line, money_field


@tracked()
class ContractType(BaseEntry):
    """A kind of contract: its standard clauses, and whether it may be invoiced before it is paid."""

    may_invoice_before_payment = models.BooleanField(
        _("may be invoiced before payment"), default=False,
        help_text=_("Otherwise at most what was received may be invoiced."),
    )  # fmt: skip
    clauses = models.TextField(_("standard clauses"), max_length=10_000, blank=True)

    class Meta(BaseEntry.Meta):
        verbose_name = _("contract type")
        verbose_name_plural = _("contract types")


@tracked()
class Contract(Document):
    """A contract, or a supplement to one (`main` set), which adds to its amount or takes away from it.

    `total` is what the main contract is about with all signed supplements; `received` and `invoiced` are kept under the
    lock on this row, so that the constraints below hold whatever happens (TRUST 5.3, invariants 16, 17, 22).
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("document", "draft")
        PENDING = "pending", pgettext_lazy("document", "in approval")
        BLOCKED = "blocked", pgettext_lazy("document", "approval blocked")
        RETURNED = "returned", pgettext_lazy("document", "returned")
        WITHDRAWN = "withdrawn", pgettext_lazy("document", "withdrawn")
        REJECTED = "rejected", pgettext_lazy("document", "rejected")
        APPROVED = "approved", pgettext_lazy("contract", "approved, to be signed")
        SIGNED = "signed", pgettext_lazy("contract", "signed")
        SUSPENDED = "suspended", pgettext_lazy("contract", "suspended")
        TERMINATED = "terminated", pgettext_lazy("contract", "terminated")
        CLOSED = "closed", pgettext_lazy("contract", "fulfilled")
        VOID = "void", pgettext_lazy("document", "void")

    class Direction(models.IntegerChoices):
        ADDS = 1, _("adds to the contract")
        TAKES = -1, _("takes away from the contract")

    # agreed with the customer and still going on
    RUNNING = ("signed", "suspended")
    # signed once: they count in what was contracted
    SIGNED_ONCE = ("signed", "suspended", "terminated", "closed")

    title = models.CharField(_("title"), max_length=120)
    type = models.ForeignKey(ContractType, models.PROTECT, related_name="+", db_index=False, verbose_name=_("type"))
    main = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="supplements", verbose_name=_("main contract")
    )
    direction = models.SmallIntegerField(_("effect"), choices=Direction, default=Direction.ADDS)
    contact = models.ForeignKey(
        "customers.Contact", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    is_tax_included = models.BooleanField(_("prices include tax"), default=True)
    starts_on = models.DateField(_("starts on"), default=timezone.localdate)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    party = models.JSONField(
        default=dict, blank=True, editable=False, help_text="the customer as a party: name, credit_code, address, …"
    )
    signer_theirs = models.CharField(_("signs for the customer"), max_length=80, blank=True)
    signer_ours = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("signs for us"),
    )  # fmt: skip
    delivery_terms = models.CharField(_("delivery"), max_length=300, blank=True)
    payment_terms = models.CharField(_("payment terms"), max_length=300, blank=True)
    clauses = models.TextField(_("clauses"), max_length=20_000, blank=True)
    signed_on = models.DateField(_("signed on"), null=True, editable=False)
    signed_at = models.DateTimeField(_("recorded at"), null=True, editable=False)
    signed_recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    signed_file = models.ForeignKey(
        "crm.Attachment", models.PROTECT, null=True, editable=False, related_name="+",
        verbose_name=_("signed file"),
    )  # fmt: skip
    waived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", db_index=False,
        verbose_name=_("file waived by"),
    )  # fmt: skip
    waiver_reason = models.CharField(_("why there is no file"), max_length=200, blank=True, editable=False)
    ended_on = models.DateField(_("ended on"), null=True, editable=False)
    end_reason = models.CharField(_("reason"), max_length=300, blank=True, editable=False)
    reminded_days = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="the last step of 90/30/7 days that was reminded of"
    )
    total = money_field(_("total with supplements"), default=Decimal("0.00"), editable=False)
    received = money_field(_("received"), default=Decimal("0.00"), editable=False)
    overpaid = money_field(_("received beyond the total"), default=Decimal("0.00"), editable=False)
    invoiced = money_field(_("invoiced"), default=Decimal("0.00"), editable=False)
    applied = money_field(_("applied for and not issued"), default=Decimal("0.00"), editable=False)

    objects = ContractQuerySet.as_manager()

    class Meta(Document.Meta):
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(condition=~Q(title=""), name="contract_has_title"),
            models.CheckConstraint(condition=~Q(main=F("id")), name="contract_not_own_supplement"),
            models.CheckConstraint(condition=Q(main__isnull=False) | Q(direction=1), name="contract_main_adds"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="contract_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["signed", "suspended", "terminated", "closed"])
                | (Q(signed_on__isnull=False) & (Q(signed_file__isnull=False) | Q(waived_by__isnull=False))),
                name="contract_signed_with_file_or_waiver",
            ),
            models.CheckConstraint(
                condition=Q(received__gte=0, overpaid__gte=0, invoiced__gte=0, applied__gte=0, total__gte=0),
                name="contract_sums_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(received__lte=F("total") + F("overpaid")), name="contract_received_within_total"
            ),
            models.CheckConstraint(
                condition=Q(total__gte=F("invoiced") + F("applied")), name="contract_invoiced_within_total"
            ),
        ]
        indexes = [
            *Document.Meta.indexes,
            models.Index(
                fields=["ends_on", "id"], name="contract_ending", condition=Q(state="signed", ends_on__isnull=False)
            ),
            GinIndex(fields=["custom"], opclasses=["jsonb_path_ops"], name="contract_custom"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("sales:contract_detail", args=[self.pk])

    @property
    def is_running(self) -> bool:
        """Agreed with the customer and still going on."""
        return self.state in self.RUNNING

    @property
    def outstanding(self) -> Decimal:
        """What is still to be paid."""
        return max(self.total - self.received, Decimal("0.00"))

    @property
    def invoiced_unpaid(self) -> Decimal:
        """What is invoiced or applied for without having been paid, where it has to be paid first."""
        if self.main_id or self.type.may_invoice_before_payment:
            return Decimal("0.00")
        return max(self.invoiced + self.applied - self.received, Decimal("0.00"))


@tracked()
class ContractLine(Line):
    """One line of a contract; `quote_line` is what it was copied from."""

    document = models.ForeignKey(Contract, models.CASCADE, related_name="lines")
    quote_line = models.ForeignKey(
        "sales.QuoteLine", models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    delivered_on = models.DateField(_("to be delivered on"), null=True, blank=True)

    class Meta(Line.Meta):
        verbose_name = _("line of a contract")
        verbose_name_plural = _("lines of contracts")
        constraints = [
            *Line.Meta.constraints,
            models.UniqueConstraint(
                fields=["document", "position"], name="contract_line_place", deferrable=models.Deferrable.DEFERRED
            ),
        ]


@tracked()
class ContractQuote(models.Model):
    """Which quotes a contract was made from; a quote feeds one living contract (`ended_at` empty) at most."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="sources")
    quote = models.ForeignKey("sales.Quote", models.PROTECT, related_name="contract_links")
    ended_at = models.DateTimeField(null=True, editable=False, help_text="when the contract became void")

    class Meta:
        verbose_name = _("source of a contract")
        verbose_name_plural = _("sources of contracts")
        constraints = [
            models.UniqueConstraint(fields=["quote"], condition=Q(ended_at=None), name="contract_quote_used_once"),
            models.UniqueConstraint(fields=["contract", "quote"], name="contract_quote_once"),
        ]


@tracked()
class Instalment(models.Model):
    """A part of the price with its day or milestone; `received` is the sum of its living allocations."""

    class Basis(models.TextChoices):
        DATE = "date", pgettext_lazy("instalment", "on a day")
        SIGNING = "signing", pgettext_lazy("instalment", "after signing")
        DELIVERY = "delivery", pgettext_lazy("instalment", "after delivery")
        ACCEPTANCE = "acceptance", pgettext_lazy("instalment", "after acceptance")

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="instalments", verbose_name=_("contract"))
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=80)
    basis = models.CharField(_("due"), max_length=10, choices=Basis, default=Basis.DATE)
    days_after = models.PositiveSmallIntegerField(_("days after the milestone"), default=0)
    due_on = models.DateField(_("due on"), null=True, blank=True, help_text="empty until the milestone is reached")
    amount = money_field(_("amount"))
    received = money_field(_("received"), default=Decimal("0.00"), editable=False)
    reached_on = models.DateField(_("milestone reached on"), null=True, editable=False)
    voided_at = models.DateTimeField(null=True, editable=False)

    objects = InstalmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        ordering = ["contract", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "position"], name="instalment_place", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="instalment_amount_positive"),
            models.CheckConstraint(
                condition=Q(received__gte=0, received__lte=F("amount")), name="instalment_received_within_amount"
            ),
            models.CheckConstraint(condition=Q(voided_at=None) | Q(received=0), name="instalment_void_without_money"),
            models.CheckConstraint(condition=~Q(basis="date") | Q(due_on__isnull=False), name="instalment_date_given"),
        ]
        indexes = [
            models.Index(
                fields=["due_on", "id"], name="instalment_open",
                condition=Q(voided_at=None) & Q(received__lt=F("amount")),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.contract} · {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("sales:contract_detail", args=[self.contract_id])

    @property
    def open_amount(self) -> Decimal:
        """What of it is still to come."""
        return Decimal("0.00") if self.voided_at else self.amount - self.received

    @property
    def state(self) -> str:
        """open, part, done, overdue or void, as of today."""
        if self.voided_at:
            return "void"
        if self.received == self.amount:
            return "done"
        if self.due_on is not None and self.due_on < timezone.localdate():
            return "overdue"
        return "part" if self.received else "open"
