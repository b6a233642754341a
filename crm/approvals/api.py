"""Approvals for other systems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import django_filters
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from crm.approvals import actions
from crm.approvals.matters import COMMENT_AT_MOST
from crm.approvals.models import ApprovalRequest, ApprovalTask
from crm.people.models import User
from crm.records.filters import RecordFilterSet, WordsFilter
from crm.records.keyset import Order

VIEW, DECIDE, DELEGATE = "crm.view_approval", "crm.decide_approval", "crm.delegate_approval"


class SubjectSerializer(serializers.Serializer[ApprovalRequest]):
    """The document that is decided on."""

    purpose = serializers.CharField(help_text="sales.quote, for instance")
    id = serializers.IntegerField(source="subject_id")
    title = serializers.CharField()
    version = serializers.IntegerField(source="document_version")


class ApprovalSerializer(serializers.ModelSerializer[ApprovalRequest]):
    """A document put up for decision; `seen` is what a decision on it names."""

    subject = SubjectSerializer(source="*")
    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    submitted_by = serializers.CharField(source="submitted_by.username", help_text="user name")
    waiting_for = serializers.SerializerMethodField(help_text="user names of those who may decide now")
    seen = serializers.CharField(source="content_hash", help_text="hash of the content that is decided on")
    blocked_because = serializers.CharField(source="why_blocked")

    class Meta:
        model = ApprovalRequest
        fields = (
            "id", "subject", "customer", "state", "step", "round", "amount", "currency", "submitted_by", "submitted_at",
            "closed_at", "waiting_for", "blocked_because", "seen",
        )  # fmt: skip
        read_only_fields = fields

    def get_waiting_for(self, row: ApprovalRequest) -> list[str]:
        """Those whose turn it is."""
        turns: list[ApprovalTask] = row.open_turns  # type: ignore[attr-defined]
        first = min((task.position for task in turns), default=0)
        return [task.approver.username for task in turns if task.position == first]


class WordsSerializer(serializers.Serializer[Any]):
    """Words to what is done."""

    comment = serializers.CharField(required=False, default="", allow_blank=True, max_length=COMMENT_AT_MOST)


class DecisionSerializer(WordsSerializer):
    """A decision; without `seen` it is taken on the content as it was when the request came in."""

    seen = serializers.CharField(required=False, max_length=64)


class ReasonSerializer(DecisionSerializer):
    """A decision that has to be explained."""

    comment = serializers.CharField(max_length=COMMENT_AT_MOST)


class ReturnSerializer(ReasonSerializer):
    """Giving a document back; its next round begins at `to`, the key of a step that was reached."""

    to = serializers.CharField(source="to_step", required=False, default="", allow_blank=True, max_length=40)


class ColleagueSerializer(WordsSerializer):
    """To whom a turn is handed on."""

    to = serializers.SlugRelatedField("username", queryset=User.objects.all())


class ApprovalFilter(RecordFilterSet):
    """What approvals can be narrowed down by."""

    state = WordsFilter("state", choices=ApprovalRequest.State.choices, label=_("State"))
    purpose = django_filters.CharFilter("purpose", max_length=60)


class ApprovalViewSet(RecordViewSet):
    """Approvals in reach: of one's documents, and those one has a part in."""

    model = ApprovalRequest
    scope = "approvals"
    rights: ClassVar[dict[str, str]] = {
        "list": VIEW,
        "retrieve": VIEW,
        "approve": DECIDE,
        "reject": DECIDE,
        "return_it": DECIDE,
        "delegate": DELEGATE,
        "withdraw": VIEW,
    }
    leans_on = (VIEW, DECIDE)
    orders = (Order("id", _("newest first"), "id", is_descending=True),)
    filterset = ApprovalFilter
    serializer_class = ApprovalSerializer

    def scoped(self) -> QuerySet[Any]:
        """What one may look at, whatever the action: whose turn it is says the action itself."""
        return ApprovalRequest.objects.visible_to(self.request.user)

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With whoever submitted, and the turns that wait."""
        waiting = ApprovalTask.objects.filter(state=ApprovalTask.State.PENDING).select_related("approver")
        turns = Prefetch("tasks", queryset=waiting.order_by("position", "pk"), to_attr="open_turns")
        return rows.select_related("submitted_by").prefetch_related(turns)

    @extend_schema(request=DecisionSerializer, responses=ApprovalSerializer)
    @action(["post"], detail=True)
    def approve(self, request: Request, pk: int) -> Response:
        """Agree; 409 where somebody was first or the content changed."""
        return self.decided(DecisionSerializer, actions.approve)

    @extend_schema(request=ReasonSerializer, responses=ApprovalSerializer)
    @action(["post"], detail=True)
    def reject(self, request: Request, pk: int) -> Response:
        """Refuse for good."""
        return self.decided(ReasonSerializer, actions.reject)

    @extend_schema(request=ReturnSerializer, responses=ApprovalSerializer)
    @action(["post"], detail=True, url_path="return")
    def return_it(self, request: Request, pk: int) -> Response:
        """Give the document back to be changed."""
        return self.decided(ReturnSerializer, actions.return_request)

    @extend_schema(request=ColleagueSerializer, responses=ApprovalSerializer)
    @action(["post"], detail=True)
    def delegate(self, request: Request, pk: int) -> Response:
        """Hand one's turn on to a colleague."""
        row, body = self.get_object(), self.read_body(ColleagueSerializer)
        return self.answer(actions.delegate(row, actor=request.user, **body))

    @extend_schema(request=WordsSerializer, responses=ApprovalSerializer)
    @action(["post"], detail=True)
    def withdraw(self, request: Request, pk: int) -> Response:
        """Take a document back before the last decision."""
        row, body = self.get_object(), self.read_body(WordsSerializer)
        return self.answer(actions.withdraw(row, actor=request.user, **body))

    def decided(self, form: type[DecisionSerializer], act: Callable[..., ApprovalRequest]) -> Response:
        """A decision on the row of the address."""
        row, body = self.get_object(), self.read_body(form)
        return self.answer(act(row, actor=self.request.user, **{"seen": row.content_hash, **body}))
