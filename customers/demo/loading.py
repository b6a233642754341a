"""Writes the demo company into an empty database: people, base data, customers and a history that fits them."""

from __future__ import annotations

import gc
import json
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from random import Random
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm.access.standard_roles import load_standard_roles
from crm.history.models import Operation
from crm.history.operations import operation
from crm.operations.requests import CurrentRequest, serving
from crm.people.models import User
from crm.records.models import NumberCounter
from customers.activities.models import Activity
from customers.base_data.loading import load_base_data
from customers.base_data.models import CustomerLevel, CustomerStage, Industry, LeadSource, Region, Tag
from customers.contacts.models import Contact
from customers.customers.models import Customer
from customers.customers.search import refresh_search
from customers.demo.arrivals import hand_some_out, receive_leads
from customers.demo.company import EAST, Company, found_company
from customers.demo.consents import keep_consents
from customers.demo.copying import copy_rows, silent_history, take_ids
from customers.demo.fields import add_demo_fields, fill_contact_fields, fill_demo_fields
from customers.demo.files import keep_demo_files
from customers.demo.lives import Life, Lists, Row, Storyteller
from customers.demo.moves import protect_some, settle_duplicates, transfer_some, work_through_the_night
from customers.demo.person_requests import take_requests_in
from customers.demo.rules import (
    classify_by_rule,
    describe_segments,
    keep_views,
    lay_down_pool_rules,
    spread_what_is_overdue,
)
from customers.demo.surroundings import surround
from customers.demo.tasks import plan_tasks
from customers.demo.twins import repeat_some
from customers.demo.wishes import ask_for_customers, ask_for_more_time, take_out_lists
from customers.pool.models import ClaimRecord

CUSTOMER_COUNT = 400
POWERS = ["decides", "influences", "buys", "uses", ""]
ATTITUDES = ["supports", "neutral", "opposes", ""]


