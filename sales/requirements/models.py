"""Requirements 需求: what the customer needs of a product, checked by a technician and approved."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from sales.documents.models import Document, DocumentState, price_field
from sales.requirements.querysets import RequirementQuerySet


@tracked()
class Requirement(Document):
    """What a customer needs, until when; once approved the customer counts as an opportunity."""

    class Check(models.TextChoices):
        OPEN = "", pgettext_lazy("technical check", "not checked")
        FEASIBLE = "feasible", pgettext_lazy("technical check", "feasible")
        PARTLY = "partly", pgettext_lazy("technical check", "feasible with changes")
        IMPOSSIBLE = "impossible", pgettext_lazy("technical check", "not feasible")

    title = models.CharField(_("title"), max_length=120)
    needs = models.TextField(_("what the customer needs"), max_length=4000, blank=True)
    wanted_on = models.DateField(_("wanted on"), null=True, blank=True)
    contact = models.ForeignKey(
        "customers.Contact", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    state = models.CharField(
        _("state"), max_length=10, choices=DocumentState, default=DocumentState.DRAFT, editable=False
    )
    check_result = models.CharField(_("technical check"), max_length=10, choices=Check, blank=True, editable=False)
    check_note = models.TextField(_("note on the check"), max_length=2000, blank=True, editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    checked_at = models.DateTimeField(null=True, editable=False)

    objects = RequirementQuerySet.as_manager()

    class Meta(Document.Meta):
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(condition=~Q(title=""), name="requirement_has_title"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("sales:requirement_detail", args=[self.pk])


@tracked()
class RequirementLine(models.Model):
    """One product or thing that is needed."""

    document = models.ForeignKey(Requirement, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(_("position"))
    product = models.ForeignKey(
        "sales.Product", models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("product"),
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=200)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)
    target_price = price_field(_("price the customer hopes for"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("line of a requirement")
        verbose_name_plural = _("lines of requirements")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "position"], name="requirement_line_place", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="requirement_line_quantity_positive"),
            models.CheckConstraint(condition=~Q(name=""), name="requirement_line_has_name"),
        ]

    def __str__(self) -> str:
        return self.name
