"""All models of the kernel, for Django."""

from crm.access.models import Grant, Role
from crm.api.models import ApiToken, IdempotencyKey
from crm.approvals.models import (
    ApprovalCopy,
    ApprovalDecision,
    ApprovalRequest,
    ApprovalTask,
    Delegation,
    Flow,
    FlowVersion,
)
from crm.attachments.models import Attachment
from crm.company.models import CompanySetting
from crm.customfields.models import CustomChoice, CustomField, CustomUnique
from crm.history.models import Operation, OperationSeal
from crm.jobs.models import Job, JobChunk, JobRow, Outbox, ScheduleRun
from crm.leaving.models import Departure
from crm.notifications.models import Notice
from crm.people.models import Absence, Department, PasswordRecord, User
from crm.records.models import ExportRequest, NumberCounter, NumberRule, SavedView

__all__ = [
    "Absence",
    "ApiToken",
    "ApprovalCopy",
    "ApprovalDecision",
    "ApprovalRequest",
    "ApprovalTask",
    "Attachment",
    "CompanySetting",
    "CustomChoice",
    "CustomField",
    "CustomUnique",
    "Department",
    "Delegation",
    "Departure",
    "ExportRequest",
    "Flow",
    "FlowVersion",
    "Grant",
    "IdempotencyKey",
    "Job",
    "JobChunk",
    "JobRow",
    "Notice",
    "NumberCounter",
    "NumberRule",
    "Operation",
    "OperationSeal",
    "Outbox",
    "PasswordRecord",
    "Role",
    "SavedView",
    "ScheduleRun",
    "User",
]
