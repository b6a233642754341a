"""Pages of orders and deliveries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, may, needs
from sales.documents.verb_forms import ReasonForm
from sales.documents.verb_pages import posted, verb_page
from sales.orders import acceptance, actions
from sales.orders.filters import OrderFilter
from sales.orders.forms import AnswerForm, DeliveredForm, DeliveryForm, OrderForm
from sales.orders.links import living_link
from sales.orders.marks import delivery_mark, order_mark
from sales.orders.models import Delivery, Order

VIEW, CHANGE = "sales.view_order", "sales.change_order"


@needs(VIEW, model=Order)
@require_safe
def order_detail(request: SignedInRequest, order: Order) -> HttpResponse:
    """One order: what of it is delivered, and by which deliveries."""
    row = Order.objects.select_related("customer", "contract", "owner").get(pk=order.pk)
    lines = list(row.lines.all())
    deliveries = list(row.deliveries.order_by("-planned_on", "-pk"))
    is_going = row.state not in (Order.State.HELD, Order.State.CANCELLED)
    may_change = may(request.user, CHANGE, row)
    context = {
        "order": row,
        "state": order_mark(row.state),
        "lines": lines,
        "deliveries": [(one, delivery_mark(one.state)) for one in deliveries],
        "sees_contract": may(request.user, "sales.view_contract", row.contract),
        "may_change": may_change,
        "may_plan": may_change and is_going and any(line.delivered < line.quantity for line in lines),
    }
    return render(request, "sales/orders/detail.html", context)


@needs(CHANGE, model=Order)
def order_edit(request: SignedInRequest, order: Order) -> HttpResponse:
    """Change until when an order is delivered, and its remark."""
    initial = {"due_on": order.due_on, "remark": order.remark}
    form = OrderForm(posted(request), initial=initial)
    return verb_page(
        request, order, form, actions.change_order,
        title=_("Edit order"), action_label=_("Save"), done=_("Saved."),
    )  # fmt: skip


@needs(CHANGE, model=Order)
def delivery_add(request: SignedInRequest, order: Order) -> HttpResponse:
    """Plan a delivery of what is open."""
    free = actions.open_quantities(order)
    form = DeliveryForm(posted(request), order=order, free=free, proposed=free)
    return verb_page(
        request, order, form, _with_quantities(actions.plan_delivery, form), template="sales/orders/delivery_form.html",
        title=_("Plan a delivery"), action_label=_("Plan"), done=_("Delivery planned."),
    )  # fmt: skip


@needs(VIEW, model=Delivery)
@require_safe
def delivery_detail(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """One delivery: what goes with it, and what the customer said."""
    row = Delivery.objects.select_related("order__customer", "order__contract").get(pk=delivery.pk)
    context = {
        "delivery": row,
        "order": row.order,
        "state": delivery_mark(row.state),
        "lines": list(row.lines.select_related("order_line").order_by("order_line__position")),
        "may_change": may(request.user, CHANGE, row.order),
        "link": living_link(row) if row.state == Delivery.State.DELIVERED else None,
    }
    return render(request, "sales/orders/delivery.html", context)


@needs(CHANGE, model=Delivery)
def delivery_edit(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """Change a planned delivery."""
    free = actions.open_quantities(delivery.order, besides=delivery)
    initial = {name: getattr(delivery, name) for name in actions.ON_THE_WAY}
    form = DeliveryForm(
        posted(request), order=delivery.order, free=free,
        proposed=_planned(delivery), initial=initial,
    )  # fmt: skip
    return verb_page(
        request, delivery, form, _with_quantities(actions.change_delivery, form),
        template="sales/orders/delivery_form.html", back_to=delivery.order,
        title=_("Edit delivery"), action_label=_("Save"), done=_("Saved."),
    )  # fmt: skip


@needs(CHANGE, model=Delivery)
def delivery_delivered(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """Record that a delivery left the house, and what was in it."""
    free = actions.open_quantities(delivery.order, besides=delivery)
    initial = {"carrier": delivery.carrier, "tracking_number": delivery.tracking_number}
    form = DeliveredForm(
        posted(request), order=delivery.order, free=free,
        proposed=_planned(delivery), initial=initial,
    )  # fmt: skip
    return verb_page(
        request, delivery, form,
        lambda row, actor, delivered_on, carrier, tracking_number, **_: actions.record_delivered(
            row, actor=actor, quantities=form.quantities(), delivered_on=delivered_on,
            carrier=carrier, tracking_number=tracking_number,
        ),
        template="sales/orders/delivery_form.html", back_to=delivery.order,
        title=_("Record the delivery"), action_label=_("Record the delivery"), done=_("Delivery recorded."),
    )  # fmt: skip


@needs(CHANGE, model=Delivery)
def delivery_accept(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """Record that the customer accepted a delivery."""
    form = AnswerForm(posted(request))
    return verb_page(
        request, delivery, form, acceptance.accept_delivery, back_to=delivery.order,
        title=_("Record the acceptance"), action_label=_("Record the acceptance"), done=_("Acceptance recorded."),
    )  # fmt: skip


@needs(CHANGE, model=Delivery)
def delivery_refuse(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """Record that the customer refused a delivery."""
    form = AnswerForm(posted(request))
    return verb_page(
        request, delivery, form, acceptance.refuse_delivery, back_to=delivery.order,
        title=_("Record the refusal"), action_label=_("Record the refusal"), done=_("Refusal recorded."), danger=True,
        facts=[_("What was in it is open again.")],
    )  # fmt: skip


@needs(CHANGE, model=Delivery)
def delivery_cancel(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """Cancel a delivery."""
    form = ReasonForm(posted(request))
    return verb_page(
        request, delivery, form, actions.cancel_delivery, back_to=delivery.order,
        title=_("Cancel the delivery"), action_label=_("Cancel the delivery"), done=_("Delivery cancelled."),
        danger=True, facts=[_("What was in it is open again.")],
    )  # fmt: skip


@needs(VIEW)
@require_safe
def order_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = OrderFilter(request.GET, Order.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter orders"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("sales:order_list")})


def _planned(delivery: Delivery) -> dict[int, Any]:
    return dict(delivery.lines.values_list("order_line_id", "quantity"))


def _with_quantities(act: Callable[..., Any], form: DeliveryForm) -> Callable[..., Any]:
    return lambda row, actor, **_: act(row, actor=actor, quantities=form.quantities(), values=form.values())