@contextmanager
def _keeping_garbage() -> Iterator[None]:
    """Loading makes many small objects and hardly a cycle: looking for cycles took a tenth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@_keeping_garbage()
@transaction.atomic
def load_demo(seed: int = 1) -> dict[str, int]:
    """Fill an empty database with the demo company; how many rows of each kind.

    The same seed tells the same story at the same hour. ValidationError where anybody can sign in already.
    """
    if User.objects.exists():
        raise ValidationError(_("Demo data is loaded only into an empty database; this one has users."))
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    load_standard_roles()
    load_base_data()
    with operation(None, "demo_company_founded", via="system"):
        company = found_company(timezone.localdate(now))
        add_demo_fields()
    story = Storyteller(seed, company, _lists(), now)
    lives = story.tell(CUSTOMER_COUNT)
    claims = story.claim_some(lives)
    repeat_some(lives, company.departments[EAST].pk)
    number_and_identify(lives)
    fill_demo_fields((life.first for life in lives), seed)
    fill_contact_fields(contact for life in lives for contact in life.contacts)
    with silent_history(Customer, Contact, Activity):
        write_rows(lives)
        write_history(lives, Random(seed))
    with operation(None, "demo_company_founded", via="system"):
        ClaimRecord.objects.bulk_create(ClaimRecord(customer_id=life.first["id"], **row) for life, row in claims)
    refresh_search([life.first["id"] for life in lives])
    with serving(CurrentRequest(via="page")):
        counts = _work(company, now, seed)
    return {
        "users": len(company.users),
        "customers": len(lives),
        "contacts": sum(len(life.contacts) for life in lives),
        "activities": sum(deed.activity is not None for life in lives for deed in life.deeds),
        **counts,
    }


def _work(company: Company, now: datetime, seed: int) -> dict[str, int]:
    """What people did with the customers lately, in the order in which one thing leads to another."""
    users, today = company.users, timezone.localdate(now)
    counts = {"leads": receive_leads(users)}
    surround(users)
    counts["files"] = keep_demo_files()
    transfer_some(users, today)
    hand_some_out(users)
    lay_down_pool_rules(company.pools, users)
    with operation(None, "demo_company_founded", via="system"):
        spread_what_is_overdue(today)
    protect_some(users, today)
    ask_for_more_time(users)
    ask_for_customers(users)
    counts["consents"] = keep_consents(users, now)
    counts["person_requests"] = take_requests_in(users, now)
    classify_by_rule(users, describe_segments(users))
    keep_views(users)
    counts["tasks"] = plan_tasks(users, now, Random(seed))
    work_through_the_night(users)
    counts["possible duplicates"] = settle_duplicates(users["director"])
    counts["exports"] = take_out_lists(users)
    for name in settings.HARBOUR_DEMO_PARTS:
        counts |= import_string(name)(users, now)
    return counts


def _lists() -> Lists:
    return Lists(
        stages=list(CustomerStage.objects.values_list("pk", flat=True)),
        levels=dict(CustomerLevel.objects.values_list("name", "pk")),
        sources=list(LeadSource.objects.values_list("pk", flat=True)),
        tags=list(Tag.objects.values_list("pk", flat=True)),
        industries=dict(Industry.objects.values_list("code", "pk")),
        regions=dict(Region.objects.values_list("code", "pk")),
    )


def number_and_identify(lives: Sequence[Life]) -> None:
    """Give every row its id and every customer the number of its year."""
    last: Counter[int] = Counter()
    for life, pk in zip(lives, take_ids(Customer, len(lives)), strict=True):
        year = timezone.localtime(life.first["created_at"]).year
        last[year] += 1
        life.first |= {"id": pk, "number": f"KH-{year}-{last[year]:06d}"}
    NumberCounter.objects.bulk_create(
        NumberCounter(kind="customer", year=year, last=count) for year, count in last.items()
    )
    contacts = [(life, contact) for life in lives for contact in life.contacts]
    for (life, contact), pk in zip(contacts, take_ids(Contact, len(contacts)), strict=True):
        creator = life.deeds[0].actor_id
        contact |= {"id": pk, "customer_id": life.first["id"], "created_by_id": creator, "changed_by_id": creator}
    for life in lives:
        draw_decision_map(life.contacts)
    activities = [(life, deed.activity) for life in lives for deed in life.deeds if deed.activity]
    for (life, activity), pk in zip(activities, take_ids(Activity, len(activities)), strict=True):
        activity |= {"id": pk, "customer_id": life.first["id"], "contact_id": life.contacts[0]["id"]}


def draw_decision_map(contacts: Sequence[Row]) -> None:
    """Who reports to whom, and who is for us: the one who decides leads the others."""
    first, *others = sorted(contacts, key=lambda contact: (POWERS.index(contact["power"]), contact["id"]))
    first |= {"reports_to_id": None, "attitude": ATTITUDES[first["id"] % 4]}
    for contact in others:
        contact |= {"reports_to_id": first["id"], "attitude": ATTITUDES[contact["id"] % 4]}


def write_rows(lives: Sequence[Life]) -> None:
    """Customers, contacts and follow-ups as they are today."""
    _copy(Customer, [life.today() for life in lives])
    _copy(Contact, [contact for life in lives for contact in life.contacts])
    _copy(Activity, [deed.activity for life in lives for deed in life.deeds if deed.activity])


def write_history(lives: Sequence[Life], random: Random) -> None:
    """One operation per deed at its moment, and the row events it would have left."""
    operations: list[Row] = []
    customer_events: list[Row] = []
    contact_events: list[Row] = []
    activity_events: list[Row] = []
    for life in lives:
        for deed, state in life.states():
            context = str(uuid.UUID(int=random.getrandbits(128), version=4))
            operations.append(_operation(deed.at, deed.verb, deed.actor_id, deed.reason, context, state, deed.activity))
            is_first = deed.verb == "customer_created"
            if deed.changes:
                customer_events.append(_event(state, "insert" if is_first else "update", deed.at, context))
            if deed.activity:
                activity_events.append(_event(deed.activity, "insert", deed.at, context))
            if is_first:
                contact_events += [_event(contact, "insert", deed.at, context) for contact in life.contacts]
    operations.sort(key=lambda row: row["at"])
    _copy(Operation, operations)
    tracked: list[tuple[Any, list[Row]]] = [
        (Customer, customer_events),
        (Contact, contact_events),
        (Activity, activity_events),
    ]
    for model, events in tracked:
        _copy(model.pgh_event_model, sorted(events, key=lambda row: row["pgh_created_at"]))


def _operation(
    at: datetime, verb: str, actor_id: int, reason: str, context: str, customer: Row, activity: Row | None
) -> Row:
    about = ("customers.activity", activity["id"], activity["content"][:40]) if activity else None
    subject_type, subject_id, label = about or ("customers.customer", customer["id"], customer["name"])
    return {
        "context_id": context, "at": at, "actor_id": actor_id, "verb": verb, "via": "page", "reason": reason,
        "subject_type": subject_type, "subject_id": subject_id, "subject_label": label, "anchor_id": customer["id"],
        "row_count": 1, "result": "ok", "request_id": "", "facts": {},
    }  # fmt: skip


def _event(row: Row, label: str, at: datetime, context: str) -> Row:
    return {**row, "pgh_obj_id": row["id"], "pgh_label": label, "pgh_created_at": at, "pgh_context_id": context}


def _copy(model: type[models.Model], rows: Sequence[Any]) -> None:
    columns = list(rows[0])
    copy_rows(model, columns, ([_plain(row[name]) for name in columns] for row in rows))


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value
