"""Making and taking back the link of a customer to a delivery."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from crm.records.forms import refused
from sales.documents.verb_pages import asked, posted
from sales.links.actions import link_path
from sales.orders import links
from sales.orders.forms import LinkForm
from sales.orders.models import Delivery

CHANGE = "sales.change_order"
PROPOSED_DAYS = 14


@needs(CHANGE, model=Delivery)
def delivery_link(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """Make the customer's link, and show it: this once, only its hash is kept."""
    form = LinkForm(posted(request), initial={"until": timezone.localdate() + timedelta(days=PROPOSED_DAYS)})
    if request.method == "POST" and form.is_valid():
        try:
            link, token = links.make_delivery_link(delivery, actor=request.user, until=form.cleaned_data["until"])
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            context = {"delivery": delivery, "link": link, "address": f"{settings.SITE_URL}{link_path(token)}"}
            answer = render(request, "sales/orders/link.html", context)
            answer["Cache-Control"] = "no-store"
            return answer
    return asked(
        request, delivery, form, title=_("Link of the customer"), action_label=_("Make a link"),
        facts=[
            _("Whoever has the link sees what was delivered, and accepts or refuses it once."),
            _("Earlier links to this delivery end."),
        ],
    )  # fmt: skip


@needs(CHANGE, model=Delivery)
@require_POST
def delivery_revoke_link(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """Take the customer's link back."""
    try:
        links.revoke_delivery_links(delivery, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("The link no longer works."))
    return HttpResponseRedirect(delivery.get_absolute_url())
