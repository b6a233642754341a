"""Payments 回款: what a customer paid, which instalments it settles, and the lines of the bank it is matched with."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from crm.records.models import Record
from sales.documents.models import CURRENCIES, EDITABLE_STATES, WAITING_STATES, draft_name, money_field
from sales.payments.querysets import AllocationQuerySet, BankLineQuerySet, PaymentQuerySet


@tracked()
class Payment(Record):
    """Money received from a customer: claimed by a rep, confirmed by finance through its approval, or reversed.

    A reversal is a payment of its own (`reverses` set) that counts against the first one; `amount` is always positive.
    `allocated` is the sum of its living allocations; what is left of a confirmed payment is a prepayment.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("document", "draft")
        PENDING = "pending", pgettext_lazy("payment", "claimed, to be confirmed")
        BLOCKED = "blocked", pgettext_lazy("document", "approval blocked")
        RETURNED = "returned", pgettext_lazy("document", "returned")
        WITHDRAWN = "withdrawn", pgettext_lazy("document", "withdrawn")
        REJECTED = "rejected", pgettext_lazy("payment", "not received")
        APPROVED = "approved", pgettext_lazy("payment", "confirmed")
        REVERSED = "reversed", pgettext_lazy("payment", "reversed")
        VOID = "void", pgettext_lazy("document", "void")

    class Method(models.TextChoices):
        TRANSFER = "transfer", _("bank transfer")
        DRAFT = "bank_draft", _("bank acceptance draft")
        CHEQUE = "cheque", _("cheque")
        CARD = "card", _("card")
        ALIPAY = "alipay", _("Alipay")
        WECHAT = "wechat", _("WeChat Pay")
        CASH = "cash", _("cash")
        OTHER = "other", pgettext_lazy("payment", "other")

    number = models.CharField(_("number"), max_length=32, blank=True, editable=False)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="payment_set", db_index=False, verbose_name=_("customer")
    )
    contract = models.ForeignKey(
        "sales.Contract", models.PROTECT, null=True, blank=True, related_name="payments", verbose_name=_("contract")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    version = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="CNY")
    amount = money_field(_("amount"))
    method = models.CharField(_("method"), max_length=10, choices=Method, default=Method.TRANSFER)
    paid_on = models.DateField(_("paid on"))
    payer_name = models.CharField(_("payer"), max_length=120, blank=True)
    reference = models.CharField(_("bank reference"), max_length=80, blank=True)
    remark = models.CharField(_("remark"), max_length=500, blank=True)
    wanted = models.JSONField(
        default=list, blank=True, editable=False, help_text='instalments the claim is for: [[id, "amount"], …]'
    )
    overpayment_reason = models.CharField(
        _("why more than is owed"), max_length=200, blank=True, help_text=_("What is too much becomes a prepayment.")
    )
    allocated = money_field(_("allocated"), default=Decimal("0.00"), editable=False)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, editable=False, related_name="reversal", verbose_name=_("reverses")
    )
    reversal_reason = models.CharField(_("reason of the reversal"), max_length=200, blank=True, editable=False)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    submitted_at = models.DateTimeField(_("claimed at"), null=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    approved_at = models.DateTimeField(_("confirmed at"), null=True, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="payment_number_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(allocated__gte=0, allocated__lte=F("amount")), name="payment_allocated_within_amount"
            ),
            models.CheckConstraint(
                condition=Q(allocated=0) | Q(state="approved", reverses=None), name="payment_allocated_when_confirmed"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("submitted_by")),
                name="payment_confirmed_by_another",
            ),
            models.CheckConstraint(condition=~Q(reverses=F("id")), name="payment_reverses_another"),
            models.CheckConstraint(
                condition=~Q(number="") | Q(state__in=EDITABLE_STATES), name="payment_numbered_when_submitted"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="payment_customer"),
            models.Index(fields=["owner", "-id"], name="payment_owner"),
            models.Index(fields=["department", "-id"], name="payment_department"),
            models.Index(fields=["state", "-id"], name="payment_state"),
            models.Index(fields=["paid_on", "id"], name="payment_paid"),
            models.Index(
                fields=["customer", "currency"],
                name="payment_prepaid",
                condition=Q(state="approved", reverses=None) & Q(allocated__lt=F("amount")),
            ),
        ]

    def __str__(self) -> str:
        return self.number or draft_name(self, "amount")

    def get_absolute_url(self) -> str:
        return reverse("sales:payment_detail", args=[self.pk])

    @property
    def is_editable(self) -> bool:
        """Whether its content may still be changed."""
        return self.state in EDITABLE_STATES

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has to decide on it."""
        return self.state in WAITING_STATES

    @property
    def prepaid(self) -> Decimal:
        """What of a confirmed payment no instalment has used."""
        return self.amount - self.allocated if self.state == self.State.APPROVED else Decimal("0.00")


@tracked()
class Allocation(models.Model):
    """How much of a payment settles an instalment; taken back, never changed."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="allocations", verbose_name=_("payment"))
    instalment = models.ForeignKey(
        "sales.Instalment", models.PROTECT, related_name="allocations", verbose_name=_("instalment")
    )
    amount = money_field(_("amount"))
    made_at = models.DateTimeField(_("made at"), db_default=models.functions.Now())
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="allocation_amount_positive")]


