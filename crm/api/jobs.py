"""Long work: how far it is, what came of it, and stopping it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.permissions import ANYBODY
from crm.api.views import RecordViewSet
from crm.jobs import actions
from crm.jobs.models import Job
from crm.records.keyset import Order


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job and its progress; `result` says what came of it."""

    requested_by = serializers.CharField(source="requested_by.username", read_only=True)
    result = serializers.DictField(read_only=True)

    class Meta:
        model = Job
        fields = (
            "id", "kind", "title", "state", "total", "done", "failed", "result", "error", "requested_by", "created_at",
            "started_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class JobViewSet(RecordViewSet):
    """Jobs one asked for; those of others only with the right to see the system."""

    model = Job
    scope = "jobs"
    rights: ClassVar[dict[str, str]] = {"list": ANYBODY, "retrieve": ANYBODY, "cancel": ANYBODY}
    orders = (Order("id", _("newest first"), "id", is_descending=True),)
    serializer_class = JobSerializer

    def scoped(self) -> QuerySet[Any]:
        """One's own jobs, everybody's with `crm.view_system`; only one's own may be cancelled."""
        user = self.request.user
        return Job.objects.asked_by(user) if self.action == "cancel" else Job.objects.visible_to(user)

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the person who asked."""
        return rows.select_related("requested_by")

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        """Stop before the next chunk; what is done stays done. 422 where the job has ended."""
        job = self.get_object()
        actions.cancel_job(job, actor=request.user)
        return Response(self.get_serializer(self.get_object()).data)
