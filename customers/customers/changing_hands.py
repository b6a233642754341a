"""What follows when customers come to somebody or fall to a pool: the apps above name it (HARBOUR_CHANGES_HANDS).

A transfer takes its companions along instead (customers/transfers/along.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils.module_loading import import_string


def changed_hands(customer_ids: Sequence[int]) -> None:
    """Let what belongs to these customers follow, in the transaction that moved them; the rows are written already."""
    for name in settings.HARBOUR_CHANGES_HANDS:
        import_string(name)(list(customer_ids))
