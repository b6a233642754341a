"""Customers for other systems: over the same rows, filters, actions and masks as the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import ApiViewSet, RecordViewSet
from crm.people.models import User
from crm.records.stale import fingerprint
from crm.records.together import read_together
from customers.base_data.models import Tag
from customers.customers import actions
from customers.customers.custom import CUSTOMER, usernames
from customers.customers.filters import CustomerFilter
from customers.customers.histories import HistorySerializer, history_page
from customers.customers.intake import receive_lead
from customers.customers.models import Customer
from customers.customers.serializers import (
    CustomerChangeSerializer,
    CustomerSerializer,
    LeadSerializer,
    NewCustomerSerializer,
)
from customers.customers.summary import companies_of, surroundings
from customers.customers.tables import CUSTOMER_TABLE
from customers.customers.verb_serializers import (
    AssignSerializer,
    CompaniesSerializer,
    DiscardSerializer,
    MergeSerializer,
    ReleaseSerializer,
)
from customers.duplicates import merging
from customers.duplicates.following import became
from customers.leads import discarding
from customers.leads.automatic import hand_out_lead
from customers.pool import actions as pool_actions
from customers.pool import protection
from customers.pool.api import ExtendSerializer, ProtectSerializer
from customers.pool.capacity import receivers_for
from customers.pool.extensions import ask_extension


class CustomerViewSet(RecordViewSet):
    """Customers in reach; the id of one that was merged stands for the customer it became part of."""

    model = Customer
    scope = "customers"
    rights: ClassVar[dict[str, str]] = {
        "list": "customers.view_customer",
        "retrieve": "customers.view_customer",
        "create": "customers.add_customer",
        "partial_update": "customers.change_customer",
        "companies": "customers.view_customer",
        "history": "customers.view_history",
        "claim": pool_actions.CLAIM_RIGHT,
        "release": pool_actions.RELEASE_RIGHT,
        "assign": pool_actions.ASSIGN_RIGHT,
        "protect": protection.PROTECT_RIGHT,
        "extend": protection.PROTECT_RIGHT,
        "discard": discarding.DISCARD_RIGHT,
        "merge": merging.RIGHT,
    }
    leans_on = ("customers.view_customer", "customers.view_pool", actions.OWN_RIGHT)
    filterset = CustomerFilter
    orders = tuple(CUSTOMER_TABLE.orders)
    serializer_class = CustomerSerializer

    def listed(self) -> QuerySet[Any]:
        """The rows a list starts from; the filters leave the recycle bin out unless it is asked for."""
        return self.get_queryset()

    def get_serializer_context(self) -> dict[str, Any]:
        """With the names of all tags."""
        context = super().get_serializer_context()
        return {**context, "tag_names": dict(Tag.objects.values_list("pk", "name")), "usernames": usernames(CUSTOMER)}

    def with_relations(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With everything the fields name."""
        seen = Customer.objects.visible_to(self.request.user).filter(pk=OuterRef("parent_id"))
        rows = rows.annotate(is_parent_seen=Exists(seen))
        return rows.select_related("owner", "department", "pool", "stage", "level", "industry", "region", "source")

    @extend_schema(request=NewCustomerSerializer, responses={201: CustomerSerializer})
    def create(self, request: Request) -> Response:
        """Add a customer with its main contact; 422 with fields where a similar one is known."""
        body = self.read_body(NewCustomerSerializer)
        owner, contact, reason = (body.pop(name, None) for name in ("owner", "contact", "duplicate_reason"))
        if "owner" not in request.data:
            owner = request.user if request.user.reach.has(actions.OWN_RIGHT) else None
        self.refuse_owner(owner)
        customer = actions.create_customer(
            actor=request.user,
            owner=owner,
            values={"custom": {}, **body},
            contact=contact,
            duplicate_reason=reason or "",
        )
        return self.answer(customer, 201)

    @extend_schema(
        request=CustomerChangeSerializer,
        responses=CustomerSerializer,
        parameters=[
            OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="ETag of the customer as seen")
        ],
    )
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change the given fields; 409 where If-Match or `changed_at` do not fit the customer as it is now."""
        customer, body = self.get_object(), self.read_body(CustomerChangeSerializer, partial=True)
        seen = request.headers.get("If-Match", "").removeprefix("W/").strip('"').removesuffix("-gzip")
        seen_at, reason = body.pop("changed_at", None), body.pop("duplicate_reason", "")
        if seen_at is not None and seen_at != customer.changed_at:
            raise ValidationError(_("This customer was changed meanwhile. Read it again."), code="stale")
        if seen_at is not None and not seen:
            seen = fingerprint(customer, actions.WATCHED)
        changed = actions.update_customer(
            customer, actor=request.user, values=body, seen="" if seen == "*" else seen, duplicate_reason=reason
        )
        return self.answer(changed)

    @extend_schema(request=None, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: int) -> Response:
        """Take a customer out of its public pool; 409 where somebody was faster, 422 where a rule says no."""
        return self.answer(pool_actions.claim_customer(self.get_object(), actor=request.user))

    @extend_schema(request=ReleaseSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: int) -> Response:
        """Give a customer up into a public pool."""
        customer, body = self.get_object(), self.read_body(ReleaseSerializer)
        return self.answer(pool_actions.release_customer(customer, actor=request.user, **body))

    @extend_schema(request=AssignSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: int) -> Response:
        """Give a customer nobody owns to a person of one's departments."""
        customer, body = self.get_object(), self.read_body(AssignSerializer)
        return self.answer(pool_actions.assign_customer(customer, actor=request.user, **body))

    @extend_schema(request=DiscardSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: int) -> Response:
        """Put a potential customer nobody works on into the recycle bin, with a reason."""
        customer, body = self.get_object(), self.read_body(DiscardSerializer)
        discarding.discard_customer(customer, actor=request.user, **body)
        customer.refresh_from_db()
        return self.answer(customer)

    @extend_schema(request=MergeSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: int) -> Response:
        """Merge a customer into another and answer with that one; 404 where either is out of reach."""
        body = self.read_body(MergeSerializer)
        loser, survivor = self.get_object(), self.row_of(Customer, body["into"])
        done = merging.merge_customers(
            survivor, loser, actor=request.user, fields=body["fields_taken"], reason=body["reason"]
        )
        return self.answer(done.survivor)

    def get_object(self) -> Any:
        """The row of the address, or the one it became part of."""
        try:
            row = super().get_object()
        except Http404:
            row = None
        if row is not None and (row.merged_into_id is None or self.action == "merge"):
            return row
        survivor = became(self.kwargs["pk"], self.request.user)
        if survivor is None and row is None:
            raise Http404
        return self._found(Customer, self.get_queryset(), survivor.pk) if survivor else row

    @extend_schema(request=ProtectSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def protect(self, request: Request, pk: int) -> Response:
        """Keep a customer out of the pool up to and with a day; 422 beyond the limits of its pool."""
        customer, body = self.get_object(), self.read_body(ProtectSerializer)
        return self.answer(protection.protect_customer(customer, actor=request.user, **body))

    @extend_schema(request=ExtendSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def extend(self, request: Request, pk: int) -> Response:
        """Ask to keep a customer longer than the rule of its pool allows; 409 where that is asked for already."""
        customer, body = self.get_object(), self.read_body(ExtendSerializer)
        ask_extension(customer, actor=request.user, **body)
        return self.answer(customer)

    @extend_schema(responses=HistorySerializer(many=True), filters=False)
    @action(detail=True, methods=["get"])
    def history(self, request: Request, pk: int) -> Response:
        """What was done to the customer, newest first, changes made outside the application included."""
        self.refuse_parameters(("cursor", "page_size"))
        return Response(history_page(self.get_object(), request))

    @extend_schema(responses=CompaniesSerializer, filters=False)
    @action(detail=True, methods=["get"])
    def companies(self, request: Request, pk: int) -> Response:
        """Parent, subsidiaries and relations; those out of reach without id and name."""
        self.refuse_parameters()
        customer = self.get_object()
        around = companies_of(customer, read_together(surroundings(customer, request.user)))
        return Response(CompaniesSerializer(around).data)

    def told(self, customer: Customer, status: int = 200) -> Response:
        """A customer with its ETag."""
        etag = f'"{fingerprint(customer, actions.WATCHED)}"'
        return Response(self.get_serializer(customer).data, status=status, headers={"ETag": etag})

    def refuse_owner(self, owner: User | None) -> None:
        """ValidationError where the person may not add customers for this owner."""
        actor = self.request.user
        if owner is None or owner == actor:
            return
        if not receivers_for(actor, pool_actions.ASSIGN_RIGHT).filter(pk=owner.pk).exists():
            raise ValidationError({"owner": _("You cannot add customers for %(name)s.") % {"name": owner}})


class LeadViewSet(ApiViewSet):
    """Leads from other systems."""

    scope = "leads"
    rights: ClassVar[dict[str, str]] = {"create": "customers.add_customer"}
    leans_on = ("customers.view_customer",)
    serializer_class = LeadSerializer

    @extend_schema(
        request=LeadSerializer,
        responses={201: CustomerSerializer, 200: OpenApiResponse(CustomerSerializer, "the external_id is known")},
    )
    def create(self, request: Request) -> Response:
        """Take a lead in as a potential customer; 200 where its external_id is known, 409 where its phone or e-mail is.

        The rules that hand out leads are asked at once; who got it is named to those who see the customer.
        A known customer out of reach is answered with `id`, `number` and `external_id` only.
        """
        customer, is_new = receive_lead(actor=request.user, **self.read_body(LeadSerializer))
        if is_new:
            hand_out_lead(customer)
        is_seen = Customer.objects.visible_to(request.user).filter(pk=customer.pk).exists()
        if not is_new and not is_seen:
            return Response({"id": customer.pk, "number": customer.number, "external_id": customer.external_id})
        context = self.get_serializer_context() | {
            "tag_names": dict(Tag.objects.values_list("pk", "name")),
            "usernames": usernames(CUSTOMER),
        }
        told = CustomerSerializer(customer, context=context).data
        return Response(told if is_seen else {**told, "owner": None}, status=201 if is_new else 200)
