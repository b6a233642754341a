"""Finding a customer by two Chinese characters, pinyin, initials, a phone fragment, a number or a code.

Trigrams cannot hold two characters, so names are kept with every character doubled: 恒曜 is 恒恒曜曜 and any two
neighbours make a trigram. The text lives in a narrow table of its own, so that an owner change does not touch it.
People and contact details match only in rows where the person may know them, in the pool for nobody, and a website
only where no pool hides it: else hits would tell them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.search import TrigramWordDistance
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext as _

from crm.access.masks import may_match_contact_details, where_known
from customers.customers.identity import website_domain
from customers.customers.letters import letters_of, matched_part
from customers.customers.models import Customer, CustomerSearch
from customers.pool.hiding import where_shown

VIEW_CUSTOMER = "customers.view_customer"
NEAR_ENOUGH = 0.5  # one letter left out of six: Siemns
_DOMAIN_AT_END = r"\|[^|]*\.[^|]*$"
_NO_DIGIT = re.compile(r"\D")
_LATIN_WORD = re.compile(r"[a-z][a-z .&-]{3,}")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")


def doubled(text: str) -> str:
    """Every character twice, in capitals of ordinary width."""
    return "".join(c + c for c in unicodedata.normalize("NFKC", text).upper())


def refresh_search(customer_ids: Sequence[int]) -> int:
    """Write the search rows of these customers anew; how many. Any number: one read, one COPY, one upsert per 5,000."""
    total = 0
    for start in range(0, len(customer_ids), 5000):
        total += _refresh(list(customer_ids[start : start + 5000]))
    return total


def _refresh(ids: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            # the laterals because a join plans badly while tables grow; ordered, so that equal rows make equal texts
            "SELECT c.id, c.name, c.short_name, c.number, m.numbers, c.credit_code, c.website, c.phone, c.email, "
            " p.names, p.phones, p.emails FROM customers_customer c, LATERAL ("
            "  SELECT array_agg(name ORDER BY id) AS names, array_agg(phone ORDER BY id) AS phones, "
            "   array_agg(email ORDER BY id) AS emails "
            "  FROM customers_contact WHERE customer_id = c.id AND archived_at IS NULL) p, LATERAL ("
            "  SELECT array_agg(number ORDER BY id) AS numbers FROM customers_customer WHERE merged_into_id = c.id) m "
            "WHERE c.id = ANY(%s)",
            [ids],
        )
        rows = [_search_row(*row) for row in cursor.fetchall()]
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS search_staging "
            "(customer_id bigint, doubled text, letters text, digits text, people text) ON COMMIT DELETE ROWS"
        )
        cursor.execute("DELETE FROM search_staging")
        with cursor.copy("COPY search_staging FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO customers_customersearch AS s (customer_id, doubled, letters, digits, people) "
            "SELECT * FROM search_staging ON CONFLICT (customer_id) DO UPDATE SET doubled = EXCLUDED.doubled, "
            "letters = EXCLUDED.letters, digits = EXCLUDED.digits, people = EXCLUDED.people "
            "WHERE (s.doubled, s.letters, s.digits, s.people) "
            "IS DISTINCT FROM (EXCLUDED.doubled, EXCLUDED.letters, EXCLUDED.digits, EXCLUDED.people)"
        )
    return len(rows)


def _search_row(
    pk: int,
    name: str,
    short_name: str,
    number: str,
    merged_numbers: list[str] | None,
    code: str,
    website: str,
    phone: str,
    email: str,
    people: list[str] | None,
    phones: list[str] | None,
    emails: list[str] | None,
) -> tuple[int, str, str, str, str]:
    """What is kept for a customer: doubled names, letters, phones and e-mails, people."""
    names = [name, short_name] if short_name else [name]
    words = [number, *(merged_numbers or ()), code, website_domain(website) if website else ""]
    reached = [digits_of(one) for one in (phone, *(phones or ())) if one]
    reached += [one.lower() for one in (email, *(emails or ())) if one]
    return (
        pk,
        doubled("|".join(names)),
        "|".join([letters_of(part) for part in names] + [word.lower() for word in words if word]),
        "|".join(reached),
        "|".join([doubled("|".join(people)), *(letters_of(part) for part in people)]) if people else "",
    )


def digits_of(phone: str) -> str:
    """The digits of a phone by which it is found, without the country code of China."""
    return _NO_DIGIT.sub("", phone.removeprefix("+86"))


def search_ids(text: str, user: Any) -> QuerySet[Any]:
    """Ids of customers that a search text fits, over everybody's rows: combine with `visible_to`.

    ValidationError where the text is too short. Those who do not see contact details everywhere cannot search by them,
    or hit counts would give the numbers away.
    """
    found = CustomerSearch.objects.filter(_condition(text, user))
    return found.values("customer_id")


def search_condition(text: str, user: Any) -> Q:
    """The same as a condition over customers."""
    return _condition(text, user, "search_row__")


def _condition(text: str, user: Any, path: str = "") -> Q:
    wanted = unicodedata.normalize("NFKC", text).strip()
    words = wanted.split() if _HAN.search(wanted) else [wanted]
    if any(len(word) < 2 for word in words):
        raise ValidationError(_("Type at least two characters."), code="search_too_short")
    customer = "" if path else "customer__"
    people = ~Q(**{f"{customer}status": Customer.Status.POOL}) if _sees_people(user) else None
    details = where_known(user, customer) if may_match_contact_details(user) else None
    websites = where_shown(user, "website", customer)
    condition = Q()
    for word in words:
        condition &= _fitting(word, path, people, details, websites)
    return condition


def _fitting(word: str, path: str, people: Q | None, details: Q | None, websites: Q) -> Q:
    """One word in any of the four texts; people and details only where the person may match them (None: nowhere)."""
    twice, is_han = doubled(word), _HAN.search(word) is not None
    small = word.lower().replace(" ", "")
    digits = re.sub(r"[\s\-+()]", "", word)
    by_company = Q(**{f"{path}doubled__contains": twice}) if not digits.isdecimal() else Q()
    if not is_han:
        by_letters = Q(**{f"{path}letters__contains": small})
        by_company |= by_letters & (websites | _without_website(path, small)) if websites else by_letters
    if people is not None and not digits.isdecimal():
        by_person = Q(**{f"{path}people__contains": twice})
        if not is_han:
            by_person |= Q(**{f"{path}people__contains": small})
        by_company |= by_person & people
    if details is not None and len(digits) >= 3 and digits.isdecimal():
        number = digits.removeprefix("86") if len(digits) > 11 else digits
        by_phone = Q(**{f"{path}digits__contains": number})
        if number.startswith("0"):  # an area code as one dials it at home; kept without its zero
            by_phone |= Q(**{f"{path}digits__startswith": number[1:]}) | Q(
                **{f"{path}digits__contains": f"|{number[1:]}"}
            )
        by_company |= by_phone & details
    elif details is not None and not is_han and len(small) >= 3:
        by_company |= Q(**{f"{path}digits__contains": small}) & details
    return by_company


def _without_website(path: str, small: str) -> Q:
    return Q(GreaterThan(StrIndex(_rest(path), Value(small)), 0))


def _rest(path: str) -> Func:
    """The letters without the domain at their end, the only one of them with a dot."""
    pattern = Value(_DOMAIN_AT_END)
    return Func(F(f"{path}letters"), pattern, Value(""), function="regexp_replace", output_field=TextField())


def _sees_people(user: Any) -> bool:
    """Whether the person sees the contacts of every customer they see, so that hits tell nothing."""
    scopes = user.reach.scopes
    return "customers.view_contact" in scopes and scopes["customers.view_contact"] == scopes.get(VIEW_CUSTOMER)


def customers_found(text: str, user: Any, limit: int) -> list[Any]:
    """The customers in reach a text fits, latest follow-up first; where none does, those spelled nearly so."""
    rows = Customer.objects.visible_to(user).live()
    latest = (F("last_followed_at").desc(nulls_last=True), "-id")
    found = list(_listed(rows.filter(search_condition(text, user))).order_by(*latest)[:limit])
    wanted = text.strip().lower()
    if found or not _LATIN_WORD.fullmatch(wanted):
        return found
    # %> takes the trigram index; nearest first
    near = _listed(rows.filter(search_row__letters__trigram_word_similar=wanted))
    if websites := where_shown(user, "website"):
        near = near.alias(rest=_rest("search_row__")).filter(websites | Q(rest__trigram_word_similar=wanted))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(NEAR_ENOUGH)])
        return list(near.order_by(TrigramWordDistance(wanted, "search_row__letters"), "-id")[:limit])


def _listed(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.select_related("owner").only("name", "status", "number", "owner__name", "owner__username")


def palette_results(text: str, user: Any, limit: int = 8) -> list[dict[str, str]]:
    """What the palette and the search page show for a text: customers in reach, with status and owner."""
    return [
        {
            "group": _("Customers"),
            "label": row.name,
            "detail": f"{row.get_status_display()} · {row.owner or row.number}",
            "url": row.get_absolute_url(),
            "mark": matched_part(row.name, text),
        }
        for row in customers_found(text, user, limit)
    ]
