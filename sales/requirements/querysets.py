"""Reads over requirements."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from crm.approvals.models import ApprovalTask
from sales.documents.querysets import DocumentQuerySet

CHECK_RIGHT = "sales.check_requirement"


class RequirementQuerySet(DocumentQuerySet):
    """Requirements, in reach like documents; a technician reaches those that wait for them."""

    shown_with: ClassVar[tuple[str, ...]] = ("customer", "owner", "opportunity", "contact", "checked_by")

    def to_check_by(self, user: Any) -> Self:
        """Those in approval whose waiting step is this technician's turn."""
        if not user.reach.has(CHECK_RIGHT):
            return self.none()
        turns = ApprovalTask.objects.filter(
            approver=user, state=ApprovalTask.State.PENDING, request__purpose="sales.requirement",
            request__state="pending",
        )  # fmt: skip
        return self.filter(state="pending", pk__in=list(turns.values_list("request__subject_id", flat=True)))
