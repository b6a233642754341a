"""Recency, frequency and value of every customer, each from 1 to 5 by its rank among all (RFM)."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

FREQUENCY_DAYS = 365

# equal values get equal scores, so the share of customers below or at a value decides and not a row number;
# `money` is a query of (customer_id, amount) that an app above declares
_SCORE = """
WITH counted AS (
    SELECT a.customer_id, count(*) AS times FROM customers_activity a
    WHERE a.is_valid_follow_up AND a.archived_at IS NULL AND a.happened_at >= %(since)s GROUP BY 1
), money AS ({money}), scored AS (
    SELECT c.id,
        ceil(5 * cume_dist() OVER (ORDER BY c.last_followed_at))::int AS recency,
        ceil(5 * cume_dist() OVER (ORDER BY coalesce(n.times, 0)))::int AS frequency,
        CASE WHEN m.amount IS NOT NULL
            THEN ceil(5 * cume_dist() OVER (PARTITION BY m.amount IS NULL ORDER BY m.amount))::int END AS monetary
    FROM customers_customer c
    LEFT JOIN counted n ON n.customer_id = c.id
    LEFT JOIN money m ON m.customer_id = c.id
    WHERE c.archived_at IS NULL AND c.last_followed_at IS NOT NULL
), wanted AS (
    SELECT c.id, s.recency, s.frequency, s.monetary, CASE
        WHEN s.id IS NULL THEN 'untouched'
        WHEN s.recency >= 4 AND s.frequency >= 4 THEN 'close'
        WHEN s.recency >= 4 THEN 'rising'
        WHEN s.frequency >= 4 THEN 'cooling'
        ELSE 'quiet' END AS "group"
    FROM customers_customer c LEFT JOIN scored s ON s.id = c.id
    WHERE c.archived_at IS NULL
)
INSERT INTO customers_customerscore AS o (customer_id, recency, frequency, monetary, "group", computed_at)
SELECT id, recency, frequency, monetary, "group", %(now)s FROM wanted
ON CONFLICT (customer_id) DO UPDATE SET recency = EXCLUDED.recency, frequency = EXCLUDED.frequency,
    monetary = EXCLUDED.monetary, "group" = EXCLUDED."group", computed_at = EXCLUDED.computed_at
WHERE (o.recency, o.frequency, o.monetary, o."group")
    IS DISTINCT FROM (EXCLUDED.recency, EXCLUDED.frequency, EXCLUDED.monetary, EXCLUDED."group")
"""
_NO_MONEY = "SELECT NULL::bigint AS customer_id, NULL::numeric AS amount WHERE false"
_FORGET = """
DELETE FROM customers_customerscore s USING customers_customer c
WHERE c.id = s.customer_id AND c.archived_at IS NOT NULL
"""


def score_customers() -> int:
    """Score every live customer anew, writing only what changed; answers with how many scores changed."""
    money = import_string(settings.HARBOUR_MONETARY)() if settings.HARBOUR_MONETARY else _NO_MONEY
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '110s'")
        cursor.execute(_FORGET)
        cursor.execute(_SCORE.replace("{money}", money), {"since": now - timedelta(days=FREQUENCY_DAYS), "now": now})
        return int(cursor.rowcount)
