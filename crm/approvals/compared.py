"""What changed in a document: since it was last approved, since the round before, since somebody decided on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Model, Q

from crm.approvals.models import ApprovalRequest
from crm.approvals.purposes import Purpose

Difference = tuple[str, str, str]


@dataclass(frozen=True)
class Compared:
    """Two contents told apart: the version before, when it was approved, and label, before and after of each change."""

    version: int
    at: datetime | None
    differences: list[Difference]


def since_approved(purpose: Purpose, request: ApprovalRequest, document: Model | None) -> Compared | None:
    """Against the approved version of this document before; None where none was approved before."""
    if getattr(document, "version", None) == 1:
        return None
    rows = ApprovalRequest.objects.filter(
        purpose=request.purpose, subject_id__in=_versions(purpose, document), state=ApprovalRequest.State.APPROVED
    )
    before = rows.filter(pk__lt=request.pk).order_by("-pk").only("snapshot", "document_version", "closed_at").first()
    if before is None:
        return None
    told = purpose.differences(before.snapshot, request.snapshot)
    return Compared(before.document_version, before.closed_at, told)


def since_decided(purpose: Purpose, request: ApprovalRequest, decided: Mapping[str, Any] | None) -> Compared | None:
    """Against the content of somebody's last decision on this request; None where it is the same, or there is none."""
    if decided is None or decided["content_hash"] == request.content_hash:
        return None
    before = _kept(request, content_hash=decided["content_hash"])
    if before is None:
        return None
    at = datetime.fromisoformat(decided["decided_at"])
    return Compared(request.document_version, at, purpose.differences(before, request.snapshot))


def since_round_before(purpose: Purpose, request: ApprovalRequest) -> list[Difference]:
    """Against what was put up in the round before, as the history kept it."""
    if request.round < 2:
        return []
    before = _kept(request, round=request.round - 1)
    return purpose.differences(before, request.snapshot) if before is not None else []


def since_seen(purpose: Purpose, request: ApprovalRequest, seen: str) -> list[Difference]:
    """Against the content somebody decided on, named by its hash, or else what became of the document meanwhile."""
    if seen and seen != request.content_hash:
        before = _kept(request, content_hash=seen[:64])
        return purpose.differences(before, request.snapshot) if before is not None else []
    document = purpose.document(request.subject_id)
    return purpose.differences(request.snapshot, purpose.snapshot(document)) if document is not None else []


def _versions(purpose: Purpose, document: Model | None) -> Any:
    """The ids of all versions of a document: those with the same root, itself where its kind has no versions."""
    if document is None:
        return []
    root = getattr(document, "root_id", None)
    if root is None:
        return [document.pk]
    manager = apps.get_model(purpose.model)._default_manager
    return manager.filter(Q(root_id=root) | Q(pk=root)).values("pk")


def _kept(request: ApprovalRequest, **which: Any) -> dict[str, Any] | None:
    """A content this request once had; None where the history no longer holds it."""
    events: Any = apps.get_model("crm", "ApprovalRequestEvent")._default_manager
    rows = events.filter(pgh_obj_id=request.pk, **which).exclude(snapshot={}).order_by("-pgh_id")
    found: dict[str, Any] | None = rows.values_list("snapshot", flat=True).first()
    return found
