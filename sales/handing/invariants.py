"""What must hold of who is responsible for records of sales (TRUST 12.4), in SQL."""

from crm.operations.invariants import Invariant
from sales.handing.kinds import KINDS

_ROWS = " UNION ALL ".join(
    f"SELECT id, owner_id, customer_id FROM {kind.table}"  # noqa: S608 - own tables
    for kind in KINDS
)
_DOCUMENTS = " UNION ALL ".join(
    f"SELECT id, owner_id, department_id, '{kind.purpose}' AS purpose FROM {kind.table}"  # noqa: S608 - own tables
    for kind in KINDS
    if kind.purpose
)

RULES = [
    Invariant(
        60,
        "What was agreed, offered and talked about with a customer somebody owns has an owner, too.",
        f"SELECT d.id FROM ({_ROWS}) d JOIN customers_customer c ON c.id = d.customer_id "  # noqa: S608 - own tables
        "WHERE d.owner_id IS NULL AND c.owner_id IS NOT NULL",
    ),
    Invariant(
        60,
        "An approval is reached by those who reach its document.",
        f"SELECT a.id FROM crm_approvalrequest a JOIN ({_DOCUMENTS}) d "  # noqa: S608 - own tables
        "ON d.purpose = a.purpose AND d.id = a.subject_id "
        "WHERE a.department_id <> d.department_id OR a.owner_id <> d.owner_id",
    ),
    Invariant(
        66,
        "Nobody disabled is responsible for an opportunity or a document.",
        f"SELECT d.id FROM ({_ROWS}) d JOIN crm_user u ON u.id = d.owner_id WHERE NOT u.is_active",  # noqa: S608 - own tables
    ),
]
