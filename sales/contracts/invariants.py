"""What must hold of contracts and their numbers at every moment (TRUST 12.1, 12.2), in SQL."""

from crm.operations.invariants import Invariant

_SIGNED = "('signed', 'suspended', 'terminated', 'closed')"
_NUMBERED = ("requirement", "quote", "contract", "payment", "invoice", "reissue")
_UNNUMBERED = " UNION ALL ".join(
    f"SELECT id FROM sales_{name} WHERE number = '' AND state NOT IN ('draft', 'returned', 'withdrawn')"  # noqa: S608
    for name in _NUMBERED
)

RULES = [
    Invariant(
        7,
        "Every document that was submitted has a number, and only versions of one document share one.",
        f"{_UNNUMBERED} UNION ALL SELECT min(id) FROM sales_quote WHERE number <> '' GROUP BY number "  # noqa: S608 - own names
        "HAVING count(DISTINCT root_id) > 1 "
        "UNION ALL SELECT min(id) FROM sales_contract WHERE number <> '' GROUP BY number HAVING count(*) > 1",
    ),
    Invariant(
        7,
        "No number of a document was changed or taken from another one.",
        " UNION ALL ".join(
            f"SELECT pgh_obj_id FROM sales_{name}event WHERE number <> '' "  # noqa: S608 - own names
            "GROUP BY pgh_obj_id HAVING count(DISTINCT number) > 1"
            for name in (*_NUMBERED, "order", "delivery")
        ),
    ),
    Invariant(
        8,
        "A contract is about exactly what its quotes add up to.",
        "SELECT c.id FROM sales_contract c LEFT JOIN sales_contractquote s ON s.contract_id = c.id "
        "LEFT JOIN sales_quote q ON q.id = s.quote_id WHERE c.main_id IS NULL GROUP BY c.id "
        "HAVING coalesce(sum(q.net), 0) <> c.net OR coalesce(sum(q.tax), 0) <> c.tax "
        "OR coalesce(sum(q.gross), 0) <> c.gross",
    ),
    Invariant(
        8,
        "What a contract comes to is its own amount and that of its signed supplements.",
        "SELECT c.id FROM sales_contract c LEFT JOIN sales_contract s ON s.main_id = c.id "  # noqa: S608 - own words
        f"AND s.state IN {_SIGNED} WHERE c.main_id IS NULL AND c.state IN {_SIGNED} GROUP BY c.id "
        "HAVING c.total <> c.gross + coalesce(sum(s.gross * s.direction), 0)",
    ),
    Invariant(
        8,
        "A quote feeds one contract at most that is not void, and a void contract none.",
        "SELECT min(s.id) FROM sales_contractquote s JOIN sales_contract c ON c.id = s.contract_id "
        "WHERE c.state <> 'void' AND c.archived_at IS NULL GROUP BY s.quote_id HAVING count(*) > 1 "
        "UNION ALL SELECT s.id FROM sales_contractquote s JOIN sales_contract c ON c.id = s.contract_id "
        "WHERE (s.ended_at IS NULL) = (c.state = 'void' OR c.archived_at IS NOT NULL)",
    ),
    Invariant(
        9,
        "A contract, its quotes, its opportunity and its main contract belong to one customer.",
        "SELECT c.id FROM sales_contract c JOIN sales_contractquote s ON s.contract_id = c.id "
        "JOIN sales_quote q ON q.id = s.quote_id WHERE q.customer_id <> c.customer_id "
        "UNION ALL SELECT c.id FROM sales_contract c JOIN sales_opportunity o ON o.id = c.opportunity_id "
        "WHERE o.customer_id <> c.customer_id "
        "UNION ALL SELECT c.id FROM sales_contract c JOIN sales_contract m ON m.id = c.main_id "
        "WHERE m.customer_id <> c.customer_id "
        "UNION ALL SELECT o.id FROM sales_order o JOIN sales_contract c ON c.id = o.contract_id "
        "WHERE o.customer_id <> c.customer_id",
    ),
    Invariant(
        9,
        "A quote belongs to the customer of its opportunity.",
        "SELECT q.id FROM sales_quote q JOIN sales_opportunity o ON o.id = q.opportunity_id "
        "WHERE o.customer_id <> q.customer_id",
    ),
    Invariant(
        10,
        "Signed contracts were approved as they are, and have a signed file or a word why not.",
        "SELECT c.id FROM sales_contract c WHERE c.signed_at IS NOT NULL "
        "AND (NOT EXISTS (SELECT FROM crm_approvalrequest r WHERE r.purpose = 'sales.contract' "
        "AND r.subject_id = c.id AND r.state = 'approved' AND r.document_version = c.version "
        "AND r.content_hash = c.content_hash) "
        "OR (c.signed_file_id IS NULL AND (c.waived_by_id IS NULL OR c.waiver_reason = '')))",
    ),
    Invariant(
        14,
        "All documents of one chain are in one currency.",
        "SELECT c.id FROM sales_contract c JOIN sales_contractquote s ON s.contract_id = c.id "
        "JOIN sales_quote q ON q.id = s.quote_id WHERE q.currency <> c.currency "
        "UNION ALL SELECT c.id FROM sales_contract c JOIN sales_contract m ON m.id = c.main_id "
        "WHERE m.currency <> c.currency "
        "UNION ALL SELECT p.id FROM sales_payment p JOIN sales_contract c ON c.id = p.contract_id "
        "WHERE p.currency <> c.currency "
        "UNION ALL SELECT a.id FROM sales_allocation a JOIN sales_payment p ON p.id = a.payment_id "
        "JOIN sales_instalment i ON i.id = a.instalment_id JOIN sales_contract c ON c.id = i.contract_id "
        "WHERE a.ended_at IS NULL AND p.currency <> c.currency "
        "UNION ALL SELECT i.id FROM sales_invoice i JOIN sales_contract c ON c.id = i.contract_id "
        "WHERE i.currency <> c.currency",
    ),
    Invariant(
        15,
        "An opportunity is won exactly where a contract of it was signed.",
        "SELECT o.id FROM sales_opportunity o WHERE (o.state = 'won') <> EXISTS (SELECT FROM sales_contract c "  # noqa: S608 - own words
        f"WHERE c.opportunity_id = o.id AND c.main_id IS NULL AND c.state IN {_SIGNED})",
    ),
    Invariant(
        16,
        "The instalments of a contract are never more than its amount, and exactly that while it runs.",
        "SELECT c.id FROM sales_contract c LEFT JOIN sales_instalment i ON i.contract_id = c.id "  # noqa: S608 - own words
        "AND i.voided_at IS NULL WHERE c.main_id IS NULL GROUP BY c.id "
        f"HAVING coalesce(sum(i.amount), 0) > CASE WHEN c.state IN {_SIGNED} THEN c.total ELSE c.gross END "
        "OR (c.state IN ('signed', 'suspended') AND coalesce(sum(i.amount), 0) <> c.total)",
    ),
    Invariant(
        33,
        "A void document holds no money, no quote and no open approval.",
        "SELECT id FROM sales_contract WHERE (state = 'void' OR archived_at IS NOT NULL) "
        "AND received + overpaid + invoiced + applied > 0 "
        "UNION ALL SELECT i.id FROM sales_instalment i WHERE i.voided_at IS NOT NULL AND i.received > 0 "
        "UNION ALL SELECT a.id FROM sales_allocation a JOIN sales_payment p ON p.id = a.payment_id "
        "WHERE a.ended_at IS NULL AND p.state = 'void' "
        "UNION ALL SELECT r.id FROM crm_approvalrequest r JOIN sales_contract c ON c.id = r.subject_id "
        "WHERE r.purpose = 'sales.contract' AND r.state IN ('pending', 'blocked', 'returned') AND c.state = 'void'",
    ),
    Invariant(
        33,
        "What was delivered is the sum of the deliveries that did not come back.",
        "SELECT l.id FROM sales_orderline l LEFT JOIN (SELECT d.order_line_id, sum(d.quantity) AS gone "
        "FROM sales_deliveryline d JOIN sales_delivery v ON v.id = d.delivery_id "
        "WHERE v.state IN ('delivered', 'accepted') GROUP BY d.order_line_id) g ON g.order_line_id = l.id "
        "WHERE l.delivered <> coalesce(g.gone, 0)",
    ),
]
