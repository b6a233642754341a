"""What must hold of quotes at every moment (TRUST 12.1)."""

from crm.operations.invariants import Invariant

# a line of a quote with the fields of its document
_LINES = "SELECT l.document_id AS id FROM sales_quoteline l JOIN sales_quote q ON q.id = l.document_id WHERE "

RULES = [
    Invariant(
        1,
        "Each line of a quote is rounded as the way its prices are written says.",
        _LINES + "NOT CASE WHEN q.is_tax_included "
        "THEN l.gross = round(l.quantity * l.price * (1 - l.discount), 2) "
        "AND l.net = round(l.gross / (1 + l.tax_rate), 2) AND l.tax = l.gross - l.net "
        "ELSE l.net = round(l.quantity * l.price * (1 - l.discount), 2) "
        "AND l.tax = round(l.net * l.tax_rate, 2) AND l.gross = l.net + l.tax END",
    ),
    Invariant(
        2,
        "A quote is the sum of its lines.",
        "SELECT q.id FROM sales_quote q LEFT JOIN sales_quoteline l ON l.document_id = q.id GROUP BY q.id "
        "HAVING (q.net, q.tax, q.gross) IS DISTINCT FROM "
        "(coalesce(sum(l.net), 0), coalesce(sum(l.tax), 0), coalesce(sum(l.gross), 0))",
    ),
    Invariant(
        3,
        "Discounts of quotes are combined of the line's own and the whole's, and tax rates were valid on their day.",
        _LINES + "l.discount <> round(1 - (1 - l.own_discount) * (1 - q.discount), 6) "
        "OR NOT EXISTS (SELECT FROM sales_taxrate r WHERE r.rate = l.tax_rate AND r.valid_from <= q.issued_on "
        "AND (r.valid_until IS NULL OR r.valid_until >= q.issued_on))",
    ),
    Invariant(
        5,
        "A quote in force was approved on the content it holds.",
        "SELECT q.id FROM sales_quote q WHERE (q.state IN ('approved', 'sent', 'accepted', 'declined') "
        "OR q.state = 'superseded' AND q.approved_at IS NOT NULL) AND NOT EXISTS (SELECT FROM crm_approvalrequest r "
        "WHERE r.purpose = 'sales.quote' AND r.subject_id = q.id "
        "AND r.state = 'approved' AND r.content_hash = q.content_hash)",
    ),
    Invariant(
        6,
        "Versions of a quote are numbered without gaps, share its number, and one at most is in force.",
        "SELECT root_id AS id FROM sales_quote GROUP BY root_id HAVING min(version) <> 1 OR max(version) <> count(*) "
        "OR count(*) FILTER (WHERE state IN ('approved', 'sent', 'accepted')) > 1 "
        "OR count(DISTINCT number) FILTER (WHERE number <> '') > 1 OR count(*) FILTER (WHERE is_current) > 1",
    ),
    Invariant(
        13,
        "A quote with a line below its minimum price met the step that looks at that.",
        "SELECT q.id FROM sales_quote q WHERE q.state IN ('approved', 'sent', 'accepted') "
        "AND EXISTS (SELECT FROM sales_quoteline l WHERE l.document_id = q.id AND l.price * (1 - l.discount) < "
        "round(CASE WHEN q.is_tax_included THEN l.floor_price * (1 + l.tax_rate) ELSE l.floor_price END, 4)) "
        "AND NOT EXISTS (SELECT FROM crm_approvalrequest r CROSS JOIN jsonb_array_elements(r.definition->'steps') s "
        "WHERE r.purpose = 'sales.quote' AND r.subject_id = q.id AND r.state = 'approved' AND (s->>'key' = 'floor' "
        "OR s->>'decide_right' = 'sales.view_floor_price' "
        "OR s->'conditions' @> '[{\"fact\": \"below_floor\"}]'))",
    ),
    Invariant(
        14,
        "A quote has the currency and the customer of its opportunity and requirement.",
        "SELECT q.id FROM sales_quote q LEFT JOIN sales_opportunity o ON o.id = q.opportunity_id "
        "LEFT JOIN sales_requirement r ON r.id = q.requirement_id "
        "WHERE (o.id IS NOT NULL AND (o.currency, o.customer_id) <> (q.currency, q.customer_id)) "
        "OR (r.id IS NOT NULL AND (r.currency, r.customer_id) <> (q.currency, q.customer_id))",
    ),
]
