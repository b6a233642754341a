"""What every resource of the API shares: gate, one transaction per keyed POST, scoped rows, strict parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from crm.access.denials import note_denial
from crm.access.gate import Gate
from crm.api.errors import Fault
from crm.api.idempotency import answered_once
from crm.api.pagination import PARAMETERS
from crm.records.filters import RecordFilterSet
from crm.records.keyset import Order


class ApiViewSet(GenericViewSet[Any]):
    """A resource. `scope` is its word in token scopes; `rights` names the right of each action ("" = any person);
    `leans_on` names rights its actions ask besides; `scope_words` gives an action a scope of its own.
    """

    gate = Gate("api")
    http_method_names = ["get", "head", "post", "patch"]
    scope: ClassVar[str]
    rights: ClassVar[dict[str, str]]
    leans_on: ClassVar[tuple[str, ...]] = ()
    scope_words: ClassVar[dict[str, str]] = {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Django REST framework's own dispatch, with the handler run through the idempotency key."""
        self.args, self.kwargs, self.headers = args, kwargs, self.default_response_headers
        self.request = self.initialize_request(request, *args, **kwargs)
        try:
            self.initial(self.request, *args, **kwargs)
            handler: Callable[..., Response] = getattr(self, (request.method or "").lower())
            answer = answered_once(self.request, lambda: handler(self.request, *args, **kwargs), self.may_hear)
        except Exception as trouble:
            answer = self.handle_exception(trouble)
        self.response = self.finalize_response(self.request, answer, *args, **kwargs)
        return self.response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who asks, how often, and whether they may: refused requests are counted too."""
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.perform_authentication(request)
        self.check_throttles(request)
        self.check_permissions(request)

    def may_hear(self, answer: Any) -> bool:
        """Whether the person may be told again what they were told before."""
        return True

    @property
    def right(self) -> str:
        """The right the present action needs."""
        return self.rights[self.action]

    def read_body(self, serializer: type[serializers.Serializer[Any]], **options: Any) -> dict[str, Any]:
        """The checked values of the body; a field the serializer does not take is refused (400)."""
        form = serializer(data=self.request.data, context=self.get_serializer_context(), **options)
        takes = {name for name, field in form.fields.items() if not field.read_only}
        if unknown := sorted(set(self.request.data) - takes):
            raise serializers.ValidationError({name: [_("This field cannot be set here.")] for name in unknown})
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def filter_names(self) -> Sequence[str]:
        """The filters a list takes, for the schema."""
        return []

    def refuse_parameters(self, known: Sequence[str] = ()) -> None:
        """ValidationError (400) naming every query parameter that is not known."""
        if unknown := sorted({*self.request.query_params} - {*known}):
            message = _("This parameter is not known here.")
            raise ValidationError({name: ValidationError(message, code="bad_filter") for name in unknown})


class JobStartedSerializer(serializers.Serializer[Any]):
    """Long work has begun: what it is about, and the job to watch."""

    id = serializers.IntegerField()
    job = serializers.IntegerField()


class RecordViewSet(ApiViewSet):
    """A resource over rows: `model`, `orders` and `filterset` of its list page."""

    model: ClassVar[type[Model]]
    orders: ClassVar[Sequence[Order]]
    filterset: ClassVar[type[RecordFilterSet] | None] = None
    lookup_value_converter = "int"

    def may_hear(self, answer: Any) -> bool:
        """Whether the row of the answer is still in reach."""
        pk = answer.get("id") if isinstance(answer, dict) else None
        manager: Any = self.model._default_manager
        return pk is None or manager.visible_to(self.request.user).filter(pk=pk).exists()

    def get_queryset(self) -> QuerySet[Any]:
        """The rows in the person's reach for the present action, with what the serializer reads of them."""
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        return self.with_relations(self.scoped())

    def scoped(self) -> QuerySet[Any]:
        """The rows in reach for the right of the present action."""
        manager: Any = self.model._default_manager
        rows: QuerySet[Any] = manager.within(self.request.user, self.right)
        return rows

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows with their relations loaded, so that a page costs the same queries whatever its length."""
        return rows

    def listed(self) -> QuerySet[Any]:
        """The rows a list starts from, before its filters."""
        rows = self.get_queryset()
        return rows.filter(archived_at=None) if hasattr(self.model, "archived_at") else rows

    def get_object(self) -> Any:
        """The row of the address: 404 out of reach, 403 where it may be seen but this right does not cover it."""
        return self._found(self.model, self.get_queryset(), self.kwargs["pk"])

    def row_of(self, model: type[Model], pk: int, right: str = "") -> Any:
        """A row the body names, in reach for the right of the present action; 404 or 403 as for the address."""
        manager: Any = model._default_manager
        return self._found(model, manager.within(self.request.user, right or self.right), pk)

    def _found(self, model: type[Model], rows: QuerySet[Any], pk: int) -> Any:
        row = rows.filter(pk=pk).first()
        if row is not None:
            return row
        manager: Any = model._default_manager
        if manager.visible_to(self.request.user).filter(pk=pk).exists():
            note_denial(self.request, self.right)
            raise PermissionDenied(_("You may see this record, but not do this with it."))
        raise Http404

    def list(self, request: Request) -> Response:
        """The rows in reach that match the filters."""
        rows = self.filtered(self.listed())
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, pk: int) -> Response:
        """One row in reach."""
        self.refuse_parameters()
        return self.told(self.get_object())

    def filter_names(self) -> Sequence[str]:
        """The filters of the list page, and `search` for its search field."""
        if self.filterset is None:
            return []
        names = parameter_names(self.filterset)
        return ["search", *names] if "q" in names else names

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that match the parameters; ValidationError (400) names each unknown or wrong one."""
        self.refuse_parameters([*PARAMETERS, *self.filter_names()])
        if self.filterset is None:
            return rows
        parameters = self.request.query_params.copy()
        if "search" in parameters and "q" in self.filterset.base_filters:
            parameters["q"] = parameters.pop("search")[-1]
        filters = self.filterset(parameters, rows, self.request.user)
        if not filters.is_valid():
            wrong = filters.form.errors.items()
            raise ValidationError(
                {name: [ValidationError(text, code="bad_filter") for text in texts] for name, texts in wrong}
            )
        return filters.rows()

    def answer(self, row: Model, status: int = 200) -> Response:
        """A row as it stands in the database now, masked for the person who asks."""
        manager: Any = self.model._default_manager
        fresh = self.with_relations(manager.visible_to(self.request.user)).filter(pk=row.pk).first()
        return self.told(fresh or row, status)

    def told(self, row: Any, status: int = 200) -> Response:
        """A row as the person may see it."""
        return Response(self.get_serializer(row).data, status=status)


def parameter_names(filterset: type[RecordFilterSet]) -> list[str]:
    """The query parameters a filter set reads; a range has one for each of its ends."""
    names: list[str] = []
    for name, found in filterset.base_filters.items():
        widget = found.field.widget
        suffixes: Sequence[str] = getattr(widget, "widgets_names", ())
        names += [name, *(f"{name}{suffix}" for suffix in suffixes if suffix)]
    return names + filterset.added_names()


def unknown_address(request: HttpRequest, rest: str = "") -> JsonResponse:
    """404 in JSON for whatever is not an address of the API."""
    fault = Fault(404, _("There is no such address. Addresses of the API end with a slash."))
    return JsonResponse(fault.body(), status=fault.status, json_dumps_params={"ensure_ascii": False})


unknown_address.gate = Gate("api")  # type: ignore[attr-defined]
