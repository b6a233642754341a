"""Whether a customer is known: the same by code, phone, e-mail and web domain, alike by name (DOMAIN: duplicates)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from crm.access.masks import may_know_contact_details
from crm.company.actions import company_settings
from customers.contacts.models import Contact
from customers.customers.identity import name_core, name_key, website_domain
from customers.customers.models import Customer
from customers.customers.search import doubled
from customers.duplicates.asking import note_told, refuse_probing
from customers.duplicates.likeness import SAME, likeness_sql
from customers.pool.hiding import where_shown

MATCHES_AT_MOST = 5
REFUSED = "refuse"
_TELLING = ("name", "credit_code", "phone", "email", "website")  # what a refusal may tell of
_LOCKS, _LOCK_COUNT = 8157, 256  # the kind of advisory lock, and how many of it there are
# one character is four of the trigrams of a doubled name, so they are this much less alike than its characters
_LOOSER = 0.4
_ALIKE = f"""
WITH near AS MATERIALIZED (SELECT customer_id FROM customers_customersearch WHERE doubled %%> %(core)s)
SELECT id, score FROM (
    SELECT c.id, {likeness_sql("c.name_key", "%(key)s::text")} AS score
    FROM near JOIN customers_customer c ON c.id = near.customer_id
    WHERE c.archived_at IS NULL AND c.id <> %(without)s
) alike WHERE score >= %(least)s AND score < {SAME} ORDER BY score DESC, id LIMIT {MATCHES_AT_MOST}
"""  # noqa: S608 - put together from constants of this code

_ALIKE_TO_MANY = f"""
SELECT wanted.key, max(near.score) FROM unnest(%(keys)s::text[], %(cores)s::text[]) AS wanted (key, core)
CROSS JOIN LATERAL (
    SELECT {likeness_sql("c.name_key", "wanted.key")} AS score
    FROM customers_customersearch s JOIN customers_customer c ON c.id = s.customer_id
    WHERE s.doubled %%> wanted.core AND c.archived_at IS NULL
) near WHERE near.score >= %(least)s AND near.score < {SAME} GROUP BY wanted.key
"""  # noqa: S608 - put together from constants of this code


@dataclass(frozen=True)
class Match:
    """A customer that is the same, or may be: told by name only to those who may see it."""

    customer: Customer
    by: str
    is_visible: bool
    score: int = SAME

    @property
    def text(self) -> str:
        """One sentence; who may not see the customer learns where it is, and nothing else."""
        likeness = _("Same %(by)s") if self.score == SAME else _("Similar %(by)s (%(score)s of 100)")
        words = {"likeness": likeness % {"by": self.by, "score": self.score}, "name": self.customer.name}
        if not self.is_visible:
            if self.customer.status == Customer.Status.POOL:
                return _("%(likeness)s: a customer in the pool “%(pool)s”.") % {**words, "pool": self.customer.pool}
            words["department"] = str(self.customer.department)
            return _("%(likeness)s: a customer of the department %(department)s.") % words
        owner = self.customer.owner or _("nobody")
        return _("%(likeness)s: “%(name)s”, owner %(owner)s.") % {**words, "owner": owner}


@dataclass
class Duplicates:
    """Exact matches by field, and customers of the same or nearly the same name."""

    exact: dict[str, list[Match]] = field(default_factory=dict)
    similar: list[Match] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.exact or self.similar)

    @property
    def matches(self) -> list[Match]:
        """All of them, the exact ones first."""
        return [match for found in self.exact.values() for match in found] + self.similar


def find_duplicates(
    user: Any,
    *,
    name: str = "",
    credit_code: str = "",
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
    website: str = "",
    without: int | None = None,
    similar_from: int | None = None,
) -> Duplicates:
    """Customers with the same code, phone, e-mail (theirs or a contact's) or domain, and those of nearly the same name.

    `similar_from` is the least likeness of names, the setting of the company where none is given.
    """
    phones, emails = [value for value in phones if value], [value.lower() for value in emails if value]
    found, domain = Duplicates(), website_domain(website)
    asked: dict[str, tuple[Any, Q, str]] = {
        "credit_code": (credit_code, Q(credit_code=credit_code), _("credit code")),
        "phone": (phones, _with_contacts("phone", phones, Q(phone__in=phones)), _("phone")),
        "email": (emails, _with_contacts("email", emails, Q(email__in=emails)), _("e-mail")),
        "website": (domain, Q(search_row__letters__contains=domain) & where_shown(user, "website"), _("website")),
    }
    for key, (value, condition, label) in asked.items():
        if not value:
            continue
        matches = _matches(user, condition, label, without, by_details=key in ("phone", "email"))
        if key == "website":  # the index knows only that the domain stands somewhere in the text
            matches = [match for match in matches if website_domain(match.customer.website) == domain]
        if matches:
            found.exact[key] = matches
    known = {match.customer.pk for match in found.matches}
    if key := name_key(name):
        same = _matches(user, Q(name_key=key), _("name"), without)
        alike = same or _alike(user, key, without, similar_from)
        found.similar = [match for match in alike if match.customer.pk not in known]
    return found


def refuse_duplicates(
    user: Any,
    values: Mapping[str, Any],
    contact: Mapping[str, Any] | None = None,
    *,
    reason: str = "",
    without: int | None = None,
) -> None:
    """ValidationError by field where the same customer is known; a reason lets it pass, except with a known code.

    The company may refuse a known phone or e-mail too. Runs inside the transaction that writes: whoever writes the
    same phone or e-mail at the same moment waits until it is over. What it tells of customers out of reach counts
    against the limit of the look-up.
    """
    person = contact or {}
    if any(given.get(name) for given in (values, person) for name in _TELLING):
        refuse_probing(user)
    phones, emails = ([values.get(name, ""), person.get(name, "")] for name in ("phone", "email"))
    hold_identity([*phones, *emails])
    rules = company_settings()
    found = find_duplicates(
        user, name=values.get("name", ""), credit_code=values.get("credit_code", ""), phones=phones, emails=emails,
        website=values.get("website", ""), without=without, similar_from=rules["duplicates.similar_from"],
    )  # fmt: skip
    needs_reason = bool(found) and not reason.strip()
    wrong: dict[str, list[str]] = {}
    for name, matches in found.exact.items():
        is_refused = name == "credit_code" or (name != "website" and rules["duplicates.exact"] == REFUSED)
        if is_refused or needs_reason:
            field_name = name if values.get(name) else f"contact_{name}"
            wrong[field_name] = [match.text for match in matches]
    if needs_reason:
        if found.similar:
            wrong["name"] = [match.text for match in found.similar]
        wrong["duplicate_reason"] = [_("Say why this is another customer, or open the one that exists.")]
    if wrong:
        if any(not match.is_visible for match in found.matches):
            note_told(user)
        raise ValidationError(wrong)


def refuse_known_person(user: Any, customer: Customer, values: Mapping[str, Any], *, reason: str = "") -> None:
    """ValidationError by field where a phone or e-mail of a contact belongs to another customer; as above."""
    reached = {name: values.get(name, "") for name in ("phone", "email")}
    try:
        refuse_duplicates(user, reached, reason=reason, without=customer.pk)
    except ValidationError as refusal:
        if "duplicate_reason" in getattr(refusal, "error_dict", {}):
            words = _("Say why this person belongs here too, or open the customer that has them.")
            refusal.error_dict["duplicate_reason"] = [ValidationError(words)]
        raise


def hold_identity(values: Iterable[str]) -> None:
    """Make everybody else who checks one of these phones or e-mails wait for the end of this transaction.

    One lock for many values that fall together, so that an import of thousands does not fill the table of locks.
    """
    wanted = [value for value in values if value]
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, place) FROM (SELECT DISTINCT abs(hashtext(value) %% %s) AS place "
                "FROM unnest(%s::text[]) AS wanted (value) ORDER BY 1) places",
                [_LOCKS, _LOCK_COUNT, wanted],
            )


def _with_contacts(column: str, values: list[str], its_own: Q) -> Q:
    if not values:
        return Q(pk__in=[])
    # e-mails are stored in small letters, phones in E.164, so equality is enough and the indexes serve
    ids = Contact.objects.live().filter(**{f"{column}__in": values}).values_list("customer_id", flat=True)
    own = Customer.objects.live().filter(its_own).values_list("pk", flat=True)
    return Q(pk__in=[*ids[:50], *own[:50]])


def _matches(user: Any, condition: Q, label: str, without: int | None, *, by_details: bool = False) -> list[Match]:
    """What is the same; by a phone or e-mail it is named only to those who may know it there."""
    alike = Customer.objects.live().filter(condition).exclude(pk=without or 0)
    rows = list(alike.select_related("department", "owner", "pool").order_by("id")[:MATCHES_AT_MOST])
    visible = _visible(user, [row.pk for row in rows])
    told = {row.pk for row in rows if not by_details or may_know_contact_details(user, row)}
    return [Match(row, label, row.pk in visible & told) for row in rows]


def _alike(user: Any, key: str, without: int | None, similar_from: int | None) -> list[Match]:
    """Customers of nearly the same name, the most alike first: near ones by the trigrams of doubled names."""
    least = company_settings()["duplicates.similar_from"] if similar_from is None else similar_from
    core = name_core(key)
    if len(core) < 2 or least >= SAME:
        return []
    scores = _near(_ALIKE, {"key": key, "core": doubled(core), "without": without or 0, "least": least})
    rows = Customer.objects.select_related("department", "owner", "pool").in_bulk(scores)
    visible = _visible(user, list(scores))
    return [Match(rows[pk], _("name"), pk in visible, score) for pk, score in scores.items()]


def alike_names(keys: Iterable[str]) -> dict[str, int]:
    """How alike the most alike live customer is to each of these normalised names, where that is enough to be told."""
    least = company_settings()["duplicates.similar_from"]
    cores = {key: name_core(key) for key in keys}
    wanted = [key for key, core in cores.items() if len(core) >= 2]
    if not wanted or least >= SAME:
        return {}
    return _near(_ALIKE_TO_MANY, {"keys": wanted, "cores": [doubled(cores[key]) for key in wanted], "least": least})


def _near(statement: str, given: Mapping[str, Any]) -> dict[Any, int]:
    with transaction.atomic(), connection.cursor() as cursor:
        threshold = f"{given['least'] / 100 - _LOOSER:.2f}"
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [threshold])
        cursor.execute(statement, given)
        return dict(cursor.fetchall())


def _visible(user: Any, ids: list[int]) -> set[int]:
    if not ids:
        return set()
    return set(Customer.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
