"""Locking contracts in the order of the house: customer, opportunity, contract by id, then what hangs on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, Prefetch, QuerySet, Subquery, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.people.models import User
from sales.contracts.models import Contract, ContractLine
from sales.documents.holding import carry_customer, lock_customer
from sales.opportunities.models import Opportunity


def hold_contract(pk: int) -> Contract:
    """A contract, locked after its main contract where it is a supplement; `main` is the locked one then."""
    return _hold([pk, _main_of(pk)])[pk]


def hold_contract_of(documents: QuerySet[Any]) -> Contract:
    """The contract of the one document among these, locked."""
    (contract,) = _hold([Subquery(documents.order_by().values("contract_id")[:1])]).values()
    return contract


def hold_whole(pk: int, **more: Exists) -> Contract:
    """A contract, locked after its customer, its opportunity and its main contract, which it carries locked too.

    Its lines with their products, its instalments and what `more` annotates are read with it, once.
    """
    place = Contract.objects.filter(pk=pk)
    customer = lock_customer(place)
    held = Opportunity.objects.select_for_update(of=("self",), no_key=True).filter(
        pk=Subquery(place.values("opportunity_id"))
    )
    opportunity = held.first()
    contract = _hold([pk, _main_of(pk)], **more)[pk]
    carry_customer(contract, customer)
    if opportunity is not None and contract.opportunity_id == opportunity.pk:
        contract.opportunity = opportunity
    lines = Prefetch("lines", ContractLine.objects.select_related("product__category"))
    prefetch_related_objects([contract], lines, "instalments")
    return contract


def _main_of(pk: int) -> Subquery:
    return Subquery(Contract.objects.filter(pk=pk).values("main_id"))


def _hold(ids: Sequence[Any], **more: Exists) -> dict[int, Contract]:
    """Contracts by id, locked in order of their ids; a supplement carries its main contract if that is among them."""
    rows = Contract.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk")
    related = ("type", "customer__level", "owner", "department", "signer_ours", "main")
    found = {row.pk: row for row in rows.select_related(*related).annotate(**more)}
    for row in found.values():
        row.main = found.get(row.main_id or 0, row.main)
    return found


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
    refuse_unless(locked, *states)
    return locked


def refuse_unless(contract: Contract, *states: str) -> None:
    """ValidationError where a contract was discarded or is in none of these states."""
    refuse_discarded(contract)
    if contract.state not in states:
        raise ValidationError(
            _("%(name)s is %(state)s: this cannot be done now.")
            % {"name": contract, "state": contract.get_state_display()},
            code="state",
        )


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
