"""What must hold of documents of every kind at every moment (TRUST 1, 2, 4, 11, 46), in SQL."""

from django.apps import apps

from crm.history.changes import tracked_models
from crm.operations.invariants import Invariant
from sales.contracts.content import FIELDS as CONTRACT
from sales.documents.content import AMOUNTS, ContentFields
from sales.invoices.content import FIELDS as INVOICE
from sales.quotes.content import FIELDS as QUOTE
from sales.reissues.content import FIELDS as REISSUE
from sales.requirements.content import FIELDS as REQUIREMENT

# ruff: noqa: S608 - the statements are put together from names of our own tables
_DOCUMENTS = ("requirement", "quote", "contract", "payment", "invoice", "reissue")
# the bank line of a claim that was refused is free again
_FREED = ("bankline",)
_OTHERS = sorted(
    model._meta.model_name or ""
    for model in tracked_models()
    if model._meta.app_label == "sales" and model._meta.model_name not in (*_DOCUMENTS, *_FREED)
)
# what such an operation writes with the state; the sums of a contract are counted again, and have rules of their own
_WRITTEN = {"state", "changed_at", "changed_by_id"}
_COUNTED = {"total", "received", "overpaid", "invoiced", "applied"}


def _changed(name: str) -> str:
    """Documents that such an operation made, or changed in more than their state."""
    fields = apps.get_model("sales", name)._meta.concrete_fields
    kept = sorted({field.column for field in fields} - _WRITTEN - (_COUNTED if name == "contract" else set()))
    now, before = (", ".join(f"{row}.{column}" for column in kept) for row in ("e", "b"))
    return (
        f"SELECT e.pgh_obj_id AS id FROM taken_back o JOIN sales_{name}event e ON e.pgh_context_id = o.context_id "
        f"LEFT JOIN LATERAL (SELECT * FROM sales_{name}event p WHERE p.pgh_obj_id = e.pgh_obj_id "
        "AND p.pgh_id < e.pgh_id ORDER BY p.pgh_id DESC LIMIT 1) b ON true "
        f"WHERE ({now}) IS DISTINCT FROM ({before})"
    )


_TOUCHED = [
    f"SELECT e.pgh_obj_id AS id FROM taken_back o JOIN sales_{name}event e ON e.pgh_context_id = o.context_id"
    for name in _OTHERS
]
_STATES = " UNION ALL ".join(
    f"SELECT d.id FROM sales_{name} d LEFT JOIN crm_approvalrequest r ON r.purpose = 'sales.{name}' "
    "AND r.subject_id = d.id AND r.closed_at IS NULL WHERE d.archived_at IS NULL "
    "AND (r.id IS NOT NULL OR d.state IN ('pending', 'blocked', 'returned')) AND r.state IS DISTINCT FROM d.state "
    f"UNION ALL SELECT d.id FROM crm_approvalrequest r JOIN sales_{name} d ON d.id = r.subject_id "
    f"WHERE r.purpose = 'sales.{name}' AND r.state IN ('withdrawn', 'rejected') AND d.archived_at IS NULL "
    "AND d.state NOT IN (r.state, 'void') AND NOT EXISTS (SELECT FROM crm_approvalrequest n "
    "WHERE n.purpose = r.purpose AND n.subject_id = r.subject_id AND n.id > r.id)"
    for name in _DOCUMENTS
)

# once it was decided on, nothing of a document changes; but a merge may give it to another customer or contact,
# and a reissue be settled without its new invoice
_OPEN = "'draft', 'returned', 'withdrawn', 'pending', 'blocked'"
_MOVED = {"customer_id", "contact_id", "profile_id", "wants_new"}


def _rewritten(content: ContentFields) -> str:
    """Documents that say something else than in an earlier moment in which they had been decided on."""
    name = content.model._meta.model_name
    kept = [*(column for column in content.fields if column not in _MOVED), *AMOUNTS]
    then, now = (", ".join(f"{row}.{column}" for column in kept) for row in ("e", "d"))
    # an approved contract can be opened again until it is signed
    open_states = f"{_OPEN}, 'approved'" if content is CONTRACT else _OPEN
    return (
        f"SELECT d.id FROM sales_{name}event e JOIN sales_{name} d ON d.id = e.pgh_obj_id "
        f"WHERE e.state NOT IN ({open_states}) AND ({then}) IS DISTINCT FROM ({now}) "
        f"UNION ALL SELECT d.id FROM sales_{name}lineevent e JOIN sales_{name} d ON d.id = e.document_id "
        "LEFT JOIN crm_operation o ON o.context_id = e.pgh_context_id "
        f"WHERE d.state NOT IN ({open_states}, 'void') AND coalesce(o.at, e.pgh_created_at) > d.approved_at "
        # but for a document that was taken over as it is, with its lines
        f"AND NOT EXISTS (SELECT FROM sales_{name}event b WHERE b.pgh_obj_id = d.id AND b.pgh_label = 'insert' "
        "AND b.pgh_context_id = e.pgh_context_id)"
    )


_OF_CUSTOMERS = ("opportunity", *_DOCUMENTS, "order", "billingprofile")

RULES = [
    Invariant(
        1,
        "Each line of a contract is rounded as the way its prices are written says.",
        "SELECT l.document_id AS id FROM sales_contractline l JOIN sales_contract c ON c.id = l.document_id "
        "WHERE NOT CASE WHEN c.is_tax_included "
        "THEN l.gross = round(l.quantity * l.price * (1 - l.discount), 2) "
        "AND l.net = round(l.gross / (1 + l.tax_rate), 2) AND l.tax = l.gross - l.net "
        "ELSE l.net = round(l.quantity * l.price * (1 - l.discount), 2) "
        "AND l.tax = round(l.net * l.tax_rate, 2) AND l.gross = l.net + l.tax END",
    ),
    Invariant(
        2,
        "A contract, and a supplement, is the sum of its lines.",
        "SELECT c.id FROM sales_contract c LEFT JOIN sales_contractline l ON l.document_id = c.id GROUP BY c.id "
        "HAVING (c.net, c.tax, c.gross) IS DISTINCT FROM "
        "(coalesce(sum(l.net), 0), coalesce(sum(l.tax), 0), coalesce(sum(l.gross), 0))",
    ),
    Invariant(
        4,
        "What was decided on never changes afterwards, nor do its lines.",
        " UNION ALL ".join(map(_rewritten, (REQUIREMENT, QUOTE, CONTRACT, INVOICE, REISSUE))),
    ),
    Invariant(
        11,
        "Nothing of sales is left with a customer that became part of another.",
        " UNION ALL ".join(
            f"SELECT d.id FROM sales_{name} d JOIN customers_customer c ON c.id = d.customer_id "
            "WHERE c.merged_into_id IS NOT NULL"
            for name in _OF_CUSTOMERS
        ),
    ),
    Invariant(
        46,
        "A document waits, or is back with whoever put it up, exactly as its approval says, and can be changed again "
        "where that was withdrawn.",
        _STATES,
    ),
    Invariant(
        46,
        "Withdrawing and rejecting change nothing of a document but its state, and touch no other record of sales.",
        "WITH taken_back AS MATERIALIZED (SELECT context_id FROM crm_operation "
        "WHERE verb IN ('approval_withdrawn', 'approval_rejected')) "
        + " UNION ALL ".join([*(_changed(name) for name in _DOCUMENTS), *_TOUCHED]),
    ),
]
