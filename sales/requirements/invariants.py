"""What must hold of requirements at every moment (TRUST 12.1), in SQL."""

from crm.operations.invariants import Invariant

RULES = [
    Invariant(
        5,
        "An approved requirement was approved on the content it holds, and nobody had found it impossible.",
        "SELECT q.id FROM sales_requirement q WHERE q.state = 'approved' AND (q.check_result = 'impossible' "
        "OR NOT EXISTS (SELECT FROM crm_approvalrequest r WHERE r.purpose = 'sales.requirement' "
        "AND r.subject_id = q.id AND r.state = 'approved' AND r.content_hash = q.content_hash))",
    ),
    Invariant(
        9,
        "A requirement belongs to the customer of its opportunity and is in its currency.",
        "SELECT q.id FROM sales_requirement q JOIN sales_opportunity o ON o.id = q.opportunity_id "
        "WHERE o.customer_id <> q.customer_id OR o.currency <> q.currency",
    ),
    Invariant(
        9,
        "What a quote that counts was made from is an approved requirement.",
        "SELECT r.id FROM sales_requirement r JOIN sales_quote q ON q.requirement_id = r.id "
        "WHERE q.archived_at IS NULL AND q.state NOT IN ('void', 'superseded') "
        "AND (r.state <> 'approved' OR r.archived_at IS NOT NULL)",
    ),
    Invariant(
        12,
        "Lines of a requirement stand in order, without gaps.",
        "SELECT document_id FROM sales_requirementline GROUP BY document_id "
        "HAVING min(position) <> 1 OR max(position) <> count(*)",
    ),
    Invariant(
        33,
        "A requirement waits for a decision exactly where an approval of it does, and a void one for none.",
        "SELECT q.id FROM sales_requirement q LEFT JOIN crm_approvalrequest r ON r.purpose = 'sales.requirement' "
        "AND r.subject_id = q.id AND r.closed_at IS NULL "
        "WHERE q.state IN ('pending', 'blocked', 'returned') AND r.state IS DISTINCT FROM q.state "
        "OR q.state NOT IN ('pending', 'blocked', 'returned') AND r.id IS NOT NULL",
    ),
    Invariant(
        38,
        "A technical check says who made it and when.",
        "SELECT id FROM sales_requirement WHERE check_result <> '' AND (checked_by_id IS NULL OR checked_at IS NULL)",
    ),
]
