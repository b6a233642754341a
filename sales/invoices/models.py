"""Invoices 发票 and their reissue 重开: applied for, issued by finance, red-lettered, issued again."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from sales.documents.models import Amounts, Document, money_field, price_field, rate_field
from sales.invoices.querysets import BillingProfileQuerySet, InvoiceQuerySet, ReissueQuerySet


class InvoiceType(models.TextChoices):
    """Kinds of Chinese VAT invoices."""

    DIGITAL_SPECIAL = "digital_special", _("digital special VAT invoice")
    DIGITAL_ORDINARY = "digital_ordinary", _("digital ordinary invoice")
    SPECIAL = "special", _("special VAT invoice")
    ORDINARY = "ordinary", _("ordinary VAT invoice")


DIGITAL = ("digital_special", "digital_ordinary")


@tracked()
class BillingProfile(models.Model):
    """A buyer's title 抬头 and tax data, as it stands on invoices for a customer.

    Two may be proposed first after two customers became one; choosing one ends the others.
    """

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="billing_profiles", verbose_name=_("customer")
    )
    title = models.CharField(_("title on the invoice"), max_length=120)
    tax_number = models.CharField(_("tax number"), max_length=20, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    bank = models.CharField(_("bank"), max_length=120, blank=True)
    account = models.CharField(_("bank account"), max_length=40, blank=True)
    email = models.EmailField(_("send invoices to"), max_length=120, blank=True)
    is_default = models.BooleanField(_("proposed first"), default=False)
    created_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    archived_at = models.DateTimeField(null=True, editable=False)

    objects = BillingProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("billing data")
        verbose_name_plural = _("billing data")
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="billing_profile_has_title"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"{reverse('sales:billing_list')}?customer={self.customer_id}"


@tracked()
class Invoice(Document):
    """An application for an invoice and, once finance issued it, the invoice itself; a red one has negative amounts.

    `buyer` is a snapshot of the billing data. A red invoice names its blue one; `reissue` ties both to their request.
    """

    class Kind(models.TextChoices):
        BLUE = "blue", pgettext_lazy("invoice", "blue")
        RED = "red", pgettext_lazy("invoice", "red letter")

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("document", "draft")
        PENDING = "pending", pgettext_lazy("document", "in approval")
        BLOCKED = "blocked", pgettext_lazy("document", "approval blocked")
        RETURNED = "returned", pgettext_lazy("document", "returned")
        WITHDRAWN = "withdrawn", pgettext_lazy("document", "withdrawn")
        REJECTED = "rejected", pgettext_lazy("document", "rejected")
        APPROVED = "approved", pgettext_lazy("invoice", "approved, to be issued")
        WAITING_QUOTA = "waiting_quota", pgettext_lazy("invoice", "waits for quota")
        ISSUED = "issued", pgettext_lazy("invoice", "issued")
        PART_RED = "part_red", pgettext_lazy("invoice", "partly red-lettered")
        RED = "red", pgettext_lazy("invoice", "red-lettered")
        VOID = "void", pgettext_lazy("document", "void")

    # applied for and not issued: counts against what may be invoiced
    OPEN = ("pending", "blocked", "returned", "approved", "waiting_quota")
    # exists at the tax office
    ISSUED_ONCE = ("issued", "part_red", "red")

    contract = models.ForeignKey("sales.Contract", models.PROTECT, related_name="invoices", verbose_name=_("contract"))
    kind = models.CharField(
        pgettext_lazy("invoice", "kind"), max_length=4, choices=Kind, default=Kind.BLUE, editable=False
    )
    type = models.CharField(_("type"), max_length=16, choices=InvoiceType, default=InvoiceType.DIGITAL_SPECIAL)
    state = models.CharField(_("state"), max_length=14, choices=State, default=State.DRAFT, editable=False)
    profile = models.ForeignKey(
        BillingProfile, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("billing data"),
    )  # fmt: skip
    buyer = models.JSONField(default=dict, blank=True, editable=False, help_text="title, tax_number, address, …")
    seller = models.JSONField(default=dict, blank=True, editable=False, help_text="our name and tax number when issued")
    seller_tax_number = models.CharField(max_length=20, blank=True, editable=False)
    is_before_payment = models.BooleanField(_("before payment"), default=False, editable=False)
    remark = models.CharField(_("remark on the invoice"), max_length=300, blank=True)
    note = models.CharField(_("note for finance"), max_length=500, blank=True)
    invoice_number = models.CharField(_("invoice number"), max_length=30, blank=True, editable=False)
    issued_on = models.DateField(_("issued on"), null=True, editable=False)
    issued_at = models.DateTimeField(null=True, editable=False)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    file = models.ForeignKey(
        "crm.Attachment", models.PROTECT, null=True, editable=False, related_name="+",
        verbose_name=_("file"),
    )  # fmt: skip
    sent_at = models.DateTimeField(_("sent to the customer"), null=True, editable=False)
    provider_id = models.CharField(max_length=60, blank=True, editable=False, help_text="of an invoice provider")
    blue = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="reds", verbose_name=_("blue invoice")
    )
    red_gross = money_field(_("red-lettered"), default=Decimal("0.00"), editable=False)
    reissue = models.ForeignKey(
        "sales.Reissue", models.PROTECT, null=True, editable=False, related_name="invoices", verbose_name=_("reissue")
    )

    objects = InvoiceQuerySet.as_manager()

    class Meta(Document.Meta):
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kind="blue", blue=None, gross__gte=0) | Q(kind="red", blue__isnull=False, gross__lte=0),
                name="invoice_sign_follows_kind",
            ),
            models.CheckConstraint(
                condition=Q(red_gross__gte=0) & (Q(red_gross__lte=F("gross")) | Q(red_gross=0)),
                name="invoice_red_within_blue",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["issued", "part_red", "red"])
                | (~Q(invoice_number="") & Q(issued_on__isnull=False)),
                name="invoice_issued_has_number",
            ),
            models.CheckConstraint(
                condition=Q(invoice_number="") | ~Q(type__in=DIGITAL) | Q(invoice_number__regex=r"^[0-9]{20}$"),
                name="invoice_digital_number",
            ),
            models.UniqueConstraint(
                fields=["seller_tax_number", "invoice_number"],
                condition=~Q(invoice_number=""),
                name="invoice_number_of_seller_once",
            ),
            models.UniqueConstraint(
                fields=["provider_id"], condition=~Q(provider_id=""), name="invoice_provider_id_once"
            ),
        ]
        indexes = [
            *Document.Meta.indexes,
            models.Index(fields=["issued_on", "id"], name="invoice_issued", condition=Q(issued_on__isnull=False)),
        ]

    def get_absolute_url(self) -> str:
        return reverse("sales:invoice_detail", args=[self.pk])

    @property
    def left(self) -> Decimal:
        """What of a blue invoice no red letter has taken back."""
        return self.gross - self.red_gross


@tracked()
class InvoiceLine(Amounts):
    """One line of an invoice; its rate is that of the contract line it bills."""

    document = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    contract_line = models.ForeignKey(
        "sales.ContractLine", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contract line")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name on the invoice"), max_length=200)
    spec = models.CharField(_("model"), max_length=100, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4, null=True, blank=True)
    price = price_field(_("price"), null=True, blank=True)
    tax_rate = rate_field(_("tax rate"))

    class Meta(Amounts.Meta):
        verbose_name = _("line of an invoice")
        verbose_name_plural = _("lines of invoices")
        ordering = ["position"]
        constraints = [
            *Amounts.Meta.constraints,
            models.UniqueConstraint(
                fields=["document", "position"], name="invoice_line_place", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(condition=Q(tax_rate__gte=0, tax_rate__lt=1), name="invoice_line_tax_rate_fraction"),
        ]


@tracked()
class Reissue(Document):
    """A request to red-letter an invoice and, where wished, to issue it again; closed when both exist.

    `confirmation` is the state of the red-letter confirmation form (红字发票信息确认单) as the tax platform words it;
    one that waits for the other side is void after 72 hours (TRUST 5.1).
    """

    class Reason(models.TextChoices):
        TITLE = "title", _("wrong title or tax data")
        AMOUNT = "amount", _("wrong amount or goods")
        RETURNED = "returned_goods", _("goods returned")
        TERMINATED = "terminated", _("service ended or allowance")

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("document", "draft")
        PENDING = "pending", pgettext_lazy("document", "in approval")
        BLOCKED = "blocked", pgettext_lazy("document", "approval blocked")
        RETURNED = "returned", pgettext_lazy("document", "returned")
        WITHDRAWN = "withdrawn", pgettext_lazy("document", "withdrawn")
        REJECTED = "rejected", pgettext_lazy("document", "rejected")
        APPROVED = "approved", pgettext_lazy("reissue", "approved, to be red-lettered")
        RED_ISSUED = "red_issued", pgettext_lazy("reissue", "red letter issued")
        CLOSED = "closed", pgettext_lazy("reissue", "closed")
        VOID = "void", pgettext_lazy("document", "void")

    class Confirmation(models.TextChoices):
        NONE = "", pgettext_lazy("confirmation form", "not begun")
        NOT_NEEDED = "01", pgettext_lazy("confirmation form", "01 no confirmation needed")
        BUYER_TO_CONFIRM = "02", pgettext_lazy("confirmation form", "02 entered by the seller, buyer to confirm")
        SELLER_TO_CONFIRM = "03", pgettext_lazy("confirmation form", "03 entered by the buyer, seller to confirm")
        CONFIRMED = "04", pgettext_lazy("confirmation form", "04 confirmed by both")
        BUYER_REFUSED = "05", pgettext_lazy("confirmation form", "05 void: refused by the buyer")
        SELLER_REFUSED = "06", pgettext_lazy("confirmation form", "06 void: refused by the seller")
        EXPIRED = "07", pgettext_lazy("confirmation form", "07 void: not confirmed in 72 hours")
        WITHDRAWN = "08", pgettext_lazy("confirmation form", "08 void: withdrawn by its starter")
        REVOKED = "09", pgettext_lazy("confirmation form", "09 void: withdrawn after confirmation")

    OPEN = ("pending", "blocked", "approved", "red_issued")

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="reissues", verbose_name=_("invoice"))
    contract = models.ForeignKey("sales.Contract", models.PROTECT, related_name="reissues", verbose_name=_("contract"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    reason = models.CharField(_("reason"), max_length=14, choices=Reason)
    explanation = models.TextField(_("explanation"), max_length=1000)
    is_full = models.BooleanField(_("the whole invoice"), default=True)
    wants_new = models.BooleanField(_("issue it again"), default=True)
    is_used_by_buyer = models.BooleanField(_("the buyer has deducted or booked it"), default=False)
    profile = models.ForeignKey(
        BillingProfile, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("billing data of the new invoice"),
    )  # fmt: skip
    confirmation = models.CharField(
        _("confirmation form"), max_length=2, choices=Confirmation, blank=True, editable=False
    )
    confirmation_number = models.CharField(
        _("number of the confirmation form"), max_length=40, blank=True, editable=False
    )
    confirmation_since = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)

    objects = ReissueQuerySet.as_manager()

    class Meta(Document.Meta):
        verbose_name = _("reissue")
        verbose_name_plural = _("reissues")
        constraints = [
            *Document.Meta.constraints,
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(state__in=["pending", "blocked", "approved", "red_issued"]),
                name="reissue_one_open_for_invoice",
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("sales:reissue_detail", args=[self.pk])


@tracked()
class ReissueLine(Amounts):
    """What of a line of the blue invoice a partial red letter takes back (amounts positive)."""

    document = models.ForeignKey(Reissue, models.CASCADE, related_name="lines")
    invoice_line = models.ForeignKey(InvoiceLine, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta(Amounts.Meta):
        verbose_name = _("line of a reissue")
        verbose_name_plural = _("lines of reissues")
        ordering = ["position"]
        constraints = [
            *Amounts.Meta.constraints,
            models.UniqueConstraint(fields=["document", "invoice_line"], name="reissue_line_once"),
            models.CheckConstraint(condition=Q(gross__gt=0), name="reissue_line_positive"),
        ]


@tracked()
class InvoiceQuota(models.Model):
    """How much may be invoiced without tax in a calendar month (发票总额度), as set by the tax office."""

    month = models.DateField(_("month"), unique=True, help_text="its first day")
    amount = money_field(_("quota without tax"))
    remark = models.CharField(_("remark"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("invoice quota")
        verbose_name_plural = _("invoice quotas")
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="invoice_quota_not_negative"),
            models.CheckConstraint(condition=Q(month__day=1), name="invoice_quota_of_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
