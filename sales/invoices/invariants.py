"""What must hold of invoices, red letters and reissues at every moment (TRUST 12.2, 22 to 31), in SQL."""

from crm.operations.invariants import Invariant

_OPEN = "('pending', 'blocked', 'returned', 'approved', 'waiting_quota')"
_ISSUED = "('issued', 'part_red', 'red')"
_VOID_FORMS = "('05', '06', '07', '08', '09')"

RULES = [
    Invariant(
        22,
        "What is invoiced, less red letters, and applied for is never more than a contract is about.",
        "SELECT c.id FROM sales_contract c JOIN sales_invoice i ON i.contract_id = c.id AND i.archived_at IS NULL "  # noqa: S608 - own words
        f"AND (i.state IN {_ISSUED} OR (i.kind = 'blue' AND i.state IN {_OPEN})) "
        "GROUP BY c.id HAVING sum(i.gross) > c.total",
    ),
    Invariant(
        22,
        "What is to be paid before it is invoiced is invoiced and applied for beyond what was paid only where money "
        "was reversed since.",
        "SELECT c.id FROM sales_contract c JOIN sales_contracttype t ON t.id = c.type_id "
        "WHERE c.main_id IS NULL AND NOT t.may_invoice_before_payment AND c.invoiced + c.applied > c.received "
        # as long as its type allowed it, or what was paid was reversed
        "AND NOT EXISTS (SELECT FROM sales_invoice i WHERE i.contract_id = c.id AND i.is_before_payment) "
        "AND NOT EXISTS (SELECT FROM sales_payment p WHERE p.state = 'reversed' AND (p.contract_id = c.id OR EXISTS "
        "(SELECT FROM sales_allocation a JOIN sales_instalment s ON s.id = a.instalment_id "
        "WHERE a.payment_id = p.id AND s.contract_id = c.id)))",
    ),
    Invariant(
        22,
        "Contracts know exactly what is invoiced and applied for.",
        "SELECT c.id FROM sales_contract c LEFT JOIN sales_invoice i ON i.contract_id = c.id "  # noqa: S608 - own words
        "AND i.archived_at IS NULL GROUP BY c.id "
        f"HAVING c.invoiced <> coalesce(sum(i.gross) FILTER (WHERE i.state IN {_ISSUED}), 0) "
        f"OR c.applied <> coalesce(sum(i.gross) FILTER (WHERE i.kind = 'blue' AND i.state IN {_OPEN}), 0)",
    ),
    Invariant(
        22,
        "No line of a contract is billed with more than it is about.",
        "SELECT l.id FROM sales_contractline l JOIN sales_invoiceline b ON b.contract_line_id = l.id "  # noqa: S608 - own words
        "JOIN sales_invoice i ON i.id = b.document_id AND i.archived_at IS NULL "
        f"AND (i.state IN {_ISSUED} OR (i.kind = 'blue' AND i.state IN {_OPEN})) "
        "GROUP BY l.id HAVING sum(b.gross) > l.gross OR sum(b.net) > l.net OR sum(b.tax) > l.tax",
    ),
    Invariant(
        23,
        "Red letters take back between nothing and all of their blue invoice, per tax rate: net, tax and gross.",
        "SELECT blue.id FROM sales_invoice blue JOIN sales_invoice red ON red.blue_id = blue.id "  # noqa: S608 - own words
        f"AND red.state IN {_ISSUED} "
        "JOIN (SELECT document_id, tax_rate, sum(net) AS net, sum(tax) AS tax, sum(gross) AS gross "
        "FROM sales_invoiceline GROUP BY document_id, tax_rate) r ON r.document_id = red.id "
        "LEFT JOIN (SELECT document_id, tax_rate, sum(net) AS net, sum(tax) AS tax, sum(gross) AS gross "
        "FROM sales_invoiceline GROUP BY document_id, tax_rate) b "
        "ON b.document_id = blue.id AND b.tax_rate = r.tax_rate "
        "GROUP BY blue.id, r.tax_rate, b.net, b.tax, b.gross HAVING b.gross IS NULL "
        "OR -sum(r.net) NOT BETWEEN 0 AND b.net OR -sum(r.tax) NOT BETWEEN 0 AND b.tax "
        "OR -sum(r.gross) NOT BETWEEN 0 AND b.gross",
    ),
    Invariant(
        23,
        "Blue invoices know exactly what was taken back, and their state says so.",
        "SELECT b.id FROM sales_invoice b LEFT JOIN sales_invoice r ON r.blue_id = b.id "  # noqa: S608 - own words
        f"AND r.state IN {_ISSUED} WHERE b.kind = 'blue' GROUP BY b.id "
        "HAVING b.red_gross <> -coalesce(sum(r.gross), 0) "
        "OR (b.state = 'red') <> (b.red_gross > 0 AND b.red_gross = b.gross) "
        "OR (b.state = 'part_red') <> (b.red_gross > 0 AND b.red_gross < b.gross)",
    ),
    Invariant(
        24,
        "A red letter names one blue invoice of the same contract, seller, buyer and type; none takes back a red one.",
        "SELECT r.id FROM sales_invoice r JOIN sales_invoice b ON b.id = r.blue_id WHERE b.kind <> 'blue' "
        "OR r.contract_id <> b.contract_id OR r.seller_tax_number <> b.seller_tax_number OR r.buyer <> b.buyer "
        "OR r.type <> b.type OR r.currency <> b.currency",
    ),
    Invariant(
        24,
        "What was issued is never changed.",
        "SELECT e.pgh_obj_id FROM sales_invoiceevent e JOIN sales_invoice i ON i.id = e.pgh_obj_id "  # noqa: S608 - own words
        f"WHERE e.state IN {_ISSUED} AND (e.invoice_number <> i.invoice_number OR e.gross <> i.gross "
        "OR e.net <> i.net OR e.buyer <> i.buyer OR e.seller <> i.seller OR e.issued_on <> i.issued_on "
        "OR e.type <> i.type OR e.contract_id <> i.contract_id)",
    ),
    Invariant(
        25,
        "A red letter is issued where the confirmation form is in state 01 or 04.",
        "SELECT r.id FROM sales_reissue r JOIN sales_invoice i ON i.reissue_id = r.id AND i.kind = 'red' "  # noqa: S608 - own words
        f"AND i.state IN {_ISSUED} WHERE r.confirmation NOT IN ('01', '04')",
    ),
    Invariant(
        25,
        "Confirmation forms follow their allowed ways; a void one only makes room for a new one.",
        "SELECT id FROM (SELECT pgh_obj_id AS id, confirmation AS now, "  # noqa: S608 - own words
        "lag(confirmation) OVER (PARTITION BY pgh_obj_id ORDER BY pgh_id) AS before FROM sales_reissueevent) moves "
        "WHERE before IS NOT NULL AND now <> before AND NOT (now IN ('01', '02', '03') AND (before = '' "
        f"OR before IN {_VOID_FORMS})) AND (before, now) NOT IN (('01', '08'), ('02', '04'), ('02', '05'), "
        "('02', '07'), ('02', '08'), ('03', '04'), ('03', '06'), ('03', '07'), ('03', '08'), ('04', '09'))",
    ),
    Invariant(
        26,
        "A confirmation form that waited 72 hours is void.",
        "SELECT id FROM sales_reissue WHERE confirmation IN ('02', '03') "
        "AND confirmation_since < now() - interval '72 hours 15 minutes'",
    ),
    Invariant(
        27,
        "A reissue is closed exactly where its red letter and the new invoice, if one is wanted, are issued.",
        "SELECT r.id FROM sales_reissue r LEFT JOIN sales_invoice i ON i.reissue_id = r.id "  # noqa: S608 - own words
        f"AND i.state IN {_ISSUED} GROUP BY r.id HAVING (r.state = 'closed') <> (count(*) FILTER "
        "(WHERE i.kind = 'red') > 0 AND (NOT r.wants_new OR count(*) FILTER (WHERE i.kind = 'blue') > 0))",
    ),
    Invariant(
        27,
        "The red letter of a reissue takes back exactly what was decided.",
        "SELECT r.id FROM sales_reissue r JOIN sales_invoice i ON i.reissue_id = r.id AND i.kind = 'red' "
        "WHERE i.gross <> -r.gross OR i.net <> -r.net OR i.tax <> -r.tax OR i.blue_id <> r.invoice_id",
    ),
    Invariant(
        28,
        "An invoice number exists once for a seller, and those of digital invoices have 20 digits.",
        "SELECT min(id) FROM sales_invoice WHERE invoice_number <> '' "
        "GROUP BY seller_tax_number, invoice_number HAVING count(*) > 1 "
        "UNION ALL SELECT id FROM sales_invoice WHERE invoice_number <> '' AND type LIKE 'digital%' "
        "AND invoice_number !~ '^[0-9]{20}$'",
    ),
    Invariant(
        29,
        "No month has more invoiced without tax than its quota was.",
        "SELECT q.id FROM sales_invoicequota q JOIN sales_invoice i ON i.kind = 'blue' "  # noqa: S608 - own words
        f"AND i.state IN {_ISSUED} AND date_trunc('month', i.issued_on)::date = q.month "
        "AND i.issued_at >= (SELECT min(e.pgh_created_at) FROM sales_invoicequotaevent e WHERE e.pgh_obj_id = q.id) "
        "GROUP BY q.id HAVING sum(i.net) > q.amount",
    ),
    Invariant(
        30,
        "One application becomes one issued invoice, and the provider knows it by its own number.",
        "SELECT id FROM sales_invoice WHERE provider_id <> '' AND provider_id <> number "
        "UNION ALL SELECT pgh_obj_id FROM sales_invoiceevent WHERE invoice_number <> '' "
        "GROUP BY pgh_obj_id HAVING count(DISTINCT invoice_number) > 1",
    ),
    Invariant(
        31,
        "Lines of invoices have the tax rate of the contract line they bill.",
        "SELECT b.id FROM sales_invoiceline b JOIN sales_contractline l ON l.id = b.contract_line_id "
        "WHERE b.tax_rate <> l.tax_rate",
    ),
    Invariant(
        33,
        "The lines of an invoice add up to it, and so do those of a reissue.",
        "SELECT i.id FROM sales_invoice i LEFT JOIN sales_invoiceline l ON l.document_id = i.id GROUP BY i.id "
        "HAVING i.net <> coalesce(sum(l.net), 0) OR i.tax <> coalesce(sum(l.tax), 0) "
        "UNION ALL SELECT r.id FROM sales_reissue r LEFT JOIN sales_reissueline l ON l.document_id = r.id "
        "GROUP BY r.id HAVING r.net <> coalesce(sum(l.net), 0) OR r.tax <> coalesce(sum(l.tax), 0)",
    ),
]
