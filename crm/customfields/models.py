"""Fields an administrator adds to records; their values lie in the record's `custom` under the field's key."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from crm.ui.formats import is_chinese


@tracked()
class CustomField(models.Model):
    """A field of a record; kind and key stay for ever, so that stored values keep their meaning."""

    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        NUMBER = "number", pgettext_lazy("custom field", "number")
        MONEY = "money", _("money")
        DATE = "date", _("date")
        CHOICE = "choice", _("choice")
        CHOICES = "choices", _("several choices")
        USER = "user", _("person")
        YES_NO = "yes_no", _("yes or no")
        FILE = "file", _("attachment")

    model = models.CharField(_("record"), max_length=60, help_text="customers.Customer")
    key = models.SlugField(_("key"), max_length=40, help_text="as in the API and in imports")
    label = models.CharField(_("label"), max_length=60)
    label_en = models.CharField(_("English label"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    hint = models.CharField(_("help"), max_length=200, blank=True)
    is_required = models.BooleanField(_("required"), default=False)
    is_unique = models.BooleanField(_("unique"), default=False)
    is_personal = models.BooleanField(_("personal data, masked like a phone"), default=False)
    is_listed = models.BooleanField(_("offered as a column"), default=True)
    default = models.JSONField(_("default"), null=True, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["model", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["model", "key"], name="custom_field_key_once"),
            models.UniqueConstraint(fields=["model", "label"], name="custom_field_label_once"),
            models.CheckConstraint(condition=~Q(label=""), name="custom_field_has_label"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def title(self) -> str:
        """The label in the reader's language."""
        return self.label if is_chinese() else self.label_en or self.label

    @property
    def member(self) -> str:
        """How forms, refusals and the history name the value of this field: `custom.key`."""
        return f"custom.{self.key}"

    @property
    def parameter(self) -> str:
        """How lists and spreadsheets name the column and filter of this field: `custom_key`."""
        return f"custom_{self.key}"


@tracked()
class CustomChoice(models.Model):
    """One value a choice field offers."""

    field = models.ForeignKey(CustomField, models.CASCADE, related_name="choices")
    value = models.SlugField(max_length=40)
    label = models.CharField(_("label"), max_length=60)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("choice of a custom field")
        verbose_name_plural = _("choices of custom fields")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["field", "value"], name="custom_choice_value_once"),
            models.UniqueConstraint(fields=["field", "label"], name="custom_choice_label_once"),
        ]

    def __str__(self) -> str:
        return self.label


class CustomUnique(models.Model):
    """Keeps the promise of a unique field: one row for each value in use."""

    field = models.ForeignKey(CustomField, models.CASCADE, related_name="+")
    value = models.CharField(max_length=200)
    object_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["field", "value"], name="custom_unique_value"),
            models.UniqueConstraint(fields=["field", "object_id"], name="custom_unique_record"),
        ]
