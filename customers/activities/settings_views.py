"""The settings page about one's own address for mail."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from customers.activities import addresses
from customers.activities.models import MailAddress

RIGHT = "customers.add_activity"


@needs(RIGHT)
@never_cache
def mail_address(request: SignedInRequest) -> HttpResponse:
    """One's address for mail: whether there is one, and a new one, shown once."""
    made, refusals = "", []
    if request.method == "POST":
        try:
            made = addresses.make_address(request.user)
        except ValidationError as refusal:
            refusals = refusal.messages
    context = {
        "made": made,
        "refusals": refusals,
        "kept": MailAddress.objects.filter(user=request.user).first(),
        "is_possible": bool(settings.MAIL_IN_DOMAIN),
    }
    return render(request, "customers/activities/mail_address.html", context, status=422 if refusals else 200)


@needs(RIGHT)
@require_POST
def mail_address_remove(request: SignedInRequest) -> HttpResponse:
    """Switch the address off."""
    addresses.remove_address(request.user)
    messages.success(request, _("The address is off."))
    return redirect("settings:mail_address")
