"""What hung on the owner of a customer and ends when nobody owns it any more; set-based, for one or for thousands."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from customers.customers.changing_hands import changed_hands

# by arrays: lists of thousands of parameters cost more than the work itself
_ENDS = (
    "DELETE FROM customers_customershare WHERE content_object_id = ANY(%s)",
    "UPDATE customers_recycleextension SET state = 'lapsed' WHERE customer_id = ANY(%s) AND state = 'open'",
    "UPDATE customers_task t SET cancelled_at = now(), changed_at = now() FROM customers_customer c "
    "WHERE t.customer_id = ANY(%s) AND c.id = t.customer_id AND t.owner_id = c.previous_owner_id "
    "AND t.done_at IS NULL AND t.cancelled_at IS NULL",
)


def tie_up_loose_ends(customer_ids: Sequence[int]) -> None:
    """End shares and open wishes for an extension of customers that just fell to a pool, and cancel the open tasks of
    those who owned them; contacts, follow-ups and tasks of others stay with the customer, and so does its business.
    """
    with connection.cursor() as cursor:
        for statement in _ENDS:
            cursor.execute(statement, [list(customer_ids)])
    changed_hands(customer_ids)
