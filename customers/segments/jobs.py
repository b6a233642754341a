"""The background work of segments: classifying by rule, scoring each night."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.history.operations import operation, tied_to
from crm.jobs.actions import start_job
from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job
from crm.notifications.actions import notify
from crm.people.models import User
from crm.records.parts import Part, id_parts
from customers.customers.models import Customer
from customers.segments.actions import RULE_RIGHT
from customers.segments.classifying import Step, active_rules, broken_rules, concerned, refuse_broken, steps, write
from customers.segments.models import ClassificationRule

KIND = "classification"
VERB = "customers_classified"
CHUNK_SIZE = 20_000
logger = logging.getLogger("harbour.segments")


def start_classification(actor: User) -> Job:
    """Run all rules in use now; one operation for the whole run. ValidationError where one of them is broken."""
    rules = active_rules()
    if not rules:
        raise ValidationError(_("No rule is in use."), code="no_rules")
    refuse_broken(rules, actor)
    return _start(rules, actor)


def classify_each_night() -> None:
    """Run the rules on the authority of whoever last kept them, without the broken ones; nothing without rules."""
    keeper, rules = _keeper(), active_rules()
    if keeper is not None and rules:
        _start(rules, keeper)


class Classification(JobKind):
    """The rules one after the other, each over parts of the customers it changes; broken ones are left out and told."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        rules, job.total, chunks = active_rules(), 0, []
        broken = broken_rules(rules, job.requested_by)
        for step in steps(rules):
            parts = _parts(step, rules, job.requested_by, broken)
            job.total += sum(part.size for part in parts)
            chunks += [
                {"rule": step.rule.pk, "way": step.way, "first": part.first, "last": part.last} for part in parts
            ]
        job.params = {"broken": {str(pk): why for pk, why in broken.items()}}
        job.save(update_fields=["params"])
        return chunks

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        if not job.requested_by.reach.has(RULE_RIGHT):
            raise ValidationError(_("You may no longer keep these rules."))
        rules = active_rules()
        broken = _broken(job, rules)
        step = next((one for one in steps(rules) if (one.rule.pk, one.way) == (params["rule"], params["way"])), None)
        if step is None or step.rule.pk in broken:
            return Tally(0)
        assert job.operation is not None  # whoever starts it gives it one
        with tied_to(job.operation):
            rows = concerned(step, rules, job.requested_by, broken).filter(pk__range=(params["first"], params["last"]))
            ids = list(rows.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
            return Tally(write(step, Customer.objects.filter(pk__in=ids), job.requested_by))

    def finish(self, job: Job) -> dict[str, Any]:
        rules = active_rules()
        broken = _broken(job, rules)
        ClassificationRule.objects.filter(is_active=True).exclude(pk__in=broken).update(ran_at=timezone.now())
        job.refresh_from_db(fields=["done"])
        facts = [[_("Customers changed"), f"{job.done:,}"]]
        for rule in rules:
            if rule.pk in broken:
                _tell_of_broken(rule, job)
                facts.append([_("Left out: “%(rule)s”") % {"rule": rule}, broken[rule.pk]])
        return {"facts": facts}


def _start(rules: list[ClassificationRule], actor: User) -> Job:
    broken = broken_rules(rules, actor)
    with operation(actor, VERB, facts={"rules": [rule.name for rule in rules if rule.pk not in broken]}) as entry:
        return start_job(KIND, _("Levels and tags by rule"), requested_by=actor, params={}, operation=entry)


def _parts(step: Step, rules: list[ClassificationRule], user: User, broken: dict[int, str]) -> list[Part]:
    """The parts of one step; a rule the database cannot answer joins the broken ones."""
    if step.rule.pk in broken:
        return []
    try:
        with transaction.atomic():
            return id_parts(concerned(step, rules, user, broken), CHUNK_SIZE)
    except (DatabaseError, ValidationError, TypeError, ValueError):
        logger.exception("classification rule failed", extra={"rule": step.rule.pk})
        broken[step.rule.pk] = _("The database cannot answer this question, or not in time.")
        return []


def _broken(job: Job, rules: list[ClassificationRule]) -> dict[int, str]:
    """What was broken when the run began, and what has broken since."""
    return {int(pk): why for pk, why in job.params["broken"].items()} | broken_rules(rules, job.requested_by)


def _tell_of_broken(rule: ClassificationRule, job: Job) -> None:
    """Tell whose segment it is and everybody who keeps rules, once a week."""
    keepers = set(User.objects.able_to_own(RULE_RIGHT))
    year, week, _day = timezone.localdate().isocalendar()
    for person in {user for user in (rule.segment.owner, job.requested_by) if user.is_active} | keepers:
        with translation.override(person.language):
            words = {"rule": rule, "segment": rule.segment}
            text = _("The rule “%(rule)s” did not run: its segment “%(segment)s” can no longer be asked.") % words
        url = reverse("settings:classification_list") if person in keepers else rule.segment.get_absolute_url()
        key = f"broken-rule:{rule.pk}:{year}-{week}"
        notify(person, "broken_rule", text, about=None, url=url, dedupe_key=key)


def _keeper() -> User | None:
    from crm.history.models import Operation  # noqa: PLC0415 - only this question reads the history

    latest = Operation.objects.filter(verb="classification_rule_saved", actor__is_active=True).order_by("-id")
    for entry in latest.select_related("actor")[:20]:
        if entry.actor is not None and entry.actor.reach.has(RULE_RIGHT):
            return entry.actor
    return None
