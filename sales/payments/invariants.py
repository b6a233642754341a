"""What must hold of payments, allocations, bank lines and closed periods at every moment (TRUST 17–21, 32, 34)."""

from crm.operations.invariants import Invariant

_MONEY = "p.state = 'approved' AND p.reverses_id IS NULL"
# ruff: noqa: S608 - the statements are put together from constants of this file
_RECEIVED = (
    "coalesce((SELECT sum(a.amount) FROM sales_allocation a JOIN sales_instalment i ON i.id = a.instalment_id "
    "WHERE i.contract_id = c.id AND a.ended_at IS NULL), 0) + coalesce((SELECT sum(p.amount - p.allocated) "
    f"FROM sales_payment p WHERE p.contract_id = c.id AND {_MONEY}), 0)"
)

RULES = [
    Invariant(
        17,
        "Payments are above nothing, and a contract received more than its total only with a reason.",
        "SELECT c.id FROM sales_contract c WHERE c.received > c.total AND NOT EXISTS (SELECT FROM sales_payment p "
        f"WHERE {_MONEY} AND p.overpayment_reason <> '' AND (p.contract_id = c.id OR EXISTS (SELECT "
        "FROM sales_allocation a JOIN sales_instalment i ON i.id = a.instalment_id WHERE a.payment_id = p.id "
        "AND i.contract_id = c.id))) AND NOT EXISTS (SELECT FROM sales_contract s WHERE s.main_id = c.id "
        "AND s.direction = -1) UNION ALL SELECT id FROM sales_payment WHERE amount <= 0",
    ),
    Invariant(
        17,
        "What a contract received beyond its total is kept as such.",
        "SELECT id FROM sales_contract WHERE main_id IS NULL AND overpaid <> greatest(received - total, 0)",
    ),
    Invariant(
        18,
        "What a payment has allocated is the sum of its living allocations, which settle instalments of its customer.",
        "SELECT p.id FROM sales_payment p WHERE p.allocated <> coalesce((SELECT sum(a.amount) FROM sales_allocation a "
        "WHERE a.payment_id = p.id AND a.ended_at IS NULL), 0) UNION ALL SELECT a.payment_id FROM sales_allocation a "
        "JOIN sales_payment p ON p.id = a.payment_id JOIN sales_instalment i ON i.id = a.instalment_id "
        "JOIN sales_contract c ON c.id = i.contract_id WHERE a.ended_at IS NULL "
        f"AND NOT (c.customer_id = p.customer_id AND c.currency = p.currency AND {_MONEY})",
    ),
    Invariant(
        18,
        "What an instalment received is the sum of its living allocations, and no more than its amount.",
        "SELECT i.id FROM sales_instalment i WHERE i.received > i.amount OR i.received <> coalesce((SELECT "
        "sum(a.amount) FROM sales_allocation a WHERE a.instalment_id = i.id AND a.ended_at IS NULL), 0)",
    ),
    Invariant(
        19,
        "A bank line is matched with one payment at most, of the same amount, that neither failed nor was reversed.",
        "SELECT l.id FROM sales_bankline l JOIN sales_payment p ON p.id = l.payment_id WHERE l.amount <> p.amount "
        "OR l.currency <> p.currency OR p.reverses_id IS NOT NULL OR p.archived_at IS NOT NULL "
        "OR p.state IN ('reversed', 'void', 'rejected')",
    ),
    Invariant(
        19,
        "A bank line that was untied is kept only for a payment that counts and has no other line.",
        "SELECT l.id FROM sales_bankline l JOIN sales_payment p ON p.id = l.released_from_id "
        "WHERE p.state NOT IN ('pending', 'blocked', 'approved') "
        "OR EXISTS (SELECT FROM sales_bankline o WHERE o.payment_id = p.id)",
    ),
    Invariant(
        20,
        "A reversed payment has one counter-entry of its amount, and nothing reverses a reversal.",
        "SELECT p.id FROM sales_payment p LEFT JOIN sales_payment r ON r.reverses_id = p.id "
        "WHERE (p.state = 'reversed') <> (r.id IS NOT NULL AND r.state = 'approved') OR r.amount <> p.amount "
        "OR r.currency <> p.currency OR (p.reverses_id IS NOT NULL AND r.id IS NOT NULL)",
    ),
    Invariant(
        21,
        "Nobody confirmed what they claimed, or the reversal they asked for.",
        "SELECT id FROM sales_payment WHERE confirmed_by_id = submitted_by_id "
        "OR (state IN ('approved', 'reversed') AND reverses_id IS NULL AND confirmed_by_id IS NULL)",
    ),
    Invariant(
        32,
        "What a contract received is what settles its instalments and what was paid for it besides.",
        f"SELECT c.id FROM sales_contract c WHERE c.main_id IS NULL AND c.received <> {_RECEIVED}",
    ),
    Invariant(
        34,
        "No confirmed payment is dated in a period that was closed when it was confirmed.",
        "SELECT p.id FROM sales_payment p JOIN sales_periodclose x ON x.until >= p.paid_on "
        "AND x.closed_at < p.approved_at AND (x.reopened_at IS NULL OR x.reopened_at > p.approved_at) "
        # the newest one that was not reopened counts
        "AND NOT EXISTS (SELECT FROM sales_periodclose n WHERE n.id > x.id AND n.closed_at < p.approved_at "
        "AND (n.reopened_at IS NULL OR n.reopened_at > p.approved_at)) WHERE p.approved_at IS NOT NULL",
    ),
]
