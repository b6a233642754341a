"""Lists an administrator keeps: stages, levels, tags, sources, industries, regions, holidays."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.history.tracking import tracked


class Tone(models.TextChoices):
    """The colours of the design."""

    GRAY = "gray", _("gray")
    BLUE = "blue", _("blue")
    GREEN = "green", _("green")
    AMBER = "amber", _("amber")
    RED = "red", _("red")
    VIOLET = "violet", _("violet")
    TEAL = "teal", _("teal")


class BaseEntry(models.Model):
    """Abstract: an entry of an ordered list; in use it can be switched off, not deleted."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


@tracked()
class CustomerStage(BaseEntry):
    """A step of the negotiation (客户阶段)."""

    tone = models.CharField(_("colour"), max_length=8, choices=Tone, default=Tone.BLUE)
    stuck_after_days = models.PositiveIntegerField(_("days before it counts as stuck"), default=30)

    class Meta(BaseEntry.Meta):
        verbose_name = _("customer stage")
        verbose_name_plural = _("customer stages")


@tracked()
class CustomerLevel(BaseEntry):
    """How much a customer matters (客户等级)."""

    tone = models.CharField(_("colour"), max_length=8, choices=Tone, default=Tone.GRAY)
    follow_up_days = models.PositiveIntegerField(_("follow up every … days"), default=30)
    service_policy = models.CharField(_("service policy"), max_length=80, blank=True)

    class Meta(BaseEntry.Meta):
        verbose_name = _("customer level")
        verbose_name_plural = _("customer levels")


@tracked()
class Tag(BaseEntry):
    """A coloured word on a customer."""

    group = models.CharField(_("group"), max_length=40, blank=True)
    tone = models.CharField(_("colour"), max_length=8, choices=Tone, default=Tone.GRAY)

    class Meta(BaseEntry.Meta):
        verbose_name = _("tag")
        verbose_name_plural = _("tags")


@tracked()
class LeadSource(BaseEntry):
    """Where a customer came from."""

    class Meta(BaseEntry.Meta):
        verbose_name = _("source")
        verbose_name_plural = _("sources")


@tracked()
class Industry(models.Model):
    """A class of GB/T 4754-2017: section letter, division two digits."""

    code = models.CharField(_("code"), max_length=6, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("industry")
        verbose_name_plural = _("industries")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


@tracked()
class Region(models.Model):
    """A division of GB/T 2260: province, city or district; `path_name` reads from the province down."""

    code = models.CharField(_("code"), max_length=6, unique=True)
    name = models.CharField(_("name"), max_length=60)
    path_name = models.CharField(_("full name"), max_length=120)
    rank = models.PositiveSmallIntegerField(_("rank"), help_text="1 province, 2 city, 3 district")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.path_name


@tracked()
class Holiday(models.Model):
    """A day that differs from its weekday: a statutory holiday, or a make-up working day."""

    day = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=40)
    is_working = models.BooleanField(_("working day"), default=False)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["day"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="holiday_has_name")]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
