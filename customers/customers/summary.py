"""What the page of a customer shows around the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.access.masks import may_know_contact_details, shown
from crm.records.together import Rows
from crm.ui.formats import long_day, short_day
from customers.contacts.models import Contact
from customers.customers.custom import CONTACT, custom_facts
from customers.customers.identity import display_phone, picture_letter
from customers.customers.models import Customer, CustomerRelation, CustomerShare, Star
from customers.customers.names import Names
from customers.customers.relations import Related, relations_of
from customers.customers.tables import SIZE_LABELS, STATUS_LABELS
from customers.quality.findings import FINDINGS
from customers.quality.models import CustomerQuality

WAY = [Customer.Status.POTENTIAL, Customer.Status.LEAD, Customer.Status.OPPORTUNITY, Customer.Status.EXISTING]


@dataclass(frozen=True)
class Step:
    """A status on the way of a customer."""

    label: str
    is_done: bool
    is_now: bool
    remark: str = ""


@dataclass(frozen=True)
class Figure:
    """A key figure: its name, its value, a remark; `tone` colours what needs attention."""

    label: str
    value: str
    remark: str = ""
    tone: str = ""


@dataclass(frozen=True)
class ShownContact:
    """A contact as one person may see it; `masked` names the fields that can be uncovered."""

    row: Contact
    phone: str
    email: str
    wechat: str
    masked: frozenset[str]
    custom: Sequence[tuple[str, str, str]] = ()

    @property
    def pk(self) -> int:
        return self.row.pk

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def reveal_url(self) -> str:
        """Where one of its masked values is uncovered."""
        return reverse("customers:contact_reveal", args=[self.row.pk])


def heading(customer: Customer, names: Names) -> dict[str, Any]:
    """The words under the name: trade, place, owner; the tags; the letter of the picture."""
    owner = names["person"].get(customer.owner_id or 0)
    industry, region = names["industry"].get(customer.industry_id or 0), names["region"].get(customer.region_id or 0)
    words = [found.name for found in (industry, region) if found]
    words.append(_("Owner %(name)s") % {"name": owner.name} if owner else _("nobody's customer"))
    tags = [names["tag"][pk] for pk in customer.tag_ids if pk in names["tag"]]
    return {
        "heading": words,
        "owner": owner.name if owner else "",
        "tags": tags,
        "letter": picture_letter(customer.name),
    }


def status_path(customer: Customer) -> list[Step]:
    """The four statuses, those before the present one done; in the pool none of them is current."""
    at = WAY.index(Customer.Status(customer.status)) if customer.status in WAY else -1
    received_on = timezone.localdate(customer.received_at) if customer.received_at else None
    days = (timezone.localdate() - received_on).days + 1 if received_on else 0
    steps = []
    for number, status in enumerate(WAY):
        is_now = number == at
        remark = _("day %(count)s") % {"count": days} if is_now and days else ""
        steps.append(Step(str(STATUS_LABELS[status]), number < at, is_now, remark))
    return steps


def key_figures(customer: Customer, names: Names) -> list[Figure]:
    """The few numbers one asks for first."""
    today = timezone.localdate()
    late = (today - customer.next_follow_on).days if customer.next_follow_on else 0
    level = names["level"].get(customer.level_id or 0)
    stage = names["stage"].get(customer.stage_id or 0)
    late_text = ngettext("%(count)s day late", "%(count)s days late", late) % {"count": late} if late > 0 else ""
    return [
        Figure(_("Stage"), stage.name if stage else "—", level.name if level else ""),
        Figure(_("Last follow-up"), short_day(customer.last_followed_at) or _("never")),
        Figure(_("Next follow-up"), short_day(customer.next_follow_on) or _("not planned"), late_text, "red"),
        _holding(customer),
    ]


def _holding(customer: Customer) -> Figure:
    if customer.status == Customer.Status.POOL:
        return Figure(_("In the pool since"), short_day(customer.pooled_at) or "—")
    until = customer.protected_until
    is_protected = until is not None and until >= timezone.localdate()
    remark = _("protected until %(day)s") % {"day": short_day(until)} if is_protected else ""
    return Figure(_("With the owner since"), short_day(customer.received_at) or "—", remark)


def facts_of(customer: Customer, user: Any, names: Names) -> list[tuple[str, str, str]]:
    """The facts of the rail: label, value, and the name of the field where it is masked."""

    def named(kind: str, pk: int | None) -> str:
        found = names[kind].get(pk or 0)
        return found.name if found else ""

    def contact_fact(field: str) -> tuple[str, str]:
        value = getattr(customer, field)
        visible = shown(user, customer, field, value)
        return (display_phone(visible) if field == "phone" and visible == value else visible), (
            field if visible != value else ""
        )

    phone, masked_phone = contact_fact("phone")
    email, masked_email = contact_fact("email")
    address, _masked = contact_fact("address")
    facts = [
        (_("Number"), customer.number, ""),
        (_("Credit code"), customer.credit_code, ""),
        (_("Phone"), phone, masked_phone),
        (_("E-mail"), email, masked_email),
        (_("Website"), customer.website, ""),
        (_("Industry"), named("industry", customer.industry_id), ""),
        (_("Region"), named("region", customer.region_id), ""),
        (_("Address"), address, ""),
        (_("Size"), str(SIZE_LABELS.get(customer.size, "")), ""),
        (_("Source"), named("source", customer.source_id), ""),
        (_("Department"), named("department", customer.department_id), ""),
        (_("Public pool"), named("pool", customer.pool_id), ""),
        (_("Previous owner"), named("person", customer.previous_owner_id), ""),
        (_("Created"), f"{long_day(customer.created_at)} {named('person', customer.created_by_id)}".strip(), ""),
        (_("Remark"), customer.remark, ""),
    ]
    return [fact for fact in facts if fact[1]]


CONTACT_VALUES = (
    "pk", "customer_id", "name", "job_title", "power", "attitude", "reports_to_id", "is_primary", "phone", "email",
    "wechat", "custom")  # fmt: skip


def contact_rows(customer: Customer, user: Any) -> QuerySet[Any]:
    """The people at a customer, the main contact first; nobody in the pool."""
    if customer.status == Customer.Status.POOL or not user.reach.has("customers.view_contact"):
        return Contact.objects.none().values(*CONTACT_VALUES)
    rows = Contact.objects.visible_to(user).live().filter(customer=customer).order_by("-is_primary", "pk")[:100]
    return rows.values(*CONTACT_VALUES)


def contacts_of(
    customer: Customer, user: Any, rows: Iterable[dict[str, Any]], people: Mapping[int, Any] = MappingProxyType({})
) -> list[ShownContact]:
    """These people as the person may see them; `people` are the colleagues custom fields name."""
    found = []
    for values in rows:
        row = Contact(**values)
        row.customer = customer
        visible = {name: shown(user, customer, name, values[name]) for name in ("phone", "email", "wechat")}
        masked = frozenset(name for name, value in visible.items() if value != values[name])
        if "phone" not in masked:
            visible["phone"] = display_phone(visible["phone"])
        more = custom_facts(CONTACT, row.custom, customer, user, people)
        found.append(ShownContact(row, **visible, masked=masked, custom=more))
    return found


@dataclass(frozen=True)
class Member:
    """A colleague of the team beside the owner."""

    user_id: int
    name: str
    role: str
    may_change: bool
    ends_on: date | None


@dataclass(frozen=True)
class Companies:
    """The companies around this one as a person may see them; `unseen_children` counts those without a name."""

    has_parent: bool
    parent: Customer | None
    children: list[Customer]
    unseen_children: int
    relations: list[Related]

    def __bool__(self) -> bool:
        return bool(self.has_parent or self.children or self.unseen_children or self.relations)


COMPANIES_SHOWN = 100


def surroundings(customer: Customer, user: Any) -> dict[str, QuerySet[Any]]:
    """The small queries of the rail, for `read_together`: people, team, star, companies around."""
    still = Q(ends_on=None) | Q(ends_on__gte=timezone.localdate())
    shares = CustomerShare.objects.filter(still, content_object=customer)
    edges = CustomerRelation.objects.filter(Q(customer=customer) | Q(other=customer))
    children = Customer.objects.live().filter(parent=customer)
    near = children.order_by().values("pk").union(edges.values("customer_id"), edges.values("other_id"))
    if customer.parent_id:
        near = near.union(Customer.objects.filter(pk=customer.parent_id).values("pk"))
    seen = Customer.objects.visible_to(user).filter(pk__in=near)
    return {
        "contacts": contact_rows(customer, user),
        "shares": shares.order_by("pk").values("user_id", "permission__codename", "role", "ends_on"),
        "star": Star.objects.filter(user=user, customer=customer).values("pk"),
        "relations": edges.order_by("pk")[:COMPANIES_SHOWN].values("pk", "customer_id", "other_id", "kind", "remark"),
        "children": children.order_by("pk")[:COMPANIES_SHOWN].values("pk"),
        "companies": seen.order_by("pk")[: 3 * COMPANIES_SHOWN].values("pk", "name"),
        "quality": CustomerQuality.objects.filter(pk=customer.pk).values("score", "problems"),
    }


def quality_of(customer: Customer, user: Any, read: Rows) -> dict[str, Any] | None:
    """The score of the details and what is wrong with them, for who may change them and knows the contact details."""
    if not read["quality"] or not may_know_contact_details(user, customer):
        return None
    (row,) = read["quality"]
    return {"score": row["score"], "findings": [FINDINGS[code] for code in row["problems"] if code in FINDINGS]}


def team_of(read: Rows, names: Names) -> list[Member]:
    """The members of today."""
    return [
        Member(
            row["user_id"],
            str(names["person"].get(row["user_id"], "")),
            row["role"],
            row["permission__codename"] == "change_customer",
            parse_date(row["ends_on"]) if row["ends_on"] else None,
        )
        for row in read["shares"]
    ]


def companies_of(customer: Customer, read: Rows) -> Companies:
    """Parent, subsidiaries and relations, the names of those out of reach left out."""
    seen = {row["pk"]: Customer(pk=row["pk"], name=row["name"]) for row in read["companies"]}
    children = [seen[row["pk"]] for row in read["children"] if row["pk"] in seen]
    return Companies(
        customer.parent_id is not None,
        seen.get(customer.parent_id or 0),
        children,
        len(read["children"]) - len(children),
        relations_of(customer, read["relations"], seen),
    )
