"""Approvals 审批: flows with versions, requests that freeze theirs, tasks, decisions, delegations."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.approvals.querysets import ApprovalRequestQuerySet, ApprovalTaskQuerySet
from crm.approvals.wording import blocked_words
from crm.history.tracking import tracked


@tracked()
class Flow(models.Model):
    """How documents of one purpose are decided on; the first active flow, by position, whose conditions hold is taken.

    What it says stands in its newest version; a request keeps the version it began with.
    """

    purpose = models.CharField(
        pgettext_lazy("approval", "for"), max_length=60, help_text="code of a declared purpose: sales.quote"
    )
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)
    version = models.ForeignKey(
        "crm.FlowVersion", models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("version")
    )

    class Meta:
        verbose_name = _("approval flow")
        verbose_name_plural = _("approval flows")
        ordering = ["purpose", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["purpose", "name"], name="flow_name_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("settings:flow_detail", args=[self.pk])


@tracked()
class FlowVersion(models.Model):
    """What a flow says, never changed: `definition` has `conditions` and `steps` (crm/approvals/definitions.py)."""

    flow = models.ForeignKey(Flow, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    definition = models.JSONField()
    note = models.CharField(_("what changed"), max_length=200, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField(_("made at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("version of a flow")
        verbose_name_plural = _("versions of flows")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["flow", "number"], name="flow_version_once")]

    def __str__(self) -> str:
        return f"{self.flow} v{self.number}"


@tracked()
class ApprovalRequest(models.Model):
    """One document put up for decision, through all its rounds; closed once, for good.

    `owner` and `department` are those of the document, so that reach works as for every record. `definition`, `facts`
    and `snapshot` are frozen at each submission, `content_hash` is that of the snapshot every decision refers to.
    """

    class State(models.TextChoices):
        PENDING = "pending", pgettext_lazy("approval", "waiting")
        BLOCKED = "blocked", pgettext_lazy("approval", "blocked")
        RETURNED = "returned", pgettext_lazy("approval", "returned")
        APPROVED = "approved", pgettext_lazy("approval", "approved")
        REJECTED = "rejected", pgettext_lazy("approval", "rejected")
        WITHDRAWN = "withdrawn", pgettext_lazy("approval", "withdrawn")
        VOID = "void", pgettext_lazy("approval", "void")

    OPEN = ("pending", "blocked")

    purpose = models.CharField(pgettext_lazy("approval", "for"), max_length=60)
    subject_id = models.BigIntegerField(help_text="id of the document; its model is that of the purpose")
    title = models.CharField(_("document"), max_length=200)
    customer_id = models.BigIntegerField(null=True, help_text="the customer on whose timeline this belongs")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    department = models.ForeignKey("crm.Department", models.PROTECT, related_name="+", verbose_name=_("department"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    round = models.PositiveIntegerField(_("round"), default=1)
    flow_version = models.ForeignKey(FlowVersion, models.PROTECT, related_name="requests", db_index=False)
    definition = models.JSONField(help_text="frozen copy of the flow, resume step included")
    facts = models.JSONField(default=dict, help_text="what the routing asked: amount, discount, rolling sums")
    snapshot = models.JSONField(default=dict, help_text="the document as it is to be decided on")
    content_hash = models.CharField(max_length=64)
    document_version = models.PositiveIntegerField(_("version"), default=1)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2, null=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    step = models.CharField(_("step"), max_length=40, blank=True, help_text="key of the step that waits")
    blocked_because = models.CharField(_("blocked because"), max_length=200, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("submitted by")
    )
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("edited last by")
    )
    submitted_at = models.DateTimeField(_("submitted at"), db_default=models.functions.Now())
    closed_at = models.DateTimeField(_("closed at"), null=True)

    objects = ApprovalRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "subject_id"],
                condition=Q(state__in=["pending", "blocked", "returned"]),
                name="approval_one_open_for_document",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "blocked", "returned"], closed_at=None)
                | Q(state__in=["approved", "rejected", "withdrawn", "void"], closed_at__isnull=False),
                name="approval_closed_when_ended",
            ),
            models.CheckConstraint(condition=~Q(state="blocked", blocked_because=""), name="approval_blocked_says_why"),
        ]
        indexes = [
            models.Index(fields=["purpose", "subject_id", "-id"], name="approval_subject"),
            models.Index(fields=["submitted_by", "-id"], name="approval_submitted_by"),
            models.Index(fields=["department", "-id"], name="approval_department"),
            models.Index(fields=["owner", "-id"], name="approval_owner"),
            models.Index(fields=["customer_id", "-id"], name="approval_customer", condition=~Q(customer_id=None)),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("approvals:approval_detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to decide."""
        return self.state in self.OPEN

    @property
    def why_blocked(self) -> str:
        """What keeps it from being decided, in words; "" where nothing does."""
        return blocked_words(self.blocked_because) if self.blocked_because else ""

    def steps(self) -> list[dict[str, Any]]:
        """The frozen steps in order."""
        steps: list[dict[str, Any]] = self.definition["steps"]
        return steps


