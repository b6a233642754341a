"""Redis is a doorbell: ring it after commit; when it is down, the sweeper finds the work all the same."""

import logging
from collections.abc import Callable

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger("harbour.jobs")


def ring(task: str, row_id: int, queue: str) -> None:
    """Ask a worker, once the transaction has committed, to look at a row."""
    transaction.on_commit(lambda: _send(task, row_id, queue))


def ring_now(task: str, row_id: int, queue: str) -> None:
    """Ask a worker at once (the sweeper's way)."""
    _send(task, row_id, queue)


def _send(task: str, row_id: int, queue: str) -> None:
    send: Callable[..., object] = current_app.send_task
    try:
        send(task, args=[row_id], queue=queue, retry=False, ignore_result=True)
    except (OperationalError, OSError):
        logger.warning("doorbell unreachable", extra={"task": task, "row": row_id})
