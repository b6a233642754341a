"""What a person who leaves must hand over: their customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import ngettext

from customers.customers.models import Customer

if TYPE_CHECKING:
    from crm.people.models import User


def customers_held(user: User) -> tuple[str, str] | None:
    """How many customers a person is responsible for, and where they are moved; None without any."""
    count = Customer.objects.owned_by(user).count()
    if not count:
        return None
    sentence = ngettext("%(count)s customer belongs to %(name)s.", "%(count)s customers belong to %(name)s.", count)
    return sentence % {
        "count": count,
        "name": user,
    }, f"{reverse('customers:transfer_new')}?all=1&query=owner%3D{user.pk}"
