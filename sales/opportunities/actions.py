"""What can be done with an opportunity; it is won by a signed contract only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.customfields.files import keep_files
from crm.customfields.values import changed_values, keep_unique, new_values
from crm.history.operations import operation
from crm.people.models import User
from crm.records.numbering import next_numbers
from crm.records.stale import fingerprint
from customers.contacts.models import Contact
from customers.customers.actions import clean_text, hold_customer
from customers.customers.identity import clean_line
from customers.customers.models import Customer
from customers.customers.standing import become_leads, become_opportunities
from sales.contracts.models import Contract
from sales.documents.models import WAITING_STATES
from sales.opportunities.models import LossReason, Opportunity, OpportunityStage
from sales.requirements.models import Requirement

LABEL = "sales.Opportunity"
EDITABLE = ("name", "contact", "stage", "amount", "currency", "probability", "expected_close_on", "remark")
# what a form watches for changes by others
WATCHED = ("name", "contact_id", "stage_id", "amount", "currency", "probability", "expected_close_on", "remark",
           "custom")  # fmt: skip
CLOSES_WITHIN_DAYS = 3650


def create_opportunity(customer: Customer, *, actor: User, values: Mapping[str, Any]) -> Opportunity:
    """Open talks with a customer somebody owns, who is responsible for them; a lead becomes an opportunity by it."""
    given = dict(values)
    custom = given.pop("custom", None)
    ready = _tidy(given)
    opportunity = Opportunity(customer=customer, name=ready.get("name", ""), created_by=actor, changed_by=actor)
    with operation(actor, "opportunity_created", opportunity, anchor_id=customer.pk):
        held = _owned(customer)
        opportunity.owner_id, opportunity.department_id = held.owner_id, held.department_id
        _take(opportunity, ready)
        if "probability" not in ready:
            opportunity.probability = opportunity.stage.probability
        opportunity.custom = new_values(LABEL, custom)
        opportunity.number = next_numbers("opportunity")[0]
        opportunity.save(force_insert=True)
        keep_unique(LABEL, opportunity.pk, {}, opportunity.custom)
        keep_files(opportunity, {}, actor=actor)
        become_opportunities([held.pk])
    return opportunity


def change_opportunity(
    opportunity: Opportunity, *, actor: User, values: Mapping[str, Any], seen: str = ""
) -> Opportunity:
    """Change an open opportunity; `seen` is the fingerprint of what the form showed.

    ValidationError with code `stale` where it was changed since.
    """
    given = dict(values)
    custom = given.pop("custom", {})
    with operation(actor, "opportunity_changed", opportunity, anchor_id=opportunity.customer_id):
        _owned(opportunity.customer)
        locked = _open(opportunity)
        if seen and seen != fingerprint(locked, WATCHED):
            raise ValidationError(_("This opportunity has changed since you opened the form."), code="stale")
        stage_before, custom_before = locked.stage_id, locked.custom
        _take(locked, _tidy(given))
        if locked.stage_id != stage_before:
            locked.stage_since = timezone.now()
        locked.custom = changed_values(LABEL, custom, custom_before)
        keep_unique(LABEL, locked.pk, custom_before, locked.custom)
        _save(locked, actor)
        keep_files(locked, custom_before, actor=actor)
    return locked


def move_opportunity(opportunity: Opportunity, *, actor: User, stage: OpportunityStage) -> Opportunity:
    """Put an open opportunity on another stage, with the probability of that stage."""
    with operation(actor, "opportunity_moved", opportunity, anchor_id=opportunity.customer_id):
        _owned(opportunity.customer)
        locked = _open(opportunity)
        if locked.stage_id == stage.pk:
            raise ValidationError({"stage": _("The opportunity is on this stage already.")})
        _take(locked, {"stage": stage, "probability": stage.probability})
        locked.stage_since = timezone.now()
        _save(locked, actor)
    return locked


def win_opportunity(opportunity: Opportunity, *, actor: User) -> Opportunity:
    """Close an opportunity as won; only a signed contract does that (TRUST 15). A won one stays as it is."""
    won = Opportunity.objects.filter(pk=opportunity.pk, state=Opportunity.State.WON).first()
    if won is not None:
        return won
    with operation(actor, "opportunity_won", opportunity, anchor_id=opportunity.customer_id):
        locked = Opportunity.objects.select_for_update(of=("self",), no_key=True).get(pk=opportunity.pk)
        signed = Contract.objects.filter(opportunity=locked, state__in=Contract.SIGNED_ONCE)
        if not signed.exists():
            raise ValidationError(
                _("An opportunity is won by signing a contract. None has been signed yet."), code="no_contract"
            )
        _close_won(locked, actor)
    return locked


def win_by_contract(locked: Opportunity, *, actor: User) -> None:
    """Close a locked opportunity as won, in the transaction that signed a contract of it; a won one stays as it is."""
    if locked.state == Opportunity.State.WON:
        return
    with operation(actor, "opportunity_won", locked, anchor_id=locked.customer_id, is_part=True):
        _close_won(locked, actor)


def _close_won(locked: Opportunity, actor: User) -> None:
    _refuse_closed(locked)
    locked.state, locked.closed_at, locked.probability = Opportunity.State.WON, timezone.now(), 100
    _save(locked, actor)


def lose_opportunity(
    opportunity: Opportunity, *, actor: User, loss_reason: LossReason, loss_note: str = ""
) -> Opportunity:
    """Close an open opportunity as lost; with its last open business a customer becomes a lead again."""
    with operation(actor, "opportunity_lost", opportunity, anchor_id=opportunity.customer_id, reason=str(loss_reason)):
        _owned(opportunity.customer)
        locked = _open(opportunity)
        if not loss_reason.is_active:
            raise ValidationError({"loss_reason": _("“%(name)s” is no longer in use.") % {"name": loss_reason}})
        on_its_way = [*WAITING_STATES, Contract.State.APPROVED, *Contract.RUNNING]
        running = Contract.objects.filter(opportunity=locked, state__in=on_its_way)
        if running.exists():
            raise ValidationError(_("A contract of this opportunity is on its way. End it first."), code="contract")
        locked.state, locked.closed_at, locked.probability = Opportunity.State.LOST, timezone.now(), 0
        locked.loss_reason, locked.loss_note = loss_reason, clean_line(loss_note)[:500]
        _save(locked, actor)
        settle_standing([locked.customer_id])
    return locked


def reopen_opportunity(opportunity: Opportunity, *, actor: User, reason: str = "") -> Opportunity:
    """Talk about a lost opportunity again."""
    with operation(actor, "opportunity_reopened", opportunity, anchor_id=opportunity.customer_id, reason=reason):
        held = _owned(opportunity.customer)
        locked = Opportunity.objects.select_for_update(of=("self",), no_key=True).get(pk=opportunity.pk)
        if locked.state != Opportunity.State.LOST:
            raise ValidationError(_("Only a lost opportunity can be opened again."), code="not_lost")
        locked.state, locked.closed_at, locked.stage_since = Opportunity.State.OPEN, None, timezone.now()
        locked.loss_reason, locked.loss_note, locked.probability = None, "", locked.stage.probability
        _save(locked, actor)
        become_opportunities([held.pk])
    return locked


def settle_standing(customer_ids: Iterable[int]) -> int:
    """Make customers leads again that have neither an open opportunity nor an approved requirement; how many.

    Inside the operation that ended the business, the customers locked.
    """
    ids = set(customer_ids)
    busy = set(Opportunity.objects.open().filter(customer_id__in=ids).values_list("customer_id", flat=True))
    needed = Requirement.objects.filter(customer_id__in=ids, state="approved", archived_at=None)
    busy |= set(needed.filter(opportunity=None).values_list("customer_id", flat=True))
    return become_leads(ids - busy)


# ── checks ──


def _owned(customer: Customer) -> Customer:
    """The customer, locked; ValidationError where nobody is responsible for it."""
    held = hold_customer(customer)
    if held.owner_id is None:
        raise ValidationError(_("Nobody owns “%(name)s” yet. Assign it first.") % {"name": held}, code="no_owner")
    return held


def _open(opportunity: Opportunity) -> Opportunity:
    locked = Opportunity.objects.select_for_update(of=("self",), no_key=True).get(pk=opportunity.pk)
    _refuse_closed(locked)
    return locked


def _refuse_closed(opportunity: Opportunity) -> None:
    if opportunity.state != Opportunity.State.OPEN:
        raise ValidationError(
            _("This opportunity is %(state)s.") % {"state": opportunity.get_state_display()}, code="closed"
        )


def _tidy(values: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    ready = dict(values)
    if "name" in ready:
        ready["name"] = clean_line(ready["name"] or "")
        if not ready["name"]:
            raise ValidationError({"name": _("An opportunity needs a name.")})
    if "remark" in ready:
        ready["remark"] = clean_text(ready["remark"] or "")
    return ready


def _take(opportunity: Opportunity, ready: Mapping[str, Any]) -> None:
    """Write the values into an opportunity; ValidationError by field where one cannot be."""
    before = {name: getattr(opportunity, f"{name}_id") for name in ("stage", "contact")}
    for name, value in ready.items():
        setattr(opportunity, name, value)
    wrong: dict[str, Any] = {}
    if opportunity.stage_id is None:
        wrong["stage"] = _("Choose a stage.")
    elif opportunity.stage_id != before["stage"] and not opportunity.stage.is_active:
        wrong["stage"] = _("“%(name)s” is no longer in use.") % {"name": opportunity.stage}
    contact = opportunity.contact
    if contact is not None and contact.pk != before["contact"] and not _may_be_named(contact, opportunity):
        wrong["contact"] = _("Choose a contact of this customer.")
    day = ready.get("expected_close_on")
    if day is not None and abs((day - timezone.localdate()).days) > CLOSES_WITHIN_DAYS:
        wrong["expected_close_on"] = _("Choose a day within ten years.")
    wrong |= _wrong_numbers(opportunity)
    if wrong:
        raise ValidationError(wrong)
    known = {*ready} - {"stage", "contact"}
    opportunity.clean_fields(exclude=[f.name for f in Opportunity._meta.concrete_fields if f.name not in known])


def _may_be_named(contact: Contact, opportunity: Opportunity) -> bool:
    return contact.customer_id == opportunity.customer_id and contact.archived_at is None


def _wrong_numbers(opportunity: Opportunity) -> dict[str, Any]:
    wrong = {}
    if opportunity.amount is not None and opportunity.amount < 0:
        wrong["amount"] = _("An amount is not below zero.")
    if not 0 <= opportunity.probability <= 100:
        wrong["probability"] = _("A probability lies between 0 and 100.")
    return wrong


def _save(opportunity: Opportunity, actor: User) -> None:
    opportunity.changed_at, opportunity.changed_by = timezone.now(), actor
    opportunity.save()
