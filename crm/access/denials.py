"""A refused page is a fact for the audit log."""

import logging

from django.http import HttpRequest

logger = logging.getLogger("harbour.denied")


def note_denial(request: HttpRequest, right: str) -> None:
    """Log who was refused what; the record's content is never named."""
    logger.warning(
        "denied", extra={"user_id": request.user.pk, "right": right, "path": request.path, "method": request.method}
    )
