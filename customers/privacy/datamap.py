"""The map of personal data: what each field tells about people outside the company, whether they get it, how it goes.

Every text, JSON, e-mail, address and file column of our tables stands in a map of settings.HARBOUR_DATA_MAP: personal,
or as telling about nobody (tests/contract/test_datamap.py walks them). The row events of a table follow its entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

PROOF_DAYS = 3 * 365  # PIPL Art. 56: what proves how data was handled
AUDIT_DAYS = 200  # Cybersecurity Law Art. 23: six calendar months can be 184 days


class Kind(models.TextChoices):
    """What a field tells."""

    NAME = "name", _("name")
    REACH = "reach", _("phone, e-mail, WeChat")
    PLACE = "place", _("place")
    PROFILE = "profile", _("what is known of the person")
    WORDS = "words", _("what colleagues wrote")
    MAIL = "mail", _("what was written to the person")
    PROOF = "proof", _("proof of how data was handled")
    TRACE = "trace", _("traces of work")
    STAFF = "staff", _("people who work here")


class Fate(models.TextChoices):
    """What becomes of a field when the person is erased."""

    EMPTIED = "emptied", _("emptied")
    REPLACED = "replaced", _("taken out of the text")
    READ = "read", _("listed to be read")
    KEPT = "kept", _("kept")


@dataclass(frozen=True)
class Personal:
    """The class of a field; `leaves` says whether it is in the package a person gets."""

    kind: Kind
    fate: Fate
    leaves: bool = False
    least_days: int = 0


@dataclass(frozen=True)
class DataMap:
    """What the tables of one app hold: table → field → class, and table → names of fields that tell about nobody."""

    personal: dict[str, dict[str, Personal]]
    impersonal: dict[str, str]


_NAME, _REACH = Personal(Kind.NAME, Fate.EMPTIED, True), Personal(Kind.REACH, Fate.EMPTIED, True)
_PROFILE, _MAIL = Personal(Kind.PROFILE, Fate.EMPTIED, True), Personal(Kind.MAIL, Fate.EMPTIED, True)
_WORDS, _ASIDE = Personal(Kind.WORDS, Fate.READ, True), Personal(Kind.WORDS, Fate.READ)
_TRACE, _STAFF = Personal(Kind.TRACE, Fate.REPLACED), Personal(Kind.STAFF, Fate.KEPT)
_AUDIT = Personal(Kind.TRACE, Fate.REPLACED, True, AUDIT_DAYS)
_CASE = Personal(Kind.PROOF, Fate.EMPTIED, True, PROOF_DAYS)

_PERSONAL: dict[str, dict[str, Personal]] = {
    "customers.Contact": {
        "name": _NAME, "phone": _REACH, "email": _REACH, "wechat": _REACH, "job_title": _PROFILE,
        "power": _PROFILE, "attitude": _PROFILE, "birthday": _PROFILE, "remark": _PROFILE, "custom": _PROFILE,
    },
    "customers.Consent": {
        "text_version": Personal(Kind.PROOF, Fate.KEPT, True, PROOF_DAYS),
        "evidence": Personal(Kind.PROOF, Fate.EMPTIED, True, PROOF_DAYS),
    },
    "customers.ContactMail": {"subject": _MAIL, "body": _MAIL, "why": Personal(Kind.TRACE, Fate.EMPTIED)},
    "customers.PersonRequest": {
        "person_name": _CASE, "phone": _CASE, "email": _CASE, "wish": _CASE, "identity_proof": _CASE,
        "answer": Personal(Kind.PROOF, Fate.REPLACED, True, PROOF_DAYS),
    },
    "customers.Activity": {
        "content": _WORDS, "place": Personal(Kind.PLACE, Fate.READ, True),
        "message_id": Personal(Kind.TRACE, Fate.KEPT), "latitude": _STAFF, "longitude": _STAFF,
    },
    "customers.Comment": {"content": _WORDS},
    "customers.Task": {"title": _WORDS, "note": _WORDS},
    # a company has phone and e-mail of its own; those of an erased person go
    "customers.Customer": {
        "phone": _TRACE, "email": _TRACE, "name": _ASIDE, "short_name": _ASIDE, "name_key": _ASIDE,
        "address": _ASIDE, "remark": _ASIDE, "custom": _ASIDE,
    },
    "customers.CustomerSearch": {"doubled": _TRACE, "letters": _TRACE, "digits": _TRACE, "people": _TRACE},
    "customers.CustomerRelation": {"remark": _ASIDE},
    "customers.Merge": {"before": _TRACE, "after": _TRACE},
    "customers.AccessRequest": {"reason": _ASIDE, "answer": _ASIDE},
    "customers.RecycleExtension": {"reason": _ASIDE, "answer": _ASIDE},
    "customers.Transfer": {"selection": _TRACE, "reason": _ASIDE, "note": _ASIDE},
    "customers.Segment": {"conditions": _TRACE, "description": _ASIDE},
    "customers.ImportSet": {"head": _TRACE, "file_name": _ASIDE, "file_path": _TRACE, "limit_reason": _ASIDE},
    "customers.ImportRow": {
        "cells": _TRACE, "fields": _TRACE, "errors": _TRACE, "difference": _TRACE, "match_value": _TRACE,
        "undo_note": _TRACE,
    },
    "crm.Attachment": {"name": _PROFILE, "note": _PROFILE, "sha256": Personal(Kind.TRACE, Fate.EMPTIED)},
    "crm.CustomUnique": {"value": Personal(Kind.PROFILE, Fate.EMPTIED)},
    "crm.Operation": {
        "subject_label": _AUDIT, "reason": _AUDIT, "facts": _AUDIT,
        "address": Personal(Kind.STAFF, Fate.KEPT, False, AUDIT_DAYS),
    },
    "crm.Notice": {"text": _TRACE},
    "crm.Job": {
        "title": _TRACE, "params": _TRACE, "result": _TRACE, "error": _TRACE, "file_out": _ASIDE, "file_name": _ASIDE,
    },
    "crm.JobChunk": {"params": _TRACE},
    "crm.JobRow": {"label": _TRACE, "message": _TRACE},
    "crm.IdempotencyKey": {"answer": _TRACE},
    "crm.SavedView": {"query": _TRACE},
    "crm.ExportRequest": {"params": _TRACE, "reason": _ASIDE, "answer": _ASIDE},
    "crm.Departure": {"note": _STAFF},
    "crm.ApprovalDecision": {"comment": _STAFF},
    "crm.ApprovalRequest": {"snapshot": _TRACE, "title": _TRACE},
    "crm.Delegation": {"reason": _STAFF},
    "crm.User": {"username": _STAFF, "email": _STAFF, "name": _STAFF, "job_title": _STAFF, "phone": _STAFF},
    "crm.Absence": {"note": _STAFF},
    "account.EmailAddress": {"email": _STAFF},
    "sessions.Session": {"session_data": _STAFF},
}  # fmt: skip

# names of things, codes, keys, hashes, counts: they tell about nobody
_NOT_PERSONAL: dict[str, str] = {
    "crm.Role": "code name description",
    "crm.Grant": "right",
    "crm.ApiToken": "name digest scopes",
    "crm.IdempotencyKey": "key request_hash",
    "crm.Attachment": "media_type",
    "crm.CompanySetting": "key value",
    "crm.CustomField": "model key label label_en hint default",
    "crm.CustomChoice": "value label",
    "crm.Operation": "verb subject_type result request_id",
    "crm.OperationSeal": "previous digest",
    "crm.Outbox": "topic dedupe_key payload queue error",
    "crm.Job": "kind",
    "crm.JobRow": "outcome",
    "crm.ScheduleRun": "rule period",
    "crm.ApprovalDecision": "content_hash step",
    "crm.ApprovalRequest": "blocked_because content_hash currency definition facts purpose step",
    "crm.ApprovalTask": "step",
    "crm.Delegation": "purposes",
    "crm.Flow": "name purpose",
    "crm.FlowVersion": "definition note",
    "crm.Departure": "counts",
    "crm.Notice": "kind url subject_type dedupe_key",
    "crm.Department": "name",
    "crm.User": "password",
    "crm.PasswordRecord": "password",
    "crm.SavedView": "page name columns",
    "crm.NumberRule": "kind prefix",
    "crm.NumberCounter": "kind",
    "crm.ExportRequest": "model",
    "customers.MailAddress": "token_hash",
    "customers.CustomerStage": "name",
    "customers.CustomerLevel": "name service_policy",
    "customers.Tag": "name group",
    "customers.LeadSource": "name",
    "customers.Industry": "code name name_en",
    "customers.Region": "code name path_name",
    "customers.Holiday": "name",
    "customers.Customer": "number credit_code website external_id",
    "customers.CustomerShare": "role",
    "customers.DuplicateCandidate": "reasons",
    "customers.Merge": "fields moved",
    "customers.ImportSet": "target encoding separator sheet sheets headers mapping error counts",
    "customers.ImportRow": "credit_code",
    "customers.ColumnMapping": "target header_key mapping",
    "customers.Allotment": "name",
    "customers.PersonRequest": "number",
    "customers.Tombstone": "purpose channel because",
    "customers.ContactMail": "message_id",
    "customers.Pool": "name hidden_columns",
    "customers.CustomerQuality": "problems proposals",
    "customers.Segment": "name",
    "customers.ClassificationRule": "name",
    "customers.Task": "dedupe_key",
    "customers.CalendarFeed": "token_hash",
    "customers.Transfer": "regions moves_along counts",
    "customers.TransferRow": "old_status hold",
    "auth.Permission": "name codename",
    "auth.Group": "name",
    "contenttypes.ContentType": "app_label model",
    "sessions.Session": "session_key",
    "guardian.UserObjectPermission": "object_pk",
    "guardian.GroupObjectPermission": "object_pk",
    "pghistory.Context": "metadata",
    "account.EmailConfirmation": "key",
    "mfa.Authenticator": "data",
}


OWN = DataMap(_PERSONAL, _NOT_PERSONAL)


@cache
def personal_fields() -> dict[str, dict[str, Personal]]:
    """All fields that may tell about people outside or inside the company, by table."""
    return {label: fields for found in _maps() for label, fields in found.personal.items()}


@cache
def impersonal_fields() -> dict[str, str]:
    """All fields that tell about nobody, by table."""
    return {label: names for found in _maps() for label, names in found.impersonal.items()}


def _maps() -> list[DataMap]:
    return [import_string(name) for name in settings.HARBOUR_DATA_MAP]


def fields_with(label: str, *fates: Fate) -> list[str]:
    """The fields of a table with one of these fates, in the order of the map."""
    return [name for name, personal in personal_fields()[label].items() if personal.fate in fates]


def leaving_fields(label: str) -> list[str]:
    """The fields of a table that a person gets in a package."""
    return [name for name, personal in personal_fields()[label].items() if personal.leaves]


def empty_values(label: str) -> dict[str, Any]:
    """What the emptied fields of a table are set to."""
    model = apps.get_model(label)
    return {name: _empty(model._meta.get_field(name)) for name in fields_with(label, Fate.EMPTIED)}


def _empty(field: Any) -> Any:
    if isinstance(field, models.JSONField):
        return {}
    return None if field.null else ""
