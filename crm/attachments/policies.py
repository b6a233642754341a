"""Which records may hold files: settings.HARBOUR_ATTACHABLE names the policy of each, the kernel knows no app above."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from crm.people.models import User


@dataclass(frozen=True)
class AttachPolicy:
    """How the files of a kind of record follow it.

    `code` is its word in addresses; `view` and `change` are rights on the record; `rows(user, right)` gives the records
    whose files the person reaches with a right; `anchor` the customer a record belongs to; `hold` locks the record for
    a change of its files and raises a ValidationError or PermissionDenied where it may not be changed now; `gathers`
    says that its page shows the files of everything that belongs to it, `frame(record, user)` gives the template of the
    tabs above that page, as `tabs`, with what they need; `why_kept(record, id)` says why one of its files may not be
    renamed or archived by itself, "" where it may.
    """

    code: str
    view: str
    change: str
    rows: Callable[[User, str], QuerySet[Any]]
    anchor: Callable[[Any], int | None]
    hold: Callable[[Any, User], None]
    gathers: bool = False
    frame: Callable[[Any, User], dict[str, Any]] | None = None
    why_kept: Callable[[Any, int], str] | None = None


@cache
def policies() -> dict[type[Model], AttachPolicy]:
    """Every kind of record that may hold files."""
    return {apps.get_model(label): import_string(name) for label, name in settings.HARBOUR_ATTACHABLE.items()}


def policy_of(model: type[Model]) -> AttachPolicy:
    """The policy of a kind of record."""
    try:
        return policies()[model]
    except KeyError:
        raise ImproperlyConfigured(f"{model._meta.label} holds no files: name it in HARBOUR_ATTACHABLE.") from None


def kind_named(code: str) -> tuple[type[Model], AttachPolicy] | None:
    """Model and policy of the word an address uses."""
    return next(((model, policy) for model, policy in policies().items() if policy.code == code), None)


def rights_leaned_on() -> tuple[str, ...]:
    """Every right some policy asks for."""
    return tuple(sorted({right for policy in policies().values() for right in (policy.view, policy.change)}))
