"""A form sent twice makes one record: the second sending is led to what the first one made."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.db.models import Model

from crm.api.models import IdempotencyKey
from crm.people.models import User

_KEY = re.compile(r"^[0-9a-f-]{16,60}$")


def made_once(user: User, key: str, make: Callable[[], Model]) -> tuple[str, bool]:
    """The address of what `make` made, and whether it was made now; a key that no form of ours gave is ignored.

    The key commits together with the record; a second sender waits on it, and a refused first one leaves no trace.
    """
    if not _KEY.match(key):
        return _address(make()), True
    name = f"page:{key}"
    try:
        with transaction.atomic():
            remembered = IdempotencyKey.objects.create(user=user, key=name, request_hash="page")
            place = _address(make())
            IdempotencyKey.objects.filter(pk=remembered.pk).update(status=302, answer={"url": place})
    except IntegrityError:
        known = IdempotencyKey.objects.filter(user=user, key=name).first()
        if known is None or not known.answer:
            raise
        return str(known.answer["url"]), False
    return place, True


def _address(row: Model) -> str:
    return row.get_absolute_url()  # type: ignore[attr-defined]
