"""Keeping the rules that hand out customers; nobody's rules reach further than they could assign by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.access.rights import ALL, BELOW
from crm.history.operations import operation
from crm.people.models import Department, User
from customers.leads.models import Allotment, AllotmentShare
from customers.pool.models import Pool

ASSIGN_RIGHT = "customers.assign_customer"
WEIGHT_AT_MOST = 1000


def save_allotment(allotment: Allotment, weights: Mapping[int, int], *, actor: User) -> Allotment:
    """Keep a rule with its receivers (user id → weight); other receivers or weights begin the turns anew."""
    if not weights:
        raise ValidationError(_("Give at least one person a weight."), code="no_receivers")
    if not all(1 <= weight <= WEIGHT_AT_MOST for weight in weights.values()):
        raise ValidationError(
            _("A weight lies between 1 and %(limit)s.") % {"limit": WEIGHT_AT_MOST}, code="bad_weight"
        )
    if User.objects.able_to_own().filter(pk__in=weights, department__isnull=False).count() < len(weights):
        raise ValidationError(_("Not all of these people can own customers."), code="cannot_own")
    refuse_beyond_reach(allotment, weights, actor)
    with operation(actor, "allotment_saved", allotment):
        if allotment.pk:
            before = Allotment.objects.select_for_update(no_key=True).get(pk=allotment.pk)
            refuse_beyond_reach(before, before.shares.values_list("user", flat=True), actor)
        allotment.save()
        if dict(allotment.shares.values_list("user", "weight")) != dict(weights):
            allotment.shares.all().delete()
            AllotmentShare.objects.bulk_create(
                AllotmentShare(allotment=allotment, user_id=user_id, weight=weight)
                for user_id, weight in weights.items()
            )
    return allotment


def delete_allotment(allotment: Allotment, *, actor: User) -> None:
    """Drop a rule; what it handed out stays on record."""
    refuse_beyond_reach(allotment, allotment.shares.values_list("user", flat=True), actor)
    with operation(actor, "allotment_deleted", allotment):
        allotment.delete()


def refuse_beyond_reach(allotment: Allotment, receivers: Iterable[int], actor: User) -> None:
    """A director's rules give what this director could assign by hand; who assigns nothing keeps the company's."""
    reach = actor.reach
    scope = reach.scopes.get(ASSIGN_RIGHT)
    if scope in (None, ALL):
        return
    below = reach.below_ids if scope == BELOW else [reach.department_id]
    intake = Department.objects.intake()
    is_source_kept = (
        Pool.objects.kept_by(actor).filter(pk=allotment.pool_id).exists()
        if allotment.pool_id
        else intake is None or intake.pk in below
    )
    elsewhere = User.objects.filter(pk__in=list(receivers)).exclude(department__in=below)
    if not is_source_kept or elsewhere.exists():
        words = _("“%(name)s” reaches beyond your departments, so an administrator keeps it.")
        raise ValidationError(words % {"name": allotment}, code="beyond_reach")