@tracked()
class BankImport(models.Model):
    """A statement of the bank that finance uploaded."""

    file_name = models.CharField(_("file"), max_length=200)
    account = models.CharField(_("our account"), max_length=60, blank=True)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    imported_at = models.DateTimeField(_("imported at"), db_default=models.functions.Now())
    line_count = models.PositiveIntegerField(_("lines"), default=0)
    known_count = models.PositiveIntegerField(_("known before"), default=0)
    refused = models.JSONField(default=list, help_text="rows that could not be read: [[row, why], …]")

    objects = BankLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


@tracked()
class BankLine(models.Model):
    """One credit on our account; matched to at most one payment that was not reversed."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("bank line", "not matched")
        MATCHED = "matched", pgettext_lazy("bank line", "matched")
        IGNORED = "ignored", pgettext_lazy("bank line", "no payment of a customer")

    source = models.ForeignKey(BankImport, models.PROTECT, related_name="lines")
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    booked_on = models.DateField(_("booked on"))
    amount = money_field(_("amount"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="CNY")
    payer_name = models.CharField(_("payer"), max_length=120, blank=True)
    payer_account = models.CharField(_("account of the payer"), max_length=60, blank=True)
    reference = models.CharField(_("bank reference"), max_length=80, blank=True)
    memo = models.CharField(pgettext_lazy("bank line", "purpose"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    payment = models.OneToOneField(
        Payment, models.PROTECT, null=True, related_name="bank_line", verbose_name=_("payment")
    )
    released_from = models.OneToOneField(
        Payment, models.PROTECT, null=True, related_name="released_line", verbose_name=_("still counts for"),
        help_text="it was untied from this payment, which waits or is confirmed and has no other line",
    )  # fmt: skip
    matched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    matched_at = models.DateTimeField(null=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = BankLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank line")
        verbose_name_plural = _("bank lines")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_line_amount_positive"),
            models.CheckConstraint(
                condition=Q(state="matched", payment__isnull=False) | (~Q(state="matched") & Q(payment=None)),
                name="bank_line_matched_to_a_payment",
            ),
            models.CheckConstraint(condition=Q(payment=None) | Q(released_from=None), name="bank_line_counts_once"),
        ]
        indexes = [models.Index(fields=["state", "-booked_on", "-id"], name="bank_line_state")]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.payer_name} {self.amount}"

    def get_absolute_url(self) -> str:
        return reverse("sales:bank_line_detail", args=[self.pk])


@tracked()
class Dunning(models.Model):
    """A reminder about an overdue instalment: which step, once each."""

    instalment = models.ForeignKey("sales.Instalment", models.CASCADE, related_name="dunnings")
    days = models.PositiveSmallIntegerField(_("days overdue"))
    at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        verbose_name = _("reminder of payment")
        verbose_name_plural = _("reminders of payment")
        constraints = [models.UniqueConstraint(fields=["instalment", "days"], name="dunning_once")]
