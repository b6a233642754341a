"""What can be done with a contract until it is signed, and with one that is given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.actions import hold_customer
from sales.contracts.holding import hold_contract, hold_editable, hold_in, refuse_discarded, touch
from sales.contracts.making import refuse_lost, why_not_good
from sales.contracts.models import Contract
from sales.contracts.planning import refuse_unequal_plan, refuse_unreachable_plan
from sales.contracts.values import WATCHED, set_values
from sales.documents.lines import refuse_unsellable
from sales.documents.stale import refuse_stale
from sales.documents.submitting import end_approval, submit_document, withdraw_document
from sales.orders.making import delivers
from sales.orders.taking import refuse_delivered
from sales.quotes.models import Quote

KIND = "contract"
PURPOSE = "sales.contract"


def change_contract(contract: Contract, *, actor: User, values: Mapping[str, Any], seen: str = "") -> Contract:
    """Change what was agreed besides the lines, as long as the contract is not put up for approval.

    `seen` is the fingerprint of what the form showed; ValidationError with code `stale` where it was changed since.
    """
    with operation(actor, "contract_changed", contract, anchor_id=contract.customer_id):
        locked = hold_editable(contract)
        refuse_stale(locked, seen, WATCHED)
        set_values(locked, values)
        touch(locked, actor)
    return locked


def submit_contract(
    contract: Contract, *, actor: User, chosen: Mapping[str, Sequence[int]] | None = None, comment: str = ""
) -> Contract:
    """Put a contract up for approval; it gets its number the first time.

    ValidationError where its quotes may not be used any more, or where the instalments are not exactly the whole.
    """
    submit_document(contract, actor=actor, kind=KIND, chosen=chosen, comment=comment, check=_refuse_unready)
    return contract


def withdraw_contract(contract: Contract, *, actor: User, comment: str = "") -> Contract:
    """Take a contract back before the last decision; it may be changed and submitted again."""
    withdraw_document(contract, actor=actor, kind=KIND, comment=comment)
    return contract


def revise_contract(contract: Contract, *, actor: User, reason: str) -> Contract:
    """Open an approved or rejected contract again as its next version; its approval does not carry over."""
    with operation(actor, "contract_revised", contract, anchor_id=contract.customer_id, reason=reason):
        locked = hold_in(contract, Contract.State.APPROVED, Contract.State.REJECTED)
        locked.state, locked.version = Contract.State.DRAFT, locked.version + 1
        locked.approved_at, locked.content_hash = None, ""
        touch(locked, actor)
    return locked


def void_contract(contract: Contract, *, actor: User, reason: str) -> Contract:
    """Give up a contract that was not signed; its quotes are free for another one. A draft without number is discarded.

    ValidationError while somebody has to decide on it.
    """
    with operation(actor, "contract_voided", contract, anchor_id=contract.customer_id, reason=reason):
        hold_customer(contract.customer)
        locked = hold_contract(contract.pk)
        refuse_discarded(locked)
        if locked.is_waiting:
            raise ValidationError(_("Withdraw it first: somebody is deciding on it."), code="waiting")
        if locked.state == Contract.State.VOID or locked.state in Contract.SIGNED_ONCE:
            raise ValidationError(
                _("%(name)s is %(state)s: this cannot be done now.")
                % {"name": locked, "state": locked.get_state_display()},
                code="state",
            )
        end_approval(locked, actor=actor, kind=KIND, reason=reason)
        now = timezone.now()
        locked.sources.filter(ended_at=None).update(ended_at=now)
        if locked.number:
            locked.state = Contract.State.VOID
            locked.ended_on, locked.end_reason = timezone.localdate(), reason[:300]
        else:
            locked.archived_at = now
        touch(locked, actor, is_content=False)
    return locked


def _refuse_unready(contract: Contract) -> dict[str, Any]:
    refuse_discarded(contract)
    if contract.gross <= 0:
        raise ValidationError(_("A contract is about an amount above 0."), code="amount")
    if contract.main_id:
        refuse_unsellable(list(contract.lines.all()), timezone.localdate())
        _refuse_main(contract)
    else:
        refuse_lost(contract.opportunity)
        _refuse_quotes(contract)
    refuse_unequal_plan(contract)
    refuse_unreachable_plan(contract, delivers(contract) or _has_orders(contract))
    return {}


def _has_orders(contract: Contract) -> bool:
    return contract.main is not None and contract.main.orders.exists()


def _refuse_main(supplement: Contract) -> None:
    main = supplement.main
    assert main is not None
    if not main.is_running:
        raise ValidationError(
            _("%(name)s is %(state)s: it takes no supplement.") % {"name": main, "state": main.get_state_display()},
            code="main",
        )
    refuse_below_paid(main, supplement)
    if supplement.direction == Contract.Direction.TAKES:
        refuse_delivered(supplement)


def refuse_below_paid(main: Contract, supplement: Contract) -> None:
    """ValidationError where a supplement would take more away than is still free (TRUST 5.3)."""
    if supplement.direction == Contract.Direction.ADDS:
        return
    left = main.total - supplement.gross
    bound = max(main.received, main.invoiced + main.applied)
    if left < bound:
        raise ValidationError(
            _("%(amount)s is received or invoiced already: at most %(free)s can be taken away.")
            % {"amount": f"{bound:,.2f}", "free": f"{max(main.total - bound, 0):,.2f}"},
            code="below_paid",
        )


def _refuse_quotes(contract: Contract) -> None:
    quotes = list(Quote.objects.filter(contract_links__contract=contract, contract_links__ended_at=None).order_by("pk"))
    if not quotes:
        raise ValidationError(_("A contract is made from approved quotes."), code="no_quotes")
    wrong = [reason for quote in quotes if (reason := why_not_good(quote))]
    if wrong:
        raise ValidationError(wrong, code="quotes")
    if sum(quote.gross for quote in quotes) != contract.gross:
        raise ValidationError(_("The contract is about another amount than its quotes."), code="quotes")
