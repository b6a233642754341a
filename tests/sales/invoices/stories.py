"""How an invoice comes about, told in one call each, through the actions people use."""

from decimal import Decimal

from django.utils import timezone

from crm.approvals import actions as approvals
from crm.approvals.flows import install_standard_flows
from crm.approvals.models import ApprovalRequest, Flow
from crm.operations.invariants import broken
from sales.contracts.models import Contract
from sales.invoices.actions import Part, apply_for_invoice, submit_invoice
from sales.invoices.invariants import RULES
from sales.invoices.issuing import issue_invoice
from sales.printing.models import Letterhead
from tests.factories import make_customer, make_user
from tests.factories.sales import make_billing, make_contract, make_contract_type

TYPE = {"may_invoice_before_payment": False}


def people():
    """A rep below a director, a head above them, and finance: everybody a standard flow asks."""
    rep, director = make_user("rep", "rep"), make_user("director", "director")
    finance = make_user("finance", "finance")
    rep.department.head = director
    rep.department.save(update_fields=["head"])
    if not Flow.objects.filter(purpose="sales.invoice").exists():
        install_standard_flows("en")
    Letterhead.objects.get_or_create(name="Harbour", tax_number="91310000MA1FL0001X")
    return rep, director, finance


def paid_contract(rep, received="10000.00", amount="10000.00", is_early=False, **fields):
    """A signed contract of which so much was received; it may be invoiced before payment where `is_early`."""
    kind = make_contract_type("Early" if is_early else "Late", may_invoice_before_payment=is_early)
    contract = make_contract(make_customer(owner=rep), amount=amount, type=kind, **fields)
    Contract.objects.filter(pk=contract.pk).update(received=Decimal(received))
    contract.refresh_from_db()
    make_billing(contract.customer)
    return contract


def part(contract, gross, **fields):
    return Part(contract.lines.first().pk, Decimal(gross), **fields)


def draft(contract, actor, gross="6000.00", **values):
    profile = contract.customer.billing_profiles.order_by("pk").first()
    return apply_for_invoice(
        contract, actor=actor, values={"profile": profile, **values}, parts=[part(contract, gross)]
    )


def decide(purpose, document, *approvers, act=approvals.approve, **more):
    """Everybody named decides in turn."""
    for approver in approvers:
        request = ApprovalRequest.objects.of(purpose, document.pk).first()
        act(request, actor=approver, seen=request.content_hash, **more)
    document.refresh_from_db()
    return document


def applied(contract, actor, gross="6000.00"):
    return submit_invoice(draft(contract, actor, gross), actor=actor)


def approved(contract, rep, director, finance, gross="6000.00"):
    return decide("sales.invoice", applied(contract, rep, gross), director, finance)


def issued(contract, rep, director, finance, gross="6000.00", number="1" * 20):
    invoice = approved(contract, rep, director, finance, gross)
    return issue_invoice(invoice, actor=finance, number=number, issued_on=timezone.localdate())


def sums(contract):
    contract.refresh_from_db()
    return contract.invoiced, contract.applied


def contradictions():
    """The sentences about invoices that do not hold now."""
    return [rule.sentence for rule in RULES if broken(rule)]
