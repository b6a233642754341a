"""Making and taking back the link of a customer to a delivery."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from sales.links.pages import link_page, revoke_page
from sales.orders import links
from sales.orders.models import Delivery

CHANGE = "sales.change_order"
PROPOSED_DAYS = 14


@needs(CHANGE, model=Delivery)
def delivery_link(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """Make the customer's link and show it."""
    return link_page(
        request, delivery, links.make_delivery_link, until=timezone.localdate() + timedelta(days=PROPOSED_DAYS),
        back=_("Back to the delivery"), title=_("Link of the customer"), action_label=_("Make a link"),
        facts=[
            _("Whoever has the link sees what was delivered, and accepts or refuses it once."),
            _("Earlier links to this delivery end."),
        ],
    )  # fmt: skip


@needs(CHANGE, model=Delivery)
@require_POST
def delivery_revoke_link(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """Take the customer's link back."""
    return revoke_page(request, delivery, links.revoke_delivery_links)
