"""What must hold of customers at every moment."""

from crm.operations.invariants import Invariant

RULES = [
    Invariant(
        49,
        "Each live customer is owned by somebody active, in a pool, or potential.",
        "SELECT c.id FROM customers_customer c LEFT JOIN crm_user u ON u.id = c.owner_id "
        "WHERE c.archived_at IS NULL AND c.owner_id IS NOT NULL AND NOT u.is_active",
    ),
    Invariant(
        53,
        "Nobody claimed more on one company day than the pool allows.",
        "SELECT min(r.id) FROM customers_claimrecord r JOIN customers_pool p ON p.id = r.pool_id "
        "GROUP BY r.claimed_by_id, r.pool_id, r.claimed_on, p.claims_per_day HAVING count(*) > p.claims_per_day",
    ),
    Invariant(
        59,
        "A customer in a pool has a moment it came there.",
        "SELECT id FROM customers_customer WHERE status = 'pool' AND pooled_at IS NULL",
    ),
    Invariant(
        60,
        "An owned customer belongs to a department.",
        "SELECT id FROM customers_customer WHERE owner_id IS NOT NULL AND department_id IS NULL",
    ),
    Invariant(
        66,
        "Nobody disabled owns a customer.",
        "SELECT c.id FROM customers_customer c JOIN crm_user u ON u.id = c.owner_id WHERE NOT u.is_active",
    ),
    Invariant(
        97,
        "Every tag of a customer exists.",
        "SELECT c.id FROM customers_customer c CROSS JOIN LATERAL unnest(c.tag_ids) AS tag "
        "LEFT JOIN customers_tag t ON t.id = tag WHERE t.id IS NULL",
    ),
    Invariant(
        98,
        "No name holds a control character.",
        r"SELECT id FROM customers_customer WHERE name ~ '[\x01-\x1f\x7f]'",
    ),
    Invariant(
        97,
        "A merged customer leads to one that was not merged itself.",
        "SELECT l.id FROM customers_customer l JOIN customers_customer s ON s.id = l.merged_into_id "
        "WHERE s.merged_into_id IS NOT NULL",
    ),
    Invariant(
        99,
        "Mobiles are kept in E.164 and e-mails in small letters, so that equal ones are found.",
        "SELECT id FROM customers_customer WHERE phone ~ '^1[3-9][0-9]{9}$' OR email <> lower(email) "
        "UNION ALL SELECT id FROM customers_contact WHERE phone ~ '^1[3-9][0-9]{9}$' OR email <> lower(email)",
    ),
    Invariant(
        103,
        "No contact, follow-up, task or comment was left behind at a merged customer.",
        "SELECT r.id FROM (SELECT id, customer_id FROM customers_contact UNION ALL SELECT id, customer_id "
        "FROM customers_task UNION ALL SELECT id, customer_id FROM customers_comment UNION ALL SELECT id, customer_id "
        "FROM customers_activity WHERE message_id = '') r JOIN customers_customer c ON c.id = r.customer_id "
        "WHERE c.merged_into_id IS NOT NULL",
    ),
]
