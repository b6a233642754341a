"""Opportunities of a large made-up company, for measuring: one statement writes them all."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from crm.records.models import NumberRule
from customers.demo.bare_tables import bare_tables
from customers.demo.scale import refresh_table
from sales.opportunities.models import LossReason, Opportunity, OpportunityStage

# everything about opportunity number n follows from n, so the same call writes the same rows
_ROWS = """
WITH owned AS MATERIALIZED (
    SELECT id, owner_id, department_id, short_name, received_at, row_number() OVER (ORDER BY id) - 1 AS place
    FROM customers_customer
    WHERE owner_id IS NOT NULL AND archived_at IS NULL AND status IN ('opportunity', 'existing')),
talks AS (
    SELECT n, owned.*, n %% 5 = 4 AS is_lost,
        greatest(received_at, %(now)s - interval '700 days' * (1 - n / %(count)s::float)) AS began
    FROM generate_series(0, %(count)s - 1) AS n
    JOIN owned ON owned.place = n %% greatest((SELECT count(*) FROM owned), 1)),
numbered AS (
    SELECT *, extract(year FROM began AT TIME ZONE %(zone)s)::int AS year FROM talks),
counted AS (
    INSERT INTO crm_numbercounter (kind, year, last) SELECT 'opportunity', year, count(*) FROM numbered GROUP BY year
    ON CONFLICT (kind, year) DO UPDATE SET last = crm_numbercounter.last + excluded.last
    RETURNING year, last)
INSERT INTO sales_opportunity (number, customer_id, name, stage_id, amount, currency, probability, expected_close_on,
    state, stage_since, closed_at, loss_reason_id, loss_note, remark, owner_id, department_id, custom, created_at,
    created_by_id, changed_at, changed_by_id)
SELECT %(prefix)s || CASE WHEN %(has_year)s THEN year || '-' ELSE '' END
        || lpad((last - count(*) OVER (PARTITION BY year)
                 + row_number() OVER (PARTITION BY year ORDER BY began, n))::text, %(digits)s, '0'),
    id, short_name || ' ' || (%(subjects)s::text[])[1 + n %% %(subject_count)s],
    (%(stages)s::int[])[1 + (n / 3) %% %(stage_count)s], 5000 * (8 + n * 37 %% 900), 'CNY',
    CASE WHEN is_lost THEN 0 ELSE (%(chances)s::int[])[1 + (n / 3) %% %(stage_count)s] END,
    (%(now)s + interval '1 day' * (n %% 140 - 20))::date, CASE WHEN is_lost THEN 'lost' ELSE 'open' END,
    began + (%(now)s - began) * 0.6, CASE WHEN is_lost THEN began + (%(now)s - began) * 0.8 END,
    CASE WHEN is_lost THEN (%(reasons)s::int[])[1 + (n / 5) %% %(reason_count)s] END, '', '', owner_id, department_id,
    '{}', began, owner_id, began + (%(now)s - began) * 0.8, owner_id
FROM numbered JOIN counted USING (year)
"""
SUBJECTS = ["MES 一期", "MES 二期扩容", "设备联网", "质量追溯", "能源管理", "云 MES 订阅", "ERP 接口"]


def load_opportunities(count: int) -> int:
    """Add opportunities to customers somebody owns, four of five open; how many, none where nobody owns any."""
    rule = NumberRule.objects.get(kind="opportunity")
    stages = list(OpportunityStage.objects.values_list("pk", "probability"))
    reasons = list(LossReason.objects.values_list("pk", flat=True))
    with bare_tables([Opportunity]), connection.cursor() as cursor:
        cursor.execute(_ROWS, {
            "count": count, "now": timezone.now(), "zone": timezone.get_default_timezone_name(),
            "prefix": f"{rule.prefix}-", "has_year": rule.has_year, "digits": rule.digits,
            "subjects": SUBJECTS, "subject_count": len(SUBJECTS), "stages": [pk for pk, _chance in stages],
            "chances": [chance for _pk, chance in stages], "stage_count": len(stages), "reasons": reasons,
            "reason_count": len(reasons),
        })  # fmt: skip
        written = cursor.rowcount
    refresh_table(Opportunity)
    return int(written)
