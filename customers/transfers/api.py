"""Bulk transfers for other systems: one request plans and starts, a job does the work."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.pagination import PARAMETERS, KeysetPagination
from crm.api.views import JobStartedSerializer, RecordViewSet, parameter_names
from crm.people.models import User
from crm.records.keyset import Order
from crm.records.selection import IDS_AT_MOST, Selection
from customers.base_data.models import Region
from customers.customers.filters import CustomerFilter
from customers.transfers import actions, refusals
from customers.transfers.along import ALWAYS, companions
from customers.transfers.models import Transfer, TransferRow
from customers.transfers.querysets import TRANSFER_RIGHT

QUERY_AT_MOST = 2000


# instalments hang on their contracts and go with them; of what apps still to come will let move along there is none yet
NOT_KEPT_YET = ("instalments", "tickets", "bookings")


class TransferSerializer(serializers.ModelSerializer[Transfer]):
    """One hand-over and how far it is."""

    requested_by = serializers.CharField(source="requested_by.username")
    targets = serializers.SerializerMethodField()
    keep_clock = serializers.BooleanField(source="keeps_clock")
    moves_along = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Transfer
        fields = (
            "id", "state", "requested_by", "targets", "split", "moves_along", "keep_clock", "exceeds_limit",
            "effective_on", "old_owner_stays", "old_owner_until", "reason", "note", "job", "undo_job", "created_at",
            "finished_at", "undone_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_targets(self, transfer: Transfer) -> list[str]:
        """The user names of the receivers."""
        known = self.context["usernames"]
        return [known[pk] for pk in transfer.target_ids if pk in known]


class TransferRowSerializer(serializers.ModelSerializer[TransferRow]):
    """Where one customer was, where it goes, what became of it and why."""

    old_owner = serializers.CharField(source="old_owner.username", default=None, allow_null=True)
    new_owner = serializers.CharField(source="new_owner.username", default=None, allow_null=True)
    message = serializers.CharField()

    class Meta:
        model = TransferRow
        fields = ("row_number", "customer", "old_owner", "new_owner", "outcome", "reason", "message")
        read_only_fields = fields


class TransferDetailSerializer(TransferSerializer):
    """A hand-over with one page of its records."""

    results = TransferRowSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    count = serializers.IntegerField(allow_null=True)

    class Meta(TransferSerializer.Meta):
        fields = (*TransferSerializer.Meta.fields, "results", "next", "previous", "count")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class TransferStartedSerializer(JobStartedSerializer):
    """A transfer has begun, or waits for its day and has no job yet."""

    job = serializers.IntegerField(allow_null=True)


class NewTransferSerializer(serializers.Serializer[Any]):
    """What moves (`ids`, or `filter`: the parameters of the customer list), to whom, with what, why."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, allow_empty=False, max_length=IDS_AT_MOST
    )
    filter = serializers.DictField(required=False)
    targets = serializers.SlugRelatedField("username", queryset=User.objects.all(), many=True, allow_empty=False)
    split = serializers.ChoiceField(choices=Transfer.Split.choices, default=Transfer.Split.EVEN)
    weights = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=refusals.WEIGHT_AT_MOST),
        required=False,
        help_text="user name → weight, for the split by weight; 1 where none is named",
    )
    regions = serializers.DictField(
        child=serializers.CharField(max_length=150),
        required=False,
        help_text="code of a province → user name, for the split by region; other customers are shared evenly",
    )
    moves_along = serializers.ListField(child=serializers.CharField(max_length=30), required=False)
    reason = serializers.CharField(max_length=200)
    note = serializers.CharField(max_length=1000, default="", allow_blank=True)
    keep_clock = serializers.BooleanField(default=True)
    exceeds_limit = serializers.BooleanField(default=False)
    effective_on = serializers.DateField(required=False, allow_null=True)
    old_owner_stays = serializers.ChoiceField(choices=Transfer.Stay.choices, default=Transfer.Stay.OUT)
    old_owner_until = serializers.DateField(required=False, allow_null=True)

    def validate_moves_along(self, value: list[str]) -> list[str]:
        """The kinds of records there are; of those still to come there is nothing to move."""
        known = (ALWAYS, *companions())
        if unknown := [name for name in value if name not in (*known, *NOT_KEPT_YET)]:
            raise serializers.ValidationError(_("“%(value)s” is not offered here.") % {"value": unknown[0]})
        return [name for name in known if name in value]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Either ids or a filter; names become people and provinces."""
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError(_("Send either ids or filter."))
        people = {user.username: user.pk for user in attrs["targets"]}
        attrs["weights"] = {self._target("weights", people, name): n for name, n in attrs.get("weights", {}).items()}
        wanted = attrs.get("regions", {})
        codes = dict(Region.objects.filter(code__in=list(wanted), rank=1).values_list("code", "pk"))
        if unknown := set(wanted) - set(codes):
            words = _("There is no province with the code %(code)s.") % {"code": sorted(unknown)[0][:20]}
            raise serializers.ValidationError({"regions": words})
        attrs["regions"] = {codes[code]: self._target("regions", people, name) for code, name in wanted.items()}
        return attrs

    def _target(self, field: str, people: dict[str, int], username: str) -> int:
        if username not in people:
            raise serializers.ValidationError(
                {field: _("%(name)s is not among the targets.") % {"name": username[:60]}}
            )
        return people[username]

    def validate_filter(self, value: dict[str, Any]) -> str:
        """The parameters as the address of the list carries them; unknown ones are refused, or too much would move."""
        known = parameter_names(CustomerFilter)
        query = QueryDict(mutable=True)
        for name, wanted in value.items():
            asked = "q" if name == "search" else name
            if asked not in known:
                raise serializers.ValidationError(_("This list has no filter %(name)s.") % {"name": name[:60]})
            words = wanted if isinstance(wanted, list) else [wanted]
            if not all(isinstance(word, str | int) for word in words):
                raise serializers.ValidationError(_("A filter takes text, a number or a list of them."))
            query.setlist(asked, [str(word) for word in words])
        if len(text := query.urlencode()) > QUERY_AT_MOST:
            raise serializers.ValidationError(_("The filter is too long."))
        return text


class TransferViewSet(RecordViewSet):
    """Transfers one asked for, and those of the people below."""

    model = Transfer
    scope = "transfers"
    rights: ClassVar[dict[str, str]] = {
        "list": TRANSFER_RIGHT,
        "retrieve": TRANSFER_RIGHT,
        "create": TRANSFER_RIGHT,
        "undo": TRANSFER_RIGHT,
        "cancel": TRANSFER_RIGHT,
    }
    leans_on = ("customers.view_customer", "customers.view_pool")
    orders = (Order("-id", gettext_lazy("newest first"), "id", is_descending=True),)
    serializer_class = TransferSerializer

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the person who asked."""
        return rows.select_related("requested_by", "undo_job")

    def get_serializer_context(self) -> dict[str, Any]:
        """With the user names of all receivers there are."""
        people = User.objects.able_to_own() if getattr(self, "swagger_fake_view", False) else User.objects.all()
        return {**super().get_serializer_context(), "usernames": dict(people.values_list("pk", "username"))}

    @extend_schema(request=NewTransferSerializer, responses={202: TransferStartedSerializer})
    def create(self, request: Request) -> Response:
        """Plan a transfer and start it; records that cannot move stay, and the answer of GET says why.

        One for a later day (`effective_on`) waits: `job` is null until its morning.
        """
        body = self.read_body(NewTransferSerializer)
        selection = Selection(ids=tuple(dict.fromkeys(body.pop("ids", ()))))
        if "filter" in body:
            selection = Selection(query=body.pop("filter"), is_all=True)
        body["keeps_clock"] = body.pop("keep_clock")
        with transaction.atomic():
            transfer = actions.plan_transfer(request.user, selection, **body)
            job = actions.start_transfer(transfer, request.user)
        return Response({"id": transfer.pk, "job": job.pk if job else None}, status=202)

    @extend_schema(responses=TransferDetailSerializer)
    def retrieve(self, request: Request, pk: int) -> Response:
        """A transfer with the outcome of each record, page by page."""
        self.refuse_parameters(PARAMETERS)
        transfer = self.get_object()
        rows = transfer.rows.visible_to(request.user).select_related("old_owner", "new_owner")
        pages = KeysetPagination()
        page = pages.paginate_queryset(rows, request, self, (Order("row_number", "", "row_number"),))
        listed = pages.get_paginated_response(TransferRowSerializer(page, many=True).data)
        return Response({**self.get_serializer(transfer).data, **listed.data})

    @extend_schema(request=None, responses={202: JobStartedSerializer})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: int) -> Response:
        """Put back what nobody changed since, within the days the company allows; the rest is listed."""
        transfer = self.get_object()
        job = actions.start_undo(transfer, request.user)
        return Response({"id": transfer.pk, "job": job.pk}, status=202)

    @extend_schema(request=None, responses=TransferSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        """Drop a transfer that waits for its day, or stop a running one; what has moved stays moved."""
        transfer = self.get_object()
        actions.cancel_transfer(transfer, request.user)
        transfer.refresh_from_db()
        return Response(self.get_serializer(transfer).data)
