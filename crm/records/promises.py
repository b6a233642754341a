"""What the database promises, said in words where somebody else was faster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError


@contextmanager
def promised(constraint: str, refusal: Mapping[str, Any]) -> Iterator[None]:
    """Around an operation: turns the database's word on one constraint, by its name, into a refusal by field."""
    try:
        yield
    except IntegrityError as fault:
        if constraint not in str(fault):
            raise
        raise ValidationError(dict(refusal)) from fault
