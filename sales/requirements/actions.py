"""What can be done with a requirement; approved, its customer counts as an opportunity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.approvals.models import ApprovalRequest
from crm.history.operations import operation
from crm.people.models import User
from crm.records.stale import fingerprint
from customers.customers.actions import clean_text, hold_customer
from customers.customers.identity import clean_line
from customers.customers.models import Customer
from sales.documents.holding import hold_owned, next_id
from sales.documents.models import WAITING_STATES
from sales.documents.submitting import end_approval, move, submit_document, withdraw_document
from sales.opportunities.actions import settle_standing
from sales.quotes.models import Quote
from sales.requirements.lines import NeedValues, checked_needs, keep_needs
from sales.requirements.models import Requirement

EDITABLE = ("title", "needs", "wanted_on", "contact", "opportunity", "currency")
# what a form watches for changes by others
WATCHED = ("title", "needs", "wanted_on", "contact_id", "opportunity_id", "currency", "state", "changed_at")
WANTED_WITHIN_DAYS = 3650


def add_requirement(
    customer: Customer, *, actor: User, values: Mapping[str, Any], lines: Sequence[NeedValues] = ()
) -> Requirement:
    """Write down what a customer needs; whoever is responsible for the customer is so for it."""
    requirement = Requirement(pk=next_id(Requirement), customer=customer, created_by=actor)
    with operation(actor, "requirement_added", requirement, anchor_id=customer.pk):
        held = hold_owned(customer)
        requirement.owner_id, requirement.department_id = held.owner_id, held.department_id
        _take(requirement, values)
        _write(requirement, actor, lines, is_new=True)
    return requirement


def change_requirement(
    requirement: Requirement,
    *,
    actor: User,
    values: Mapping[str, Any],
    lines: Sequence[NeedValues] | None = None,
    seen: str = "",
) -> Requirement:
    """Change a draft, returned or withdrawn requirement, its lines too where they are given.

    `seen` is the fingerprint of what the form showed; ValidationError with code `stale` where it was changed since.
    """
    with operation(actor, "requirement_changed", requirement, anchor_id=requirement.customer_id):
        locked = hold_requirement(requirement.pk)
        if seen and seen != fingerprint(locked, WATCHED):
            raise ValidationError(_("This requirement has changed since you opened the form."), code="stale")
        if not locked.is_editable:
            words = {"name": locked, "state": locked.get_state_display()}
            raise ValidationError(_("“%(name)s” is %(state)s and cannot be changed.") % words, code="closed")
        _take(locked, values)
        _write(locked, actor, kept_values(locked) if lines is None else lines)
    requirement.refresh_from_db()
    return requirement


def submit_requirement(
    requirement: Requirement,
    *,
    actor: User,
    chosen: Mapping[str, Sequence[int]] | None = None,
    comment: str = "",
) -> ApprovalRequest:
    """Put a requirement up for approval; it gets its number now, once, and waits for a new technical check."""
    return submit_document(
        requirement, actor=actor, kind="requirement", chosen=chosen, comment=comment, check=_refuse_unready
    )


def withdraw_requirement(requirement: Requirement, *, actor: User, comment: str = "") -> None:
    """Take a waiting requirement back before the last decision."""
    withdraw_document(requirement, actor=actor, kind="requirement", comment=comment)


def check_requirement(requirement: Requirement, *, actor: User, result: str, note: str = "") -> Requirement:
    """Record whether a requirement in approval can be met; a later check replaces it.

    ValidationError where it is not in approval, or where a reason is missing for anything but feasible.
    """
    said = clean_text(note)
    if result not in (Requirement.Check.FEASIBLE, Requirement.Check.PARTLY, Requirement.Check.IMPOSSIBLE):
        raise ValidationError({"result": _("Choose a result.")})
    if result != Requirement.Check.FEASIBLE and not said:
        raise ValidationError({"note": _("Say what has to change, or why it cannot be done.")})
    if len(said) > 2000:
        raise ValidationError({"note": _("At most 2,000 characters.")})
    with operation(actor, "requirement_checked", requirement, anchor_id=requirement.customer_id):
        locked = hold_requirement(requirement.pk)
        if locked.state != "pending" or not Requirement.objects.to_check_by(actor).filter(pk=locked.pk).exists():
            raise ValidationError(_("“%(name)s” does not wait for your check.") % {"name": locked}, code="state")
        checked = {"check_result": result, "check_note": said, "checked_by": actor, "checked_at": timezone.now()}
        move(locked, locked.state, actor=actor, **checked)
    requirement.refresh_from_db()
    return requirement


def void_requirement(requirement: Requirement, *, actor: User, reason: str) -> Requirement:
    """Give a requirement up, with a reason; its customer may become a lead again by that."""
    if not clean_line(reason):
        raise ValidationError({"reason": _("Say why.")})
    why = clean_line(reason)[:200]
    with operation(actor, "requirement_voided", requirement, anchor_id=requirement.customer_id, reason=why):
        locked = hold_requirement(requirement.pk)
        if locked.state == "void":
            raise ValidationError(_("“%(name)s” was given up already.") % {"name": locked}, code="state")
        _refuse_quoted(locked)
        if locked.state in (*WAITING_STATES, "returned"):
            end_approval(locked, actor=actor, kind="requirement", reason=why)
        was_approved = locked.state == "approved"
        move(locked, "void", actor=actor)
        if was_approved:
            settle_standing([locked.customer_id])
    requirement.refresh_from_db()
    return requirement


# ── what the approval shares ──


def hold_requirement(pk: int) -> Requirement:
    """A requirement, fresh, locked after its customer; ValidationError where that is archived or in a pool."""
    hold_customer(Customer.objects.get(requirement_set=pk))
    rows = Requirement.objects.select_for_update(of=("self",), no_key=True).select_related(
        "customer", "owner", "department"
    )
    found: Requirement = rows.get(pk=pk)
    return found


def kept_values(requirement: Requirement) -> list[NeedValues]:
    """The lines of a requirement as if they had been typed again."""
    return [
        NeedValues(line.quantity, line.name, line.product_id, line.pk, line.unit, line.target_price, line.note)
        for line in requirement.lines.all()
    ]


# ── checks ──


def _take(requirement: Requirement, values: Mapping[str, Any]) -> None:
    """Put tidied values on a requirement; ValidationError by field."""
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    before = {name: getattr(requirement, f"{name}_id") for name in ("contact", "opportunity")}
    for name, value in values.items():
        if name == "needs":
            value = clean_text(value or "")
        elif isinstance(value, str):
            value = clean_line(value)
        setattr(requirement, name, value)
    wrong = _wrong_relations(requirement, before)
    if not requirement.title:
        wrong["title"] = _("A requirement needs a title.")
    day = values.get("wanted_on")
    if day is not None and abs((day - timezone.localdate()).days) > WANTED_WITHIN_DAYS:
        wrong["wanted_on"] = _("Choose a day within ten years.")
    if wrong:
        raise ValidationError(wrong)
    known = {*values} - {"contact", "opportunity"}
    requirement.clean_fields(exclude=[f.name for f in Requirement._meta.concrete_fields if f.name not in known])


def _wrong_relations(requirement: Requirement, before: Mapping[str, int | None]) -> dict[str, str]:
    wrong = {}
    for name in ("contact", "opportunity"):
        related = getattr(requirement, name)
        if related is None or related.pk == before[name]:
            continue
        if related.customer_id != requirement.customer_id:
            wrong[name] = _("This belongs to another customer.")
        elif related.archived_at is not None:
            wrong[name] = _("This is archived.")
    opportunity = requirement.opportunity
    if opportunity is not None and opportunity.currency != requirement.currency:
        words = {"name": opportunity, "currency": opportunity.currency}
        wrong.setdefault("currency", _("“%(name)s” is in %(currency)s.") % words)
    return wrong


def _write(requirement: Requirement, actor: User, lines: Sequence[NeedValues], *, is_new: bool = False) -> None:
    """Save a requirement with its lines and who changed it."""
    ready = checked_needs(requirement, lines)
    requirement.changed_at, requirement.changed_by, requirement.edited_by = timezone.now(), actor, actor
    requirement.save(force_insert=is_new)
    keep_needs(requirement, ready)


def _refuse_unready(requirement: Requirement) -> dict[str, Any]:
    """ValidationError for a requirement that says nothing yet; asked under its lock, an old check falls away."""
    lines = list(requirement.lines.all())
    if not lines and not requirement.needs:
        raise ValidationError(_("Say what the customer needs: in words, or line by line."), code="no_lines")
    gone = [line for line in lines if line.product and (not line.product.is_on_sale or line.product.archived_at)]
    if gone:
        raise ValidationError(_("“%(name)s” is not on sale any more.") % {"name": gone[0].name}, code="lines")
    return {"check_result": "", "check_note": "", "checked_by": None, "checked_at": None}


def _refuse_quoted(requirement: Requirement) -> None:
    living = requirement.quotes.exclude(state__in=[Quote.State.VOID, Quote.State.SUPERSEDED]).order_by("pk").first()
    if living is not None:
        words = {"name": requirement, "quote": living}
        raise ValidationError(_("The quote %(quote)s was made from “%(name)s”. Void it first.") % words, code="quoted")
