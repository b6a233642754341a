"""What taking a document back, or refusing it, may do to it (TRUST 46), in SQL."""

from django.apps import apps

from crm.history.changes import tracked_models
from crm.operations.invariants import Invariant

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

RULES = [
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
