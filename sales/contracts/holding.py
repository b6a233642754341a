"""Locking contracts in the order of the house: customer, opportunity, contract by id, then what hangs on it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.people.models import User
from sales.contracts.models import Contract
from sales.documents.holding import next_id as next_id


def hold_contract(pk: int) -> Contract:
    """A contract, locked, with its main contract before it where it is a supplement."""
    return hold_rows(pk, Contract.objects.filter(pk=pk).values_list("main_id", flat=True).get())


def hold_rows(pk: int, main_id: int | None) -> Contract:
    """A contract, locked after its main contract, whose id the caller knows."""
    ids = [found for found in (main_id, pk) if found]
    rows = Contract.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    related = ("type", "customer__level", "owner", "department", "signer_ours", "main")
    return {row.pk: row for row in rows.select_related(*related)}[pk]


def hold_editable(contract: Contract) -> Contract:
    """A contract, locked; ValidationError where its content may not be changed any more."""
    locked = hold_contract(contract.pk)
    refuse_discarded(locked)
    if not locked.is_editable:
        raise ValidationError(
            _("%(name)s is %(state)s and cannot be changed.") % {"name": locked, "state": locked.get_state_display()},
            code="closed",
        )
    return locked


def hold_in(contract: Contract, *states: str) -> Contract:
    """A contract, locked; ValidationError where it is in none of these states."""
    locked = hold_contract(contract.pk)
    refuse_discarded(locked)
    if locked.state not in states:
        raise ValidationError(
            _("%(name)s is %(state)s: this cannot be done now.")
            % {"name": locked, "state": locked.get_state_display()},
            code="state",
        )
    return locked


def refuse_discarded(contract: Contract) -> None:
    """ValidationError for a draft that was thrown away."""
    if contract.archived_at is not None:
        raise ValidationError(_("This draft was discarded."), code="archived")


def touch(contract: Contract, actor: User | None, *, is_content: bool = True, is_new: bool = False) -> None:
    """Save a locked contract with who changed it; `is_content` says that what it says was edited."""
    contract.changed_at, contract.changed_by = timezone.now(), actor
    if is_content:
        contract.edited_by = actor
    contract.save(force_insert=is_new)
