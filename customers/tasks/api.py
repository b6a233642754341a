"""Tasks for other systems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import RecordViewSet
from crm.people.models import User
from customers.customers.models import Customer
from customers.tasks import actions
from customers.tasks.filters import TaskFilter
from customers.tasks.models import Task
from customers.tasks.people import CHANGE, VIEW
from customers.tasks.tables import TASK_TABLE


class TaskSerializer(serializers.ModelSerializer[Task]):
    """What somebody has to do until when."""

    owner = serializers.CharField(source="owner.username", help_text="user name")
    given_by = serializers.CharField(source="created_by.username", default=None, help_text="user name or null")

    class Meta:
        model = Task
        fields = (
            "id", "title", "note", "customer", "owner", "given_by", "priority", "due_at", "is_all_day", "remind_at",
            "done_at", "cancelled_at", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields


class TaskChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of a task."""

    title = serializers.CharField(max_length=120)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    customer = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    owner = serializers.SlugRelatedField("username", queryset=User.objects.all(), required=False)
    priority = serializers.ChoiceField(choices=Task.Priority.choices, required=False)
    due_at = serializers.DateTimeField(required=False, allow_null=True)
    is_all_day = serializers.BooleanField(required=False)
    remind_at = serializers.DateTimeField(required=False, allow_null=True)


class DaySerializer(serializers.Serializer[Any]):
    """To which day."""

    day = serializers.DateField()


class ReceiverSerializer(serializers.Serializer[Any]):
    """To whom."""

    owner = serializers.SlugRelatedField("username", queryset=User.objects.all())


class TaskViewSet(RecordViewSet):
    """The tasks in reach; a list without `state` holds the open ones."""

    model = Task
    scope = "tasks"
    rights: ClassVar[dict[str, str]] = {
        "list": VIEW,
        "retrieve": VIEW,
        "create": "customers.add_task",
        "partial_update": CHANGE,
        "finish": CHANGE,
        "reopen": CHANGE,
        "cancel": CHANGE,
        "postpone": CHANGE,
        "give": CHANGE,
    }
    leans_on = (VIEW, "customers.view_customer")
    filterset = TaskFilter
    orders = tuple(TASK_TABLE.orders)
    serializer_class = TaskSerializer

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the people."""
        return rows.select_related("owner", "created_by")

    @extend_schema(request=TaskChangeSerializer, responses={201: TaskSerializer})
    def create(self, request: Request) -> Response:
        """Plan a task, for oneself or for a colleague in reach."""
        values = self.with_customer(self.read_body(TaskChangeSerializer))
        return self.answer(actions.add_task(actor=request.user, values=values), 201)

    @extend_schema(request=TaskChangeSerializer, responses=TaskSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change the given fields of an open task."""
        task, body = self.get_object(), self.read_body(TaskChangeSerializer, partial=True)
        return self.answer(actions.change_task(task, actor=request.user, values=self.with_customer(body)))

    @extend_schema(request=None, responses=TaskSerializer)
    @action(["post"], detail=True)
    def finish(self, request: Request, pk: int) -> Response:
        """Mark a task done."""
        return self.simple(actions.finish_task)

    @extend_schema(request=None, responses=TaskSerializer)
    @action(["post"], detail=True)
    def reopen(self, request: Request, pk: int) -> Response:
        """Open a finished or cancelled task again."""
        return self.simple(actions.reopen_task)

    @extend_schema(request=None, responses=TaskSerializer)
    @action(["post"], detail=True)
    def cancel(self, request: Request, pk: int) -> Response:
        """Give a task up."""
        return self.simple(actions.cancel_task)

    @extend_schema(request=DaySerializer, responses=TaskSerializer)
    @action(["post"], detail=True)
    def postpone(self, request: Request, pk: int) -> Response:
        """Move a task to another day."""
        task, body = self.get_object(), self.read_body(DaySerializer)
        return self.answer(actions.postpone_task(task, actor=request.user, to=body["day"]))

    @extend_schema(request=ReceiverSerializer, responses=TaskSerializer)
    @action(["post"], detail=True)
    def give(self, request: Request, pk: int) -> Response:
        """Give a task to a colleague in reach."""
        task, body = self.get_object(), self.read_body(ReceiverSerializer)
        return self.answer(actions.give_task(task, actor=request.user, owner=body["owner"]))

    def simple(self, act: Callable[..., Task]) -> Response:
        """A verb that takes no body."""
        self.read_body(serializers.Serializer)
        return self.answer(act(self.get_object(), actor=self.request.user))

    def with_customer(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with the customer in reach that its id names; 404 where there is none."""
        if body.get("customer") is None:
            return body
        return {**body, "customer": self.row_of(Customer, body["customer"], "customers.view_customer")}
