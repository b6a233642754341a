"""A row of every kind an address may ask for, and the words that fill an address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils import timezone

from crm.access.models import Role
from crm.api.models import ApiToken
from crm.people.models import Absence, User
from customers.comments.models import Comment
from customers.duplicates.models import AccessRequest, DuplicateCandidate, Merge
from customers.imports.models import ImportSet
from customers.leads.models import Allotment
from customers.messages.models import ContactMail
from customers.pool.models import RecycleExtension
from customers.privacy.models import PersonRequest
from customers.segments.models import Segment
from customers.transfers.models import Transfer
from sales.payments.models import Allocation
from sales.periods.models import PeriodClose
from sales.products.models import PriceChange
from tests.contract.routes import Route
from tests.factories import make_activity, make_contact, make_customer, make_pool, make_pooled_customer, make_task
from tests.factories.approvals import make_approval
from tests.factories.sales import (
    make_bank_line,
    make_category,
    make_contract,
    make_delivery,
    make_invoice,
    make_opportunity,
    make_order,
    make_payment,
    make_price_list,
    make_product,
    make_quote,
    make_reissue,
    make_requirement,
    make_tax_rate,
)

WORDS = {
    "size": "small", "row_number": "1", "colleague": "999999", "purpose": "sales.contract", "which": "logo",
    "file_format": "csv",
}  # fmt: skip
SLUGS = {"attachments": "customer", "reports": "new-business", "help": "customers", "settings": "stages"}
EVERYBODY = {"match": "all", "groups": [{"match": "all", "rows": [{"field": "name", "operator": "filled"}]}]}
# pages that look for something of one's own and say so when there is none
NOT_THERE = {
    "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_download_recovery_codes", "records:undo",
    "records:view_delete", "records:export_decide",
    "jobs:job_detail", "jobs:job_progress", "jobs:job_cancel", "jobs:job_download",
    "jobs:outbox_retry", "notifications:notice_open", "settings:entry_edit", "settings:entry_move",
    "settings:classification_edit", "settings:classification_remove", "settings:entry_switch",
    "settings:entry_remove", "settings:number_edit", "settings:custom_field_edit",
    "settings:custom_field_move", "settings:custom_field_switch", "settings:custom_field_remove",
    "settings:custom_choice_add", "settings:custom_choice_edit", "settings:custom_choice_move",
    "settings:custom_choice_switch", "settings:custom_choice_remove", "settings:custom_field_kind",
    "settings:custom_field_new", "customers:import_row_repair",
    "sales:product_import_check", "sales:billing_list", "sales:billing_add",
    "customers:import_result", "customers:customer_member", "customers:quality_repair",
    "attachments:detail", "attachments:download", "attachments:picture",
    "settings:letterhead_picture", "settings:print_template_edit", "settings:print_template_remove",
    "settings:print_template_preview", "approvals:preview", "settings:flow_detail", "settings:flow_edit",
    "settings:flow_copy", "settings:flow_switch", "settings:flow_move", "settings:delegation_end",
    "attachments:rename", "attachments:archive", "attachments:put_back", "attachments:record",
}  # fmt: skip


def make_rows(owners: list[User], other_department: Any) -> dict[str, list[Any]]:
    """Model label → rows: the person's own, a peer's, a foreign one, pooled ones."""
    customers = [make_customer(owner=owner) for owner in owners]
    contracts = [make_contract(customer) for customer in customers]
    invoices = [make_invoice(contract) for contract in contracts]
    payments, line = [make_payment(customer) for customer in customers], make_bank_line()
    deliveries = [make_delivery(make_order(contract)) for contract in contracts]
    pools = [make_pool(department=owners[0].department), make_pool(department=other_department)]
    today = timezone.localdate()
    product = make_product()
    return {
        "customers.Customer": [*customers, *(make_pooled_customer(pool) for pool in pools)],
        "customers.Contact": [make_contact(customer) for customer in customers],
        "customers.Activity": [make_activity(customer) for customer in customers],
        "customers.Comment": [
            Comment.objects.create(customer=customer, author=customer.owner, content="Said.") for customer in customers
        ],
        "customers.ContactMail": [
            ContactMail.objects.create(
                contact=make_contact(customer),
                subject="News",
                body="Hello",
                planned_by=customer.owner,
                message_id=f"<{customer.pk}@example.com>",
                send_at=timezone.now(),
            )
            for customer in customers
        ],  # fmt: skip
        "customers.DuplicateCandidate": [
            DuplicateCandidate.objects.create(first=one, second=other, score=90, reasons=["name:0"])
            for one, other in zip(customers, customers[1:], strict=False)
        ],
        "customers.Merge": [
            Merge.objects.create(
                survivor=customers[0],
                loser=make_customer(owner=owners[0], archived_at=timezone.now()),
                merged_by=owners[0],
            )
        ],
        "customers.AccessRequest": [
            AccessRequest.objects.create(customer=one, kind="access", asked_by=owners[-1], reason="Because")
            for one in customers
        ],
        "customers.Pool": pools,
        "customers.RecycleExtension": [
            RecycleExtension.objects.create(
                customer=one, pool=pools[0], asked_by=owners[-1], reason="Because", until=today
            )
            for one in customers
        ],
        "customers.Allotment": [Allotment.objects.create(name="Turns")],
        "customers.Task": [make_task(owner) for owner in owners],
        "customers.ImportSet": [
            ImportSet.objects.create(requested_by=owner, file_name="a.csv", file_path="imports/none")
            for owner in owners
        ],
        "customers.Transfer": [Transfer.objects.create(requested_by=owner, reason="Because") for owner in owners],
        "customers.PersonRequest": [
            PersonRequest.objects.create(
                number=f"GR-{owner.pk}",
                kind="copy",
                person_name="Somebody",
                received_on=today,
                due_on=today,
                opened_by=owner,
            )
            for owner in owners
        ],
        "customers.Segment": [
            Segment.objects.create(owner=owner, name="Named", conditions=EVERYBODY) for owner in owners
        ],
        "sales.Product": [product],
        "sales.ProductCategory": [make_category()],
        "sales.TaxRate": [make_tax_rate()],
        "sales.PriceList": [make_price_list("Everybody", {product: "900"})],
        "sales.PriceChange": [
            PriceChange.objects.create(
                product=product,
                field="list_price",
                before=1000,
                after=1100,
                starts_on=today,
                reason="Because",
                asked_by=owners[0],
            )
        ],
        "sales.Opportunity": [make_opportunity(customer) for customer in customers],
        "sales.Quote": [make_quote(customer) for customer in customers],
        "sales.Requirement": [make_requirement(customer) for customer in customers],
        "sales.Contract": contracts,
        "sales.Payment": payments,
        "sales.Allocation": [
            Allocation.objects.create(payment=payment, instalment=contract.instalments.first(), amount=1)
            for payment, contract in zip(payments, contracts, strict=True)
        ],
        "sales.BankLine": [line],
        "sales.BankImport": [line.source],
        "sales.PeriodClose": [PeriodClose.objects.create(until=date(2020, 1, 1), closed_by=owners[0])],
        "sales.BillingProfile": [invoice.profile for invoice in invoices],
        "sales.Invoice": invoices,
        "sales.Reissue": [make_reissue(invoice) for invoice in invoices],
        "sales.Order": [delivery.order for delivery in deliveries],
        "sales.Delivery": deliveries,
        "crm.ApprovalRequest": [make_approval(contract) for contract in contracts],
        "crm.User": owners[:1],
        "crm.Department": [other_department],
        "crm.Role": [Role.objects.get(code="rep")],
        "crm.Absence": [Absence.objects.create(user=owners[0], deputy=owners[1], starts_on=today, ends_on=today)],
        "crm.ApiToken": [ApiToken.objects.create(user=owners[0], name="A", digest="0" * 64, expires_at=timezone.now())],
    }


def addresses(route: Route, rows: dict[str, list[Any]]) -> Iterator[tuple[str, Any]]:
    """Every address of a route worth trying, with the row it names (None without one)."""
    names = re.findall(r"<(?:\w+:)?(\w+)>", route.pattern)
    model = route.gate.model
    subjects = rows.get(model._meta.label, []) if model else [None]
    assert subjects, f"tests/contract/samples.py makes no {model._meta.label} for {route.label}"
    for row in subjects:
        address = "/" + route.pattern
        for name in names:
            slug = SLUGS.get(route.label.split(":")[0], "")
            known = {**WORDS, "slug": slug, "kind": slug}
            value = str(row.pk) if row is not None and name == "pk" else known.get(name, "999999")
            address = re.sub(rf"<(?:\w+:)?{name}>", value, address, count=1)
        yield address, row
