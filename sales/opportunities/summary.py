"""What the page of an opportunity names around it, read in one query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from crm.records.together import Statement, read_together
from customers.contacts.models import Contact
from customers.customers.custom import people_named
from customers.customers.names import names_of, names_wanted
from sales.customers.sections import Section
from sales.opportunities.documents import document_parts, documents_of
from sales.opportunities.filters import LABEL
from sales.opportunities.models import LossReason, Opportunity, OpportunityStage


@dataclass(frozen=True)
class Surroundings:
    """People by id, the contact's name and title, and the stages in their order: name and "done", "now" or ""."""

    people: Mapping[int, Any]
    department: str
    contact: Mapping[str, str] | None
    loss_reason: str
    path: list[tuple[str, str]]
    documents: list[Section]


def surroundings_of(opportunity: Opportunity, user: Any) -> Surroundings:
    """What an opportunity hangs together with, as far as the person sees it."""
    people = people_named(LABEL, [opportunity.custom]) | {opportunity.owner_id or 0}
    contacts = Contact.objects.visible_to(user).filter(pk=opportunity.contact_id or 0)
    parts: dict[str, QuerySet[Any] | Statement] = {
        "contact": contacts.values("name", "job_title"),
        "stages": OpportunityStage.objects.values("pk", "name", "is_active"),
        "reason": LossReason.objects.filter(pk=opportunity.loss_reason_id or 0).values("name"),
        **document_parts(opportunity, user),
    }
    if statement := names_wanted({"person": people, "department": {opportunity.department_id}}):
        parts["names"] = statement
    read = read_together(parts)
    names = names_of(read["names"])
    return Surroundings(
        names["person"],
        str(names["department"].get(opportunity.department_id, "")),
        next(iter(read["contact"]), None),
        next((row["name"] for row in read["reason"]), ""),
        _path(opportunity, read["stages"]),
        documents_of(read, opportunity),
    )


def _path(opportunity: Opportunity, stages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    now = next(place for place, stage in enumerate(stages) if stage["pk"] == opportunity.stage_id)
    is_won = opportunity.state == Opportunity.State.WON
    return [
        (stage["name"], "done" if is_won or place < now else "now" if place == now else "")
        for place, stage in enumerate(stages)
        if stage["is_active"] or place == now
    ]
