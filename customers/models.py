"""All models of the customers app, for Django."""

from customers.activities.models import Activity, MailAddress
from customers.base_data.models import CustomerLevel, CustomerStage, Holiday, Industry, LeadSource, Region, Tag
from customers.comments.models import Comment
from customers.contacts.models import Contact
from customers.customers.models import Customer, CustomerRelation, CustomerSearch, CustomerShare, Star
from customers.duplicates.models import AccessRequest, DuplicateCandidate, Merge
from customers.imports.models import ColumnMapping, ImportRow, ImportSet
from customers.leads.models import Allotment, AllotmentRecord, AllotmentShare
from customers.messages.models import ContactMail
from customers.pool.models import ClaimRecord, Pool, PoolLevelRule, PoolMember, RecycleExtension, RecycleWarning
from customers.privacy.models import Consent, PersonRequest, Tombstone
from customers.quality.models import CustomerQuality
from customers.segments.models import ClassificationRule, CustomerScore, Segment
from customers.tasks.models import CalendarFeed, Task
from customers.transfers.models import Transfer, TransferRow

__all__ = [
    "AccessRequest",
    "Activity",
    "Allotment",
    "AllotmentRecord",
    "AllotmentShare",
    "CalendarFeed",
    "ClaimRecord",
    "ClassificationRule",
    "ColumnMapping",
    "Comment",
    "Consent",
    "Contact",
    "ContactMail",
    "Customer",
    "CustomerLevel",
    "CustomerQuality",
    "CustomerRelation",
    "CustomerScore",
    "CustomerSearch",
    "CustomerShare",
    "CustomerStage",
    "DuplicateCandidate",
    "Holiday",
    "ImportRow",
    "ImportSet",
    "Industry",
    "LeadSource",
    "MailAddress",
    "Merge",
    "PersonRequest",
    "Pool",
    "PoolLevelRule",
    "PoolMember",
    "RecycleExtension",
    "RecycleWarning",
    "Region",
    "Segment",
    "Star",
    "Tag",
    "Task",
    "Tombstone",
    "Transfer",
    "TransferRow",
]
