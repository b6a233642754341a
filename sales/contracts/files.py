"""The files kept with contracts: whoever sees a contract sees them; the signed one stays."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.attachments.policies import AttachPolicy
from sales.contracts.holding import hold_contract
from sales.contracts.models import Contract


def _rows(user: Any, right: str) -> Any:
    return Contract.objects.within(user, right)


def _hold(contract: Contract, actor: Any) -> None:
    locked = hold_contract(contract.pk)
    if locked.state == Contract.State.VOID or locked.archived_at is not None:
        raise ValidationError(_("This contract was given up."), code="void")


def _why_kept(contract: Contract, attachment_id: int) -> str:
    if contract.signed_file_id == attachment_id:
        return _("This is the file that was signed. It stays as it is.")
    return ""


CONTRACT_FILES = AttachPolicy(
    "contract", "sales.view_contract", "sales.change_contract", _rows, lambda row: row.customer_id, _hold,
    why_kept=_why_kept,
)  # fmt: skip
