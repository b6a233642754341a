"""Noticing that a record changed while somebody had its form open, whoever changed it (psql included)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model


def fingerprint(row: Model, fields: Iterable[str]) -> str:
    """A short digest of the values of these fields; equal digests, equal values."""
    values: list[Any] = [row.serializable_value(name) for name in fields]
    return hashlib.sha256(json.dumps(values, cls=DjangoJSONEncoder).encode()).hexdigest()[:24]
