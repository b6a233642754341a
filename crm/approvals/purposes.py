"""What may be put up for approval: each purpose is declared by the app of its document (settings.HARBOUR_APPROVALS)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from django.db.models import Model
    from django.utils.functional import _StrPromise

    from crm.approvals.models import ApprovalRequest
    from crm.people.models import User

    Words = str | _StrPromise
    # (document, actor, request): what follows from an ended round, in the same transaction
    Follow = Callable[[Any, "User | None", "ApprovalRequest"], None]


@dataclass(frozen=True)
class Fact:
    """Something the conditions of a flow may ask: `kind` says how it is compared and entered.

    Kinds: amount, percent, number (compared by size), yes_no, department, category, level, choice (one of `choices`).
    A value may be a list of ids (departments with those above, categories of all lines): "is" holds where one fits.
    """

    code: str
    label: Words
    kind: str
    choices: tuple[tuple[str, Words], ...] = ()
    # approvers see its value as a figure; never for what only some may know (margins, costs, floors)
    is_figure: bool = False


@dataclass(frozen=True)
class Purpose:
    """One kind of document that is decided on.

    `lock(id)` locks the rows its follow-ups write, in the order of the house (customer → opportunity → contract →
    instalment → payment → invoice) and answers the document, fresh; the engine locks the request only after it.
    `facts(document)` gives the value of each fact in `asked`; amounts are Decimal, `amount` is the one that counts for
    splitting and is shown. `rolling(document)` sums the other documents of the same customer and owner of the last 30
    days, so that splitting under a threshold is caught. `snapshot(document)` is what is decided on and compared:
    ordered JSON of plain values; its hash is the content hash. `differences(before, after)` tells two snapshots apart
    for people. `part` is the template that shows a snapshot to an approver, given `request`, `document`, `snapshot`.
    The follow-ups run in the transaction of the decision and set the state of the document.
    """

    code: str
    label: Words
    model: str
    view_right: str
    part: str
    asked: tuple[Fact, ...]
    lock: Callable[[int], Any]
    facts: Callable[[Any], Mapping[str, Any]]
    snapshot: Callable[[Any], dict[str, Any]]
    rolling: Callable[[Any], Any]
    differences: Callable[[dict[str, Any], dict[str, Any]], list[tuple[str, str, str]]]
    submitted: Follow
    approved: Follow
    rejected: Follow
    returned: Follow
    withdrawn: Follow
    blocked: Follow
    # what `part` names of a document besides its own columns, for select_related
    shown_with: tuple[str, ...] = ()
    # the mark of this kind of document in the inbox
    icon: str = "file-text"
    # what a decision on this kind of document asks of a person besides a turn; "" = nothing
    decide_right: str = ""
    # the last step must be decided by holders of this right (money is confirmed by finance); "" = by anybody
    closing_right: str = ""
    # the flow a new installation starts with: (name, definition)
    standard_flows: tuple[tuple[Words, dict[str, Any]], ...] = field(default=())

    def document(self, pk: int) -> Model | None:
        """The document of a request, unlocked."""
        from django.apps import apps  # noqa: PLC0415 - the purpose names its model, it does not import it

        found: Model | None = apps.get_model(self.model)._default_manager.filter(pk=pk).first()
        return found


@cache
def purposes() -> dict[str, Purpose]:
    """All purposes by code, in the order of the settings."""
    found: list[Purpose] = [import_string(name) for name in settings.HARBOUR_APPROVALS]
    return {purpose.code: purpose for purpose in found}


def content_hash(snapshot: Mapping[str, Any]) -> str:
    """The hash of a snapshot, whatever the order of its keys: what every decision refers to."""
    text = json.dumps(snapshot, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def purpose_named(code: str) -> Purpose:
    """The purpose of a code."""
    try:
        return purposes()[code]
    except KeyError:
        raise ImproperlyConfigured(f"Nothing is put up for {code}: name its purpose in HARBOUR_APPROVALS.") from None
