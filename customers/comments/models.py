"""Comments of colleagues on a customer or one of its follow-ups."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.history.tracking import tracked
from customers.comments.querysets import CommentQuerySet


@tracked()
class Comment(models.Model):
    """What a colleague says about a customer; those named with @ are told."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="comments")
    activity = models.ForeignKey("customers.Activity", models.PROTECT, null=True, blank=True, related_name="comments")
    author = models.ForeignKey("crm.User", models.PROTECT, editable=False, related_name="comments")
    content = models.TextField(_("comment"), max_length=2000)
    mentioned_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), db_default=models.functions.Now(), editable=False)
    changed_at = models.DateTimeField(_("changed at"), db_default=models.functions.Now(), editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        constraints = [models.CheckConstraint(condition=~Q(content=""), name="comment_has_content")]
        indexes = [models.Index(fields=["customer", "-created_at", "-id"], name="comment_timeline")]

    def __str__(self) -> str:
        return self.content[:40]

    def get_absolute_url(self) -> str:
        return f"{reverse('customers:customer_detail', args=[self.customer_id])}#comment-{self.pk}"
