"""One chunk of a transfer: its rows, and statements over them."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connection

from customers.transfers.models import Transfer, TransferRow
from customers.transfers.querysets import TransferRowQuerySet

# the condition by which a statement finds the rows of its chunk in `customers_transferrow r`
CHUNK = "r.transfer_id = %(transfer)s AND r.row_number BETWEEN %(first)s AND %(last)s"


class Chunk(NamedTuple):
    """Rows `first` to `last` of a transfer."""

    transfer: Transfer
    first: int
    last: int

    def rows(self) -> TransferRowQuerySet:
        """The rows themselves."""
        rows: TransferRowQuerySet = TransferRow.objects.all()
        return rows.filter(transfer=self.transfer, row_number__range=(self.first, self.last))

    def execute(self, statement: str, **more: Any) -> int:
        """Run a statement that names the chunk by CHUNK; how many rows it wrote or read."""
        given = {"transfer": self.transfer.pk, "first": self.first, "last": self.last, **more}
        with connection.cursor() as cursor:
            cursor.execute(statement, given)
            return int(cursor.rowcount)

    def did(self) -> dict[str, Any]:
        """For an undo: by which context the events of the transfer are found."""
        entry = self.transfer.operation
        return {"context": entry.context_id if entry else None}
