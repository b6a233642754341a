"""Locking invoices in the order of the house: customer, contract, invoices by id, the request for a reissue."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.people.models import User
from sales.contracts.holding import hold_contract_of
from sales.documents.holding import carry_customer, lock_customer
from sales.invoices.models import Invoice, Reissue


def hold_invoice(pk: int) -> Invoice:
    """An invoice, locked after its customer and its contract; `contract` is the locked one."""
    place = Invoice.objects.filter(pk=pk)
    customer, contract = lock_customer(place), hold_contract_of(place)
    locked: Invoice = _invoices().get(pk=pk)
    carry_customer(locked, customer)
    locked.contract = contract
    return locked


def hold_reissue(pk: int) -> Reissue:
    """A reissue, locked after its customer, its contract and its blue invoice, which it carries locked."""
    place = Reissue.objects.filter(pk=pk)
    customer, contract = lock_customer(place), hold_contract_of(place)
    blue = _invoices().get(pk=Subquery(place.values("invoice_id")))
    rows = Reissue.objects.select_for_update(of=("self",), no_key=True).select_related("owner", "department", "profile")
    locked = rows.get(pk=pk)
    carry_customer(locked, customer)
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


def _invoices() -> Any:
    related = ("customer", "owner", "department", "profile", "reissue")
    return Invoice.objects.select_for_update(of=("self",), no_key=True).select_related(*related)
