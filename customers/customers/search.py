"""Finding a customer by two Chinese characters, pinyin, initials, a phone fragment, a number or a code.

Trigrams cannot hold two characters, so names are kept with every character doubled: 恒曜 is 恒恒曜曜 and any two
neighbours make a trigram. The text lives in a narrow table of its own, so that an owner change does not touch it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from crm.access.masks import may_match_contact_details
from customers.customers.letters import letters_of
from customers.customers.models import Customer, CustomerSearch

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
            "SELECT c.id, c.number, c.name, c.short_name, c.credit_code, c.phone, c.email, "
            " p.names, p.phones, p.emails FROM customers_customer c, LATERAL ("  # a join plans badly while tables grow
            "  SELECT coalesce(string_agg(name, '|'), '') AS names, "
            "   coalesce(string_agg(phone, '|') FILTER (WHERE phone <> ''), '') AS phones, "
            "   coalesce(string_agg(email, '|') FILTER (WHERE email <> ''), '') AS emails "
            "  FROM customers_contact WHERE customer_id = c.id AND archived_at IS NULL) p WHERE c.id = ANY(%s)",
            [ids],
        )
        rows = [_search_row(*row) for row in cursor.fetchall()]
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS search_staging "
            "(customer_id bigint, doubled text, letters text, digits text) ON COMMIT DELETE ROWS"
        )
        cursor.execute("DELETE FROM search_staging")
        with cursor.copy("COPY search_staging (customer_id, doubled, letters, digits) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO customers_customersearch (customer_id, doubled, letters, digits) SELECT * FROM search_staging "
            "ON CONFLICT (customer_id) DO UPDATE SET doubled = EXCLUDED.doubled, letters = EXCLUDED.letters, "
            "digits = EXCLUDED.digits WHERE (customers_customersearch.doubled, customers_customersearch.letters, "
            "customers_customersearch.digits) IS DISTINCT FROM (EXCLUDED.doubled, EXCLUDED.letters, EXCLUDED.digits)"
        )
    return len(rows)


def search_text(
    number: str,
    name: str,
    short_name: str,
    credit_code: str,
    phones: Iterable[str],
    emails: Iterable[str],
    people: Iterable[str],
) -> tuple[str, str, str]:
    """The three texts of a search row: doubled names, letters, digits."""
    names = [name, short_name, *people]
    letters = [letters_of(part) for part in names if part]
    letters += [number.lower(), credit_code.lower(), *(email.lower() for email in emails)]
    digits = [re.sub(r"\D", "", phone.removeprefix("+86")) for phone in phones]
    return (
        doubled("|".join(part for part in names if part)),
        "|".join(part for part in letters if part),
        "|".join(part for part in digits if part),
    )


def _search_row(
    pk: int,
    number: str,
    name: str,
    short_name: str,
    code: str,
    phone: str,
    email: str,
    people: str,
    phones: str,
    emails: str,
) -> tuple[int, str, str, str]:
    all_phones, all_emails = [phone, *phones.split("|")], [email, *emails.split("|")]
    return (pk, *search_text(number, name, short_name, code, all_phones, all_emails, people.split("|")))


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
    digits = re.sub(r"[\s\-+()]", "", wanted)
    if _HAN.search(wanted):
        words = [word for word in wanted.split() if word]
        if any(len(word) < 2 for word in words):
            raise ValidationError(_("Type at least two characters."), code="search_too_short")
        condition = Q()
        for word in words:
            condition &= Q(**{f"{path}doubled__contains": doubled(word)})
        return condition
    if len(wanted) < 2:
        raise ValidationError(_("Type at least two characters."), code="search_too_short")
    condition = Q(**{f"{path}letters__contains": wanted.lower().replace(" ", "")})
    if len(wanted) >= 2 and not digits.isdecimal():
        condition |= Q(**{f"{path}doubled__contains": doubled(wanted)})
    if digits.isdecimal() and len(digits) >= 3 and may_match_contact_details(user):
        condition |= Q(**{f"{path}digits__contains": digits.removeprefix("86") if len(digits) > 11 else digits})
    return condition


def palette_results(text: str, user: Any, limit: int = 8) -> list[dict[str, str]]:
    """What the command palette shows for a text: customers in reach, with status and owner."""
    rows = (
        Customer.objects.visible_to(user).live().filter(search_condition(text, user))
        .select_related("owner").only("name", "status", "number", "owner__name")
        .order_by(F("last_followed_at").desc(nulls_last=True), "-id")[:limit]
    )  # fmt: skip
    return [
        {
            "group": _("Customers"),
            "label": row.name,
            "detail": f"{row.get_status_display()} · {row.owner or row.number}",
            "url": row.get_absolute_url(),
        }
        for row in rows
    ]
