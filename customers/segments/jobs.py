"""The background work of segments: classifying by rule, scoring each night."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation, tied_to
from crm.jobs.actions import start_job
from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job
from crm.people.models import User
from crm.records.parts import id_parts
from customers.customers.models import Customer
from customers.segments.actions import RULE_RIGHT
from customers.segments.classifying import active_rules, concerned, refuse_broken, steps, write
from customers.segments.models import ClassificationRule

KIND = "classification"
VERB = "customers_classified"
CHUNK_SIZE = 20_000


def start_classification(actor: User) -> Job:
    """Run all rules in use now; one operation for the whole run."""
    rules = active_rules()
    if not rules:
        raise ValidationError(_("No rule is in use."), code="no_rules")
    refuse_broken(rules, actor)
    with operation(actor, VERB, facts={"rules": [rule.name for rule in rules]}) as entry:
        return start_job(KIND, _("Levels and tags by rule"), requested_by=actor, params={}, operation=entry)


def classify_each_night() -> None:
    """Run the rules on the authority of whoever last kept them; nothing without rules."""
    keeper = _keeper()
    if keeper is not None and active_rules():
        start_classification(keeper)


class Classification(JobKind):
    """The rules one after the other, each over parts of the customers it changes."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        rules, job.total, chunks = active_rules(), 0, []
        for step in steps(rules):
            parts = id_parts(concerned(step, rules, job.requested_by), CHUNK_SIZE)
            job.total += sum(part.size for part in parts)
            chunks += [
                {"rule": step.rule.pk, "way": step.way, "first": part.first, "last": part.last} for part in parts
            ]
        return chunks

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        if not job.requested_by.reach.has(RULE_RIGHT):
            raise ValidationError(_("You may no longer keep these rules."))
        rules = active_rules()
        step = next((one for one in steps(rules) if (one.rule.pk, one.way) == (params["rule"], params["way"])), None)
        if step is None:
            return Tally(0)
        assert job.operation is not None  # start_classification gives it one
        with tied_to(job.operation):
            rows = concerned(step, rules, job.requested_by).filter(pk__range=(params["first"], params["last"]))
            ids = list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
            return Tally(write(step, Customer.objects.filter(pk__in=ids), job.requested_by))

    def finish(self, job: Job) -> dict[str, Any]:
        ClassificationRule.objects.filter(is_active=True).update(ran_at=timezone.now())
        job.refresh_from_db(fields=["done"])
        return {"facts": [[_("Customers changed"), f"{job.done:,}"]]}


def _keeper() -> User | None:
    from crm.history.models import Operation  # noqa: PLC0415 - only this question reads the history

    latest = Operation.objects.filter(verb="classification_rule_saved", actor__is_active=True).order_by("-id")
    for entry in latest.select_related("actor")[:20]:
        if entry.actor is not None and entry.actor.reach.has(RULE_RIGHT):
            return entry.actor
    return None
