"""Completeness, validity and freshness of every customer, each 0 to 100, and what is wrong with it.

Completeness adds what is known: credit code 20, a phone (its own or of a contact) 20, a contact 15, industry 15,
region 15, source 10, size 5. Validity loses 40 for an impossible credit code, 30 each for phone and e-mail. Freshness
counts the days since the last follow-up or change: up to 30 days 100, 90 days 75, 180 days 50, the company's limit 25.
The score weighs them 50 : 30 : 20.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from crm.company.actions import company_setting
from crm.records.parts import id_parts
from customers.base_data.lookups import Lookups
from customers.customers.models import Customer
from customers.quality.marking import mark, mark_range

PART = 20_000  # a part stays far below the statement time-out on a busy machine
# GB 32100-2015: the last of 18 characters is 31 minus the weighted sum of the others, modulo 31
CODE_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS = [3**at % 31 for at in range(17)]

_SCORE = r"""
WITH people AS (
    SELECT customer_id, bool_or(phone <> '') AS has_phone, bool_or(is_primary) AS has_primary FROM customers_contact
    WHERE archived_at IS NULL AND customer_id BETWEEN %(first)s AND %(last)s GROUP BY 1
), seen AS (
    SELECT c.id, p.customer_id IS NOT NULL AS has_contact, c.phone <> '' OR coalesce(p.has_phone, false) AS has_phone,
        c.credit_code <> '' AS has_code, c.industry_id IS NOT NULL AS has_industry,
        c.region_id IS NOT NULL AS has_region, c.source_id IS NOT NULL AS has_source, c.size <> '' AS has_size,
        CASE WHEN c.credit_code = '' THEN false
            WHEN c.credit_code !~ '^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$' THEN true
            ELSE (SELECT (31 - sum((strpos(%(digits)s, substr(c.credit_code, at, 1)) - 1)
                    * (%(weights)s::int[])[at]) %% 31) %% 31 FROM generate_series(1, 17) AS at)
                <> strpos(%(digits)s, right(c.credit_code, 1)) - 1 END AS bad_code,
        c.phone <> '' AND c.phone !~ '^\+[1-9][0-9]{6,14}$' AS bad_phone,
        c.email <> '' AND c.email !~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$' AS bad_email,
        NOT coalesce(p.has_primary, true) AS no_primary,
        c.status = 'potential' AND c.created_at < %(now)s - interval '30 days' AS is_orphan,
        %(today)s::date - greatest(c.last_followed_at, c.changed_at)::date AS age
    FROM customers_customer c LEFT JOIN people p ON p.customer_id = c.id
    WHERE c.archived_at IS NULL AND c.id BETWEEN %(first)s AND %(last)s
), parts AS (
    SELECT id,
        20 * has_code::int + 20 * has_phone::int + 15 * has_contact::int + 15 * has_industry::int
            + 15 * has_region::int + 10 * has_source::int + 5 * has_size::int AS completeness,
        100 - 40 * bad_code::int - 30 * bad_phone::int - 30 * bad_email::int AS validity,
        CASE WHEN age <= 30 THEN 100 WHEN age <= 90 THEN 75 WHEN age <= 180 THEN 50 WHEN age <= %(stale)s THEN 25
            ELSE 0 END AS freshness,
        array_remove(ARRAY[
            CASE WHEN bad_code THEN 'bad_credit_code' END, CASE WHEN bad_phone THEN 'bad_phone' END,
            CASE WHEN bad_email THEN 'bad_email' END, CASE WHEN NOT has_contact THEN 'no_contact' END,
            CASE WHEN no_primary THEN 'no_primary' END,
            CASE WHEN NOT has_phone THEN 'no_phone' END, CASE WHEN NOT has_code THEN 'no_credit_code' END,
            CASE WHEN NOT has_industry THEN 'no_industry' END, CASE WHEN NOT has_region THEN 'no_region' END,
            CASE WHEN NOT has_source THEN 'no_source' END, CASE WHEN NOT has_size THEN 'no_size' END,
            CASE WHEN is_orphan THEN 'orphan' END,
            CASE WHEN age > %(stale)s THEN 'stale' END], NULL)::varchar[] AS problems
    FROM seen
)
INSERT INTO customers_customerquality AS q
    (customer_id, score, completeness, validity, freshness, problems, proposals, computed_at)
SELECT id, round(0.5 * completeness + 0.3 * validity + 0.2 * freshness), completeness, validity, freshness, problems,
    '{}', %(now)s
FROM parts
ON CONFLICT (customer_id) DO UPDATE SET score = EXCLUDED.score, completeness = EXCLUDED.completeness,
    validity = EXCLUDED.validity, freshness = EXCLUDED.freshness, problems = EXCLUDED.problems,
    computed_at = EXCLUDED.computed_at
WHERE (q.completeness, q.validity, q.freshness, q.problems)
    IS DISTINCT FROM (EXCLUDED.completeness, EXCLUDED.validity, EXCLUDED.freshness, EXCLUDED.problems)
"""
_FORGET = """
DELETE FROM customers_customerquality q USING customers_customer c
WHERE c.id = q.customer_id AND c.archived_at IS NOT NULL
"""


def score_quality() -> int:
    """Score every live customer anew, part by part, writing only what changed; how many scores changed.

    Notes as well which details a uniform spelling would change.
    """
    stale, count, lookups = company_setting("quality.stale_days"), 0, Lookups()
    for part in id_parts(Customer.objects.live(), PART):
        count += _score(part.first, part.last, stale)
        mark_range(part.first, part.last, lookups)
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)
    return count


def score_one(customer: Customer) -> None:
    """The score of one customer, at once."""
    _score(customer.pk, customer.pk, company_setting("quality.stale_days"))
    mark([customer.pk])


def _score(first: int, last: int, stale: int) -> int:
    params: dict[str, Any] = {
        "first": first,
        "last": last,
        "stale": stale,
        "now": timezone.now(),
        "today": timezone.localdate(),
        "digits": CODE_DIGITS,
        "weights": CODE_WEIGHTS,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SCORE, params)
        return int(cursor.rowcount)
