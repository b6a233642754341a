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
]
