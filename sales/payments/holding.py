"""Locking what a payment settles, in the order of the house: contracts by id, instalments, then the payment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Subquery
from django.utils.translation import gettext as _

from sales.contracts.models import Contract, Instalment
from sales.contracts.querysets import ContractQuerySet
from sales.documents.holding import carry_customer, lock_customer
from sales.money import ZERO
from sales.payments.models import Payment

_HELD = "account_held"


@dataclass(frozen=True)
class Account:
    """What a customer agreed in one currency, locked: its signed contracts by id, the living instalments of these."""

    contracts: dict[int, Contract]
    instalments: dict[int, Instalment]

    def owed(self, contract_id: int | None) -> Decimal:
        """What is still to be paid of one running contract, or of all of them together."""
        rows = [row for row in self.contracts.values() if row.is_running and contract_id in (None, row.pk)]
        return sum((row.outstanding for row in rows), ZERO)

    def rooms(self, own_id: int | None) -> dict[int, Decimal]:
        """How much of each contract money may settle that was paid for another one (`own_id`) or for none.

        What was paid for a contract and settles none of its instalments counts as received for it all the same.
        """
        return {pk: row.outstanding for pk, row in self.contracts.items() if pk != own_id}

    def open_parts(self, contract_id: int | None) -> list[Instalment]:
        """Instalments to be paid of one running contract or of all, the oldest due first, those without a day last."""
        rows = [
            part
            for part in self.instalments.values()
            if part.open_amount > 0
            and self.contracts[part.contract_id].is_running
            and contract_id in (None, part.contract_id)
        ]
        return sorted(rows, key=lambda part: (part.due_on is None, part.due_on, part.contract_id, part.position))


def hold_payment(pk: int) -> tuple[Payment, Account]:
    """A payment and everything it may settle, locked; every contract of the customer in that currency is."""
    place = Payment.objects.filter(pk=pk)
    account = hold_account(Subquery(place.values("customer_id")), Subquery(place.values("currency")))
    payment = lock_payment(pk)
    payment.__dict__[_HELD] = account
    return payment, account


def hold_for_decision(pk: int) -> Payment:
    """A claim with all that its confirmation writes, locked in the order of the house, the customer first."""
    customer = lock_customer(Payment.objects.filter(pk=pk))
    payment = hold_payment(pk)[0]
    carry_customer(payment, customer)
    return payment


def account_of_payment(payment: Payment) -> Account:
    """What a payment may settle: as it was locked together with it, else as it stands."""
    held: Account | None = payment.__dict__.get(_HELD)
    return held or seen_account(payment.customer_id, payment.currency)


def hold_account(customer_id: int | Subquery, currency: str | Subquery) -> Account:
    """What a customer agreed in a currency, locked."""
    return account_of(lock_contracts(customer_id, currency))


def lock_contracts(customer_id: int | Subquery, currency: str | Subquery) -> list[Contract]:
    """The signed main contracts of a customer in a currency, locked by id."""
    return list(_contracts(customer_id, currency).select_for_update(of=("self",), no_key=True))


def seen_account(customer_id: int, currency: str) -> Account:
    """What a customer agreed in a currency, unlocked: for pages and drafts."""
    contracts = list(_contracts(customer_id, currency))
    parts = Instalment.objects.filter(contract__in=contracts, voided_at=None).order_by("pk")
    return Account({row.pk: row for row in contracts}, {part.pk: part for part in parts})


def account_of(contracts: Sequence[Contract]) -> Account:
    """Locked contracts with their living instalments, locked too."""
    parts = Instalment.objects.select_for_update(of=("self",), no_key=True).filter(
        contract__in=contracts, voided_at=None
    )
    return Account({row.pk: row for row in contracts}, {part.pk: part for part in parts.order_by("pk")})


def lock_payment(pk: int) -> Payment:
    """A payment, locked; the last lock of the order."""
    rows = Payment.objects.select_for_update(of=("self",), no_key=True).select_related(
        "customer", "contract", "owner", "department"
    )
    return rows.get(pk=pk)


def refuse_unless(payment: Payment, *states: str) -> None:
    """ValidationError where a payment was discarded or is in none of these states."""
    if payment.archived_at is not None:
        raise ValidationError(_("This draft was discarded."), code="archived")
    if payment.state not in states:
        raise ValidationError(
            _("%(name)s is “%(state)s”: this cannot be done now.")
            % {"name": payment, "state": payment.get_state_display()},
            code="state",
        )


def _contracts(customer_id: int | Subquery, currency: str | Subquery) -> ContractQuerySet:
    rows = Contract.objects.filter(customer_id=customer_id, currency=currency, state__in=Contract.SIGNED_ONCE)
    return rows.filter(main=None).select_related("type", "owner").order_by("pk")
