"""Whole rows of all business tables, and a record of every kind that can point to a customer."""

from __future__ import annotations

import json

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from crm.approvals.models import ApprovalRequest, Flow, FlowVersion
from crm.attachments.models import Attachment
from customers.comments.models import Comment
from customers.customers.models import CustomerRelation, Star
from customers.customers.sharing import share_permission
from customers.duplicates.models import AccessRequest
from customers.leads.models import AllotmentRecord
from customers.messages.models import ContactMail
from customers.pool.models import ClaimRecord, RecycleExtension, RecycleWarning
from customers.privacy.models import Consent
from customers.tasks.models import Task
from tests.contract.fingerprints import fingerprint
from tests.factories import make_activity, make_contact, make_customer, make_pool
from tests.factories.sales import (
    make_billing,
    make_contract,
    make_invoice,
    make_opportunity,
    make_order,
    make_payment,
    make_quote,
    make_reissue,
    make_requirement,
)

# what tells of a merge itself, or is written by looking on
APART = {"crm_operation", "crm_operationseal", "crm_notice", "customers_merge"}


def whole_rows() -> dict[str, dict[int, dict]]:
    """Table → id → columns, of every table but those of the history and of merges."""
    found = {}
    with connection.cursor() as cursor:
        for label in ("crm", "customers", "sales", "reports"):
            for model in apps.get_app_config(label).get_models():
                table = model._meta.db_table
                if table in APART or hasattr(model, "pgh_tracked_model"):
                    continue
                cursor.execute(f'SELECT to_jsonb(t) FROM "{table}" t')
                key = model._meta.pk.column
                found[table] = {row[key]: row for row in (json.loads(value) for (value,) in cursor.fetchall())}
    return found


def refusal_of(work):
    before = fingerprint()
    with pytest.raises(ValidationError) as caught:
        work()
    assert fingerprint() == before
    return caught.value


def share(customer, user, right="view"):
    return customer.shares.create(
        user=user, permission=share_permission(right), shared_by=user, ends_on=timezone.localdate()
    )


def attach(row, customer, user):
    kind = ContentType.objects.get_for_model(row)
    return Attachment.objects.create(
        content_type=kind, object_id=row.pk, anchor_id=customer.pk, name="a.pdf", media_type="application/pdf", size=1,
        sha256="0" * 64, uploaded_by=user,
    )  # fmt: skip


def decided_request(customer, user):
    flow, _is_new = Flow.objects.get_or_create(purpose="sales.quote", name="Alone")
    version, _is_new = FlowVersion.objects.get_or_create(
        flow=flow, number=1, defaults={"definition": {"conditions": [], "steps": []}}
    )
    return ApprovalRequest.objects.create(
        purpose="sales.quote", subject_id=0, title="Q-1", customer_id=customer.pk, owner=user,
        department=user.department, state="approved", flow_version=version, definition=version.definition,
        content_hash="0" * 64, submitted_by=user, closed_at=timezone.now(),
    )  # fmt: skip


# a row that points to a customer, for every column that moves in a merge; a new table brings a line of its own
POINTING = {
    "customers.Contact.customer": lambda customer, user: make_contact(customer),
    "customers.Activity.customer": lambda customer, user: make_activity(customer, author=user),
    "customers.Comment.customer": lambda customer, user: Comment.objects.create(
        customer=customer, author=user, content="Mind the gap"
    ),
    "customers.Task.customer": lambda customer, user: Task.objects.create(customer=customer, owner=user, title="Call"),
    "customers.Customer.parent": lambda customer, user: make_customer(user, parent=customer),
    "customers.Customer.merged_into": lambda customer, user: make_customer(
        user, merged_into=customer, archived_at=timezone.now()
    ),
    "customers.CustomerShare.content_object": share,
    "customers.CustomerRelation.customer": lambda customer, user: CustomerRelation.objects.create(
        customer=customer, other=make_customer(user), kind="partner", created_by=user
    ),
    "customers.CustomerRelation.other": lambda customer, user: CustomerRelation.objects.create(
        customer=make_customer(user), other=customer, kind="partner", created_by=user
    ),
    "customers.Star.customer": lambda customer, user: Star.objects.create(customer=customer, user=user),
    "customers.ClaimRecord.customer": lambda customer, user: ClaimRecord.objects.create(
        customer=customer, pool=make_pool(), claimed_by=user, claimed_on=timezone.localdate()
    ),
    "customers.RecycleWarning.customer": lambda customer, user: RecycleWarning.objects.create(
        customer=customer, owner=user, due_on=timezone.localdate(), rung=3
    ),
    "customers.RecycleExtension.customer": lambda customer, user: RecycleExtension.objects.create(
        customer=customer, pool=make_pool(), asked_by=user, reason="More time", until=timezone.localdate()
    ),
    "customers.AllotmentRecord.customer": lambda customer, user: AllotmentRecord.objects.create(
        customer=customer, method="turns", user=user
    ),
    "customers.AccessRequest.customer": lambda customer, user: AccessRequest.objects.create(
        customer=customer, kind="access", asked_by=user, reason="Please"
    ),
    "sales.Opportunity.customer": lambda customer, user: make_opportunity(customer),
    "sales.Requirement.customer": lambda customer, user: make_requirement(customer),
    "sales.Quote.customer": lambda customer, user: make_quote(customer, state="approved"),
    "sales.Contract.customer": lambda customer, user: make_contract(customer, state="closed"),
    "sales.Order.customer": lambda customer, user: make_order(make_contract(customer, state="closed")),
    "sales.Payment.customer": lambda customer, user: make_payment(customer, state="approved"),
    "sales.BillingProfile.customer": lambda customer, user: make_billing(customer, is_default=True),
    "sales.Invoice.customer": lambda customer, user: make_invoice(make_contract(customer, state="closed")),
    "sales.Reissue.customer": lambda customer, user: make_reissue(
        make_invoice(make_contract(customer, state="closed")), state="closed"
    ),
    "crm.ApprovalRequest.customer_id": lambda customer, user: decided_request(customer, user),
    "crm.Attachment.object_id": lambda customer, user: attach(customer, customer, user),
    "crm.Attachment.anchor_id": lambda customer, user: attach(make_activity(customer, author=user), customer, user),
}
# the same for a contact that is joined with another
POINTING_TO_CONTACT = {
    "customers.Activity.contact": lambda contact, user: make_activity(contact.customer, contact=contact, author=user),
    "customers.Contact.reports_to": lambda contact, user: make_contact(contact.customer, reports_to=contact),
    "customers.Consent.contact": lambda contact, user: Consent.objects.create(
        contact=contact, purpose="sales", channel="phone", given_at=timezone.now(), recorded_by=user
    ),
    "customers.ContactMail.contact": lambda contact, user: ContactMail.objects.create(
        contact=contact, subject="Hello", body="Hello", message_id="a@b", planned_by=user, send_at=timezone.now()
    ),
    "sales.Opportunity.contact": lambda contact, user: make_opportunity(contact.customer, contact=contact),
    "sales.Requirement.contact": lambda contact, user: make_requirement(contact.customer, contact=contact),
    "sales.Quote.contact": lambda contact, user: make_quote(contact.customer, contact=contact, state="approved"),
    "sales.Contract.contact": lambda contact, user: make_contract(contact.customer, contact=contact, state="closed"),
    "crm.Attachment.object_id": lambda contact, user: attach(contact, contact.customer, user),
}
