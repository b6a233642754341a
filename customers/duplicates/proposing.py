"""Each night: which customers may be one. Only those that share a key are compared: the work grows with their number.

Keys are the normalised name, phones and e-mails of company and contacts, the web domain, and the two halves of the
name without its place: of two names that differ in one spot, one half is the same. A half counts within a place, and
across places where one of the names has none: sisters in two places are less alike than is mostly asked for. A key
that more than SHARED_BY_AT_MOST share tells nobody apart and is left out; that bounds the pairs of a customer.
"""

from __future__ import annotations

from django.db import connection

from crm.company.actions import company_setting
from crm.history.operations import operation
from customers.customers.identity import SHARED_HOSTS
from customers.duplicates.likeness import OTHER_PLACE, SAME, core_sql, part_likeness_sql, place_sql

SHARED_BY_AT_MOST = 20
HALF_AT_LEAST = 2
# how much alike two customers are that share a key of a kind; names by their letters
SCORES = {"name": SAME, "phone": 95, "email": 95, "domain": 75}
_HOST = "regexp_replace(substring(lower(website) from '^(?:[a-z]+://)?([^/:?#]+)'), '^www\\.', '')"
_SHARED = "|".join(host.replace(".", "\\.") for host in SHARED_HOSTS)
_FEW = f"count(*) BETWEEN 2 AND {SHARED_BY_AT_MOST}"
_SISTERS_COUNT = f"%(least)s <= {round(SAME * OTHER_PLACE)}"
# a digest stands for the value in the reasons: when two become alike by another value, they are proposed anew
_STEPS = (
    "DROP TABLE IF EXISTS likely, likely_key, likely_half, likely_pair, likely_near, likely_found",
    f"""CREATE TEMP TABLE likely ON COMMIT DROP AS
    SELECT *, {place_sql("name_key", "core")} AS place FROM (
        SELECT id, name_key, phone, email, website, {core_sql("name_key")} AS core
        FROM customers_customer WHERE archived_at IS NULL OFFSET 0) named""",  # noqa: S608 - constants, as below
    "ANALYZE likely",
    f"""CREATE TEMP TABLE likely_key ON COMMIT DROP AS
    SELECT kind, key, id FROM (
        SELECT 'phone' AS kind, phone AS key, id FROM likely WHERE phone LIKE '+%%'
        UNION SELECT 'phone', c.phone, c.customer_id FROM customers_contact c JOIN likely l ON l.id = c.customer_id
              WHERE c.phone LIKE '+%%' AND c.archived_at IS NULL
        UNION SELECT 'email', email, id FROM likely WHERE email <> ''
        UNION SELECT 'email', c.email, c.customer_id FROM customers_contact c JOIN likely l ON l.id = c.customer_id
              WHERE c.email <> '' AND c.archived_at IS NULL
        UNION ALL SELECT 'name', name_key, id FROM likely WHERE length(name_key) > 1
        UNION ALL SELECT 'domain', {_HOST}, id FROM likely
              WHERE website LIKE '%%.%%' AND {_HOST} !~ '(^|\\.)({_SHARED})$'
    ) keys WHERE key <> ''""",  # noqa: S608
    f"""CREATE TEMP TABLE likely_pair ON COMMIT DROP AS
    SELECT b.kind, b.key, f.id AS first_id, s.id AS second_id
    FROM (SELECT kind, key, array_agg(id) AS ids FROM likely_key GROUP BY kind, key HAVING {_FEW}) b
    CROSS JOIN LATERAL unnest(b.ids) AS f (id) CROSS JOIN LATERAL unnest(b.ids) AS s (id) WHERE f.id < s.id""",  # noqa: S608
    # a half is kept as a number: names that share one are compared by their letters anyway
    f"""CREATE TEMP TABLE likely_half ON COMMIT DROP AS
    SELECT hashtextextended(piece.letters, 0) AS half, place, id FROM likely
    CROSS JOIN LATERAL generate_series(length(core) / 2, (length(core) + 1) / 2) AS cut
    CROSS JOIN LATERAL (VALUES ('<' || left(core, cut)), ('>' || right(core, cut))) AS piece (letters)
    WHERE length(core) >= {2 * HALF_AT_LEAST}""",  # noqa: S608
    f"""CREATE TEMP TABLE likely_near ON COMMIT DROP AS
    SELECT f.id AS first_id, s.id AS second_id
    FROM (SELECT array_agg(id) AS ids FROM likely_half GROUP BY half, place HAVING {_FEW}) b
    CROSS JOIN LATERAL unnest(b.ids) AS f (id) CROSS JOIN LATERAL unnest(b.ids) AS s (id) WHERE f.id < s.id
    UNION SELECT f.id, s.id
    FROM (SELECT array_agg(id) AS ids, array_agg(place) AS places FROM likely_half
          GROUP BY half HAVING {_FEW} AND min(place) <> max(place) AND ('' = min(place) OR {_SISTERS_COUNT})) b
    CROSS JOIN LATERAL unnest(b.ids, b.places) AS f (id, place)
    CROSS JOIN LATERAL unnest(b.ids, b.places) AS s (id, place)
    WHERE f.id < s.id AND f.place <> s.place AND ('' IN (f.place, s.place) OR {_SISTERS_COUNT})""",  # noqa: S608
    "ANALYZE likely_near",
    f"""CREATE TEMP TABLE likely_found ON COMMIT DROP AS
    SELECT first_id, second_id, max(score) AS score, array_agg(DISTINCT reason ORDER BY reason) AS reasons FROM (
        SELECT first_id, second_id, kind || ':' || left(md5(key), 8) AS reason, CASE kind
            {" ".join(f"WHEN '{kind}' THEN {score}" for kind, score in SCORES.items())} END AS score
        FROM likely_pair
        UNION ALL
        SELECT first_id, second_id, 'similar:' || left(md5(least(one, other) || '|' || greatest(one, other)), 8), score
        FROM (SELECT first_id, second_id, f.name_key AS one, s.name_key AS other,
                     {part_likeness_sql("f.core", "s.core", "f.place", "s.place")} AS score
              FROM likely_near JOIN likely f ON f.id = first_id JOIN likely s ON s.id = second_id
              WHERE f.name_key <> s.name_key OFFSET 0) near
        WHERE score >= %(least)s
    ) found GROUP BY first_id, second_id""",  # noqa: S608
    "ANALYZE likely_found",
    # what is no longer alike leaves the queue; decisions stay
    """DELETE FROM customers_duplicatecandidate d WHERE d.state = 'open' AND NOT EXISTS (
        SELECT FROM likely_found f WHERE f.first_id = d.first_id AND f.second_id = d.second_id)""",
)
# what stays as it is must not be touched: a conflict locks its row and uses up a number
_KEEP = """
INSERT INTO customers_duplicatecandidate (first_id, second_id, score, reasons, state)
SELECT first_id, second_id, score, reasons, 'open' FROM likely_found f WHERE NOT EXISTS (
    SELECT FROM customers_duplicatecandidate d WHERE d.first_id = f.first_id AND d.second_id = f.second_id
      AND CASE d.state WHEN 'open' THEN (d.score, d.reasons::text[]) = (f.score, f.reasons)
          ELSE f.reasons <@ d.reasons::text[] END)
ORDER BY first_id, second_id
ON CONFLICT (first_id, second_id) DO UPDATE
SET score = EXCLUDED.score, reasons = EXCLUDED.reasons, state = 'open', found_at = now(),
    decided_by_id = NULL, decided_at = NULL
WHERE (customers_duplicatecandidate.state <> 'open' AND NOT EXCLUDED.reasons <@ customers_duplicatecandidate.reasons)
   OR (customers_duplicatecandidate.state = 'open' AND (customers_duplicatecandidate.score,
       customers_duplicatecandidate.reasons) IS DISTINCT FROM (EXCLUDED.score, EXCLUDED.reasons))
"""


def propose_candidates() -> int:
    """Bring the queue up to date with the customers as they are; how many pairs were added or changed."""
    least = company_setting("duplicates.similar_from")
    with operation(None, "duplicates_proposed", via="system"), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB'")
        for step in _STEPS:
            cursor.execute(step, {"least": least})
        cursor.execute(_KEEP)
        return int(cursor.rowcount)
