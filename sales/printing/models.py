"""Print templates 打印模板 and the letterhead: how documents for customers look on paper."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.history.tracking import tracked

LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]


@tracked()
class PrintTemplate(models.Model):
    """The blocks of one kind of document, in order; texts hold placeholders out of an allow-list, never code."""

    class Kind(models.TextChoices):
        QUOTE = "quote", _("quote")
        CONTRACT = "contract", _("contract")
        DELIVERY_NOTE = "delivery_note", _("delivery note")
        STATEMENT = "statement", _("statement of account")

    kind = models.CharField(_("document"), max_length=14, choices=Kind)
    name = models.CharField(_("name"), max_length=60)
    language = models.CharField(
        _("language"), max_length=8, default="zh-hans", choices=[("zh-hans", "简体中文"), ("en", "English")]
    )
    blocks = models.JSONField(default=list, help_text="[{kind, title, text, …}], see sales/printing/blocks.py")
    is_default = models.BooleanField(_("proposed first"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    changed_at = models.DateTimeField(_("changed at"), db_default=models.functions.Now(), editable=False)

    class Meta:
        verbose_name = _("print template")
        verbose_name_plural = _("print templates")
        ordering = ["kind", "id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="print_template_name_once"),
            models.UniqueConstraint(
                fields=["kind", "language"], condition=Q(is_default=True), name="print_template_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked(exclude=["logo", "seal"])
class Letterhead(models.Model):
    """Our company as it stands on paper; one row."""

    name = models.CharField(_("company"), max_length=120, blank=True)
    english_name = models.CharField(_("English name"), max_length=120, blank=True)
    tax_number = models.CharField(_("tax number"), max_length=20, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), max_length=120, blank=True)
    website = models.CharField(_("website"), max_length=120, blank=True)
    bank = models.CharField(_("bank"), max_length=120, blank=True)
    account = models.CharField(_("bank account"), max_length=40, blank=True)
    legal_representative = models.CharField(_("legal representative"), max_length=60, blank=True)
    footer = models.CharField(_("footer"), max_length=200, blank=True)
    logo = models.BinaryField(null=True, editable=False, help_text="PNG, re-encoded")
    seal = models.BinaryField(null=True, editable=False, help_text="PNG, re-encoded; printed after final approval only")
    only = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("letterhead")
        verbose_name_plural = _("letterhead")
        constraints = [models.CheckConstraint(condition=Q(only=True), name="letterhead_one")]

    def __str__(self) -> str:
        return self.name
