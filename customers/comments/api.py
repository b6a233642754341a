"""Comments for other systems."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from crm.records.keyset import Order
from customers.activities.models import Activity
from customers.comments import actions
from customers.comments.filters import CommentFilter
from customers.comments.models import Comment
from customers.customers.models import Customer


class CommentSerializer(serializers.ModelSerializer[Comment]):
    """What a colleague said; `activity` is the follow-up it is about, null for the customer itself."""

    author = serializers.CharField(source="author.username", help_text="user name")

    class Meta:
        model = Comment
        fields = ("id", "customer", "activity", "content", "author", "created_at", "changed_at")
        read_only_fields = fields


class CommentChangeSerializer(serializers.Serializer[Any]):
    """What may be corrected of a comment."""

    content = serializers.CharField(max_length=actions.LONGEST_CONTENT)


class NewCommentSerializer(CommentChangeSerializer):
    """A new comment; those named with @ are told."""

    customer = serializers.IntegerField(min_value=1)
    activity = serializers.IntegerField(min_value=1, required=False, allow_null=True)


class CommentViewSet(RecordViewSet):
    """The comments on the customers in reach."""

    model = Comment
    scope = "comments"
    rights: ClassVar[dict[str, str]] = {
        "list": "customers.view_comment",
        "retrieve": "customers.view_comment",
        "create": "customers.add_comment",
        "partial_update": "customers.change_comment",
    }
    leans_on = ("customers.view_customer", "customers.view_comment", "customers.view_activity")
    filterset = CommentFilter
    orders = (Order("-created", "latest first", "created_at", True), Order("created", "oldest first", "created_at"))
    serializer_class = CommentSerializer

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the author."""
        return rows.select_related("author")

    @extend_schema(request=NewCommentSerializer, responses={201: CommentSerializer})
    def create(self, request: Request) -> Response:
        """Comment on a customer or one of its follow-ups; 422 where a colleague named with @ does not see it."""
        body = self.read_body(NewCommentSerializer)
        customer = self.row_of(Customer, body["customer"])
        activity = None
        if body.get("activity") is not None:
            activity = self.row_of(Activity, body["activity"], "customers.view_activity")
        made = actions.add_comment(customer, actor=request.user, content=body["content"], activity=activity)
        return self.answer(made, 201)

    @extend_schema(request=CommentChangeSerializer, responses=CommentSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Correct a comment of one's own within 24 hours."""
        comment, body = self.get_object(), self.read_body(CommentChangeSerializer)
        return self.answer(actions.update_comment(comment, actor=request.user, content=body["content"]))
