"""Orders 订单 and deliveries 交付: what is delivered of a signed contract, in which parts, accepted by whom."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from crm.records.models import Record
from sales.documents.querysets import DocumentQuerySet
from sales.orders.querysets import DeliveryQuerySet


@tracked()
class Order(Record):
    """The delivery side of one signed contract; its state follows from its deliveries."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("order", "not delivered")
        PART = "part", pgettext_lazy("order", "partly delivered")
        DELIVERED = "delivered", pgettext_lazy("order", "delivered")
        ACCEPTED = "accepted", pgettext_lazy("order", "accepted")
        HELD = "held", pgettext_lazy("order", "on hold")
        CANCELLED = "cancelled", pgettext_lazy("order", "cancelled")

    number = models.CharField(_("number"), max_length=32, unique=True, editable=False)
    contract = models.ForeignKey("sales.Contract", models.PROTECT, related_name="orders", verbose_name=_("contract"))
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="order_set", db_index=False, verbose_name=_("customer")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN, editable=False)
    due_on = models.DateField(_("deliver until"), null=True, blank=True)
    remark = models.CharField(_("remark"), max_length=500, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        indexes = [
            models.Index(fields=["customer", "-id"], name="order_customer"),
            models.Index(fields=["owner", "-id"], name="order_owner"),
            models.Index(fields=["department", "-id"], name="order_department"),
            models.Index(fields=["state", "-id"], name="order_state"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("sales:order_detail", args=[self.pk])


@tracked()
class OrderLine(models.Model):
    """One thing to deliver; `delivered` is the sum of its deliveries that left the house."""

    document = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    contract_line = models.ForeignKey("sales.ContractLine", models.PROTECT, related_name="order_lines")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(_("code"), max_length=40, blank=True)
    name = models.CharField(_("name"), max_length=200)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)
    delivered = models.DecimalField(_("delivered"), max_digits=14, decimal_places=4, default=Decimal(0), editable=False)
    due_on = models.DateField(_("deliver until"), null=True, blank=True)

    class Meta:
        verbose_name = _("line of an order")
        verbose_name_plural = _("lines of orders")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["document", "position"], name="order_line_place"),
            # nothing, where a supplement took all of it away
            models.CheckConstraint(condition=Q(quantity__gte=0), name="order_line_quantity_not_negative"),
            models.CheckConstraint(
                condition=Q(delivered__gte=0, delivered__lte=F("quantity")), name="order_line_delivered_within_quantity"
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Delivery(models.Model):
    """One shipment or hand-over of an order; accepted by the customer through a link, or recorded by us."""

    class State(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("delivery", "planned")
        DELIVERED = "delivered", pgettext_lazy("delivery", "delivered")
        ACCEPTED = "accepted", pgettext_lazy("delivery", "accepted")
        REFUSED = "refused", pgettext_lazy("delivery", "refused")
        CANCELLED = "cancelled", pgettext_lazy("delivery", "cancelled")

    # what left the house and did not come back
    GONE = ("delivered", "accepted")

    order = models.ForeignKey(Order, models.PROTECT, related_name="deliveries", verbose_name=_("order"))
    number = models.CharField(_("number"), max_length=32, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED, editable=False)
    planned_on = models.DateField(_("planned for"))
    delivered_on = models.DateField(_("delivered on"), null=True, editable=False)
    carrier = models.CharField(_("carrier"), max_length=60, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=60, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    remark = models.CharField(_("remark"), max_length=500, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, editable=False)
    answered_by = models.CharField(_("answered by"), max_length=80, blank=True, editable=False)
    answer_address = models.GenericIPAddressField(null=True, editable=False)
    answer_note = models.TextField(_("what the customer wrote"), max_length=2000, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)
    created_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["delivered", "accepted", "refused"]) | Q(delivered_on__isnull=False),
                name="delivery_has_day",
            )
        ]
        indexes = [models.Index(fields=["planned_on", "id"], name="delivery_planned", condition=Q(state="planned"))]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("sales:delivery_detail", args=[self.pk])


@tracked()
class DeliveryLine(models.Model):
    """How much of an order line goes with a delivery."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="delivery_lines")
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)

    class Meta:
        verbose_name = _("line of a delivery")
        verbose_name_plural = _("lines of deliveries")
        constraints = [
            models.UniqueConstraint(fields=["delivery", "order_line"], name="delivery_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="delivery_line_quantity_positive"),
        ]
