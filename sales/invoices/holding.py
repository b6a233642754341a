"""Locking invoices in the order of the house: customer, contract, invoices by id, the request for a reissue."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.people.models import User
from customers.customers.models import Customer
from sales.contracts.holding import hold_contract
from sales.invoices.models import Invoice, Reissue


def hold_invoice(pk: int) -> Invoice:
    """An invoice, locked after its customer and its contract; `contract` is the locked one."""
    place = Invoice.objects.values("customer_id", "contract_id").get(pk=pk)
    _hold_customer(place["customer_id"])
    contract = hold_contract(place["contract_id"])
    locked = _invoices().get(pk=pk)
    locked.contract = contract
    return locked


def hold_reissue(pk: int) -> Reissue:
    """A reissue, locked after its customer, its contract and its blue invoice, which it carries locked."""
    place = Reissue.objects.values("customer_id", "contract_id", "invoice_id").get(pk=pk)
    _hold_customer(place["customer_id"])
    contract = hold_contract(place["contract_id"])
    blue = _invoices().get(pk=place["invoice_id"])
    rows = Reissue.objects.select_for_update(of=("self",)).select_related("customer", "owner", "department", "profile")
    locked = rows.get(pk=pk)
    locked.contract, locked.invoice, blue.contract = contract, blue, contract
    return locked


def refuse_unless(document: Any, *states: str) -> None:
    """ValidationError where a document was discarded or is in none of these states."""
    if document.archived_at is not None:
        raise ValidationError(_("This draft was discarded."), code="archived")
    if document.state not in states:
        raise ValidationError(
            _("%(name)s is “%(state)s”: this cannot be done now.")
            % {"name": document, "state": document.get_state_display()},
            code="state",
        )


def touch(document: Any, actor: User | None, *, is_content: bool = True, is_new: bool = False) -> None:
    """Save a locked document with who changed it; `is_content` says that what it says was edited."""
    document.changed_at, document.changed_by = timezone.now(), actor
    if is_content:
        document.edited_by = actor
    document.save(force_insert=is_new)


def _hold_customer(pk: int) -> None:
    Customer.objects.select_for_update(of=("self",)).only("pk").get(pk=pk)


def _invoices() -> Any:
    related = ("customer", "owner", "department", "profile", "reissue")
    return Invoice.objects.select_for_update(of=("self",)).select_related(*related)
