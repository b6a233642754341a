"""What a person decides about a pair of customers that may be one."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from customers.duplicates.models import DuplicateCandidate


def keep_apart(candidate: DuplicateCandidate, *, actor: User) -> None:
    """Say that two customers are two companies: they are not proposed again unless they become alike anew."""
    with operation(actor, "duplicates_kept_apart", candidate.second, anchor_id=candidate.first_id):
        locked = DuplicateCandidate.objects.select_for_update(of=("self",), no_key=True).get(pk=candidate.pk)
        if locked.state != DuplicateCandidate.State.OPEN:
            raise ValidationError(_("Somebody has decided about this already."), code="decided")
        locked.state, locked.decided_by = DuplicateCandidate.State.DIFFERENT, actor
        locked.decided_at = timezone.now()
        locked.save(update_fields=["state", "decided_by", "decided_at"])