@tracked()
class ApprovalTask(models.Model):
    """One person's turn to decide in one step of one round; ends with a decision or falls away."""

    class State(models.TextChoices):
        PENDING = "pending", pgettext_lazy("approval", "waiting")
        DONE = "done", pgettext_lazy("approval", "decided")
        SKIPPED = "skipped", pgettext_lazy("approval", "not needed any more")

    class Origin(models.TextChoices):
        STEP = "step", _("by the flow")
        ADDED = "added", _("added by a colleague")
        DELEGATED = "delegated", _("handed on")
        STAND_IN = "stand_in", _("stands in")
        ESCALATED = "escalated", _("escalated")
        REASSIGNED = "reassigned", _("took over from somebody who left")

    request = models.ForeignKey(ApprovalRequest, models.PROTECT, related_name="tasks", db_index=False)
    round = models.PositiveIntegerField()
    step = models.CharField(max_length=40)
    position = models.PositiveIntegerField(default=0, help_text="order inside the step; added before = smaller")
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="approval_tasks", verbose_name=_("approver")
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("on behalf of")
    )
    origin = models.CharField(max_length=12, choices=Origin, default=Origin.STEP)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    due_at = models.DateTimeField(_("due"), null=True)
    reminded_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = ApprovalTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval task")
        verbose_name_plural = _("approval tasks")
        constraints = [
            models.UniqueConstraint(
                fields=["request", "round", "step", "approver"],
                condition=Q(state="pending"),
                name="approval_task_once",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", ended_at=None) | (~Q(state="pending") & Q(ended_at__isnull=False)),
                name="approval_task_ends",
            ),
            models.CheckConstraint(
                condition=Q(on_behalf_of=None) | ~Q(on_behalf_of=F("approver")), name="approval_task_for_another"
            ),
        ]
        indexes = [
            models.Index(fields=["request", "round", "step"], name="approval_task_request"),
            models.Index(fields=["approver", "-id"], name="approval_task_waiting", condition=Q(state="pending")),
            models.Index(
                fields=["due_at"], name="approval_task_due", condition=Q(state="pending", due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request} · {self.approver}"


@tracked()
class ApprovalDecision(models.Model):
    """What somebody decided, or what happened to a round; written once, never changed."""

    class Action(models.TextChoices):
        SUBMIT = "submit", _("submitted")
        APPROVE = "approve", _("approved")
        REJECT = "reject", _("rejected")
        RETURN = "return", _("returned")
        WITHDRAW = "withdraw", _("withdrew")
        DELEGATE = "delegate", _("handed on")
        ADD = "add", _("added an approver")
        COMMENT = "comment", _("commented")
        COPY = "copy", _("sent a copy")
        AUTO = "auto", _("counted as decided before")
        ESCALATE = "escalate", _("escalated")
        REASSIGN = "reassign", _("was replaced")
        BLOCK = "block", _("found nobody to decide")
        VOID = "void", _("closed without a decision")

    DECIDING = ("approve", "reject", "return")

    request = models.ForeignKey(ApprovalRequest, models.PROTECT, related_name="decisions", db_index=False)
    task = models.ForeignKey(ApprovalTask, models.PROTECT, null=True, related_name="decisions")
    round = models.PositiveIntegerField()
    step = models.CharField(max_length=40, blank=True)
    action = models.CharField(max_length=10, choices=Action)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    comment = models.CharField(_("comment"), max_length=1000, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(action__in=["approve", "reject", "return", "auto"]),
                name="approval_decided_once",
            ),
        ]
        indexes = [models.Index(fields=["request", "id"], name="approval_decision_request")]

    def __str__(self) -> str:
        return f"{self.request} · {self.get_action_display()}"


@tracked()
class ApprovalCopy(models.Model):
    """Somebody who is told about a request and may read it without deciding (抄送)."""

    request = models.ForeignKey(ApprovalRequest, models.PROTECT, related_name="copies")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="approval_copies")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    added_at = models.DateTimeField(db_default=models.functions.Now())
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("copy")
        verbose_name_plural = _("copies")
        constraints = [models.UniqueConstraint(fields=["request", "user"], name="approval_copy_once")]


@tracked()
class Delegation(models.Model):
    """Days on which somebody decides in another's name, for some purposes or all; never handed on further."""

    giver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="delegations", verbose_name=_("in the name of")
    )
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="delegations_held",
        verbose_name=pgettext_lazy("delegation", "decides"),
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    purposes = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, verbose_name=pgettext_lazy("approval", "for")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ["-starts_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="delegation_ends_after_start"),
            models.CheckConstraint(condition=~Q(giver=F("receiver")), name="delegation_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.giver} → {self.receiver} {self.starts_on}–{self.ends_on}"
