"""How a contract comes about, told in one call each, through the actions people use."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from crm.approvals import actions as approvals
from crm.approvals.flows import install_standard_flows
from crm.approvals.models import ApprovalRequest, Flow
from crm.operations.invariants import broken
from sales.contracts.actions import submit_contract
from sales.contracts.invariants import RULES
from sales.contracts.making import make_contract
from sales.contracts.signing import sign_contract
from sales.money import line_totals
from sales.quotes.models import Quote, QuoteLine
from tests.factories import make_customer, make_user
from tests.factories.sales import make_contract_type


def people():
    """A rep below a director, and finance, who decide on what the rep submits."""
    rep, director = make_user("rep", "rep"), make_user("director", "director")
    finance = make_user("finance", "finance")
    rep.department.head = director
    rep.department.save(update_fields=["head"])
    return rep, director, finance


def make_quote(customer, amounts=("10000.00",), product=None, state="approved", **fields):
    """A quote of lines of one piece each, released unless said otherwise."""
    today, rate = timezone.localdate(), Decimal("0.13")
    lines = [(Decimal(amount), line_totals(Decimal(1), Decimal(amount), Decimal(0), rate, is_tax_included=True))
             for amount in amounts]  # fmt: skip
    sums = {name: sum(getattr(total, name) for _price, total in lines) for name in ("net", "tax", "gross")}
    quote = Quote.objects.create(**{
        "customer": customer, "owner": customer.owner, "department": customer.department, "title": "Machines",
        "number": f"Q-{Quote.objects.count() + 1:05d}", "state": state, "valid_until": today + timedelta(days=30),
        **sums, **fields,
    })  # fmt: skip
    Quote.objects.filter(pk=quote.pk).update(root=quote)
    for place, (price, total) in enumerate(lines, 1):
        QuoteLine.objects.create(
            document=quote, position=place, name=f"Machine {place}", unit="set", quantity=1, price=price,
            product=product, tax_rate=rate, net=total.net, tax=total.tax, gross=total.gross,
        )  # fmt: skip
    return quote


def draft(rep, amounts=("10000.00",), **quote_fields):
    """A contract drawn up from one quote."""
    customer = make_customer(owner=rep)
    quote = make_quote(customer, amounts, **quote_fields)
    return make_contract([quote], actor=rep, values={"type": make_contract_type()})


def approved(contract, rep, director, finance):
    """The contract, submitted and approved by everybody who is asked."""
    if not Flow.objects.filter(purpose="sales.contract").exists():
        install_standard_flows("en")
    submit_contract(contract, actor=rep)
    request = ApprovalRequest.objects.of("sales.contract", contract.pk).get()
    for approver in (director, finance):
        approvals.approve(request, actor=approver, seen=request.content_hash)
        request.refresh_from_db()
    contract.refresh_from_db()
    return contract


def signed(rep, director, finance, amounts=("10000.00",), **quote_fields):
    """A contract, all the way to its signature."""
    contract = approved(draft(rep, amounts, **quote_fields), rep, director, finance)
    return sign_contract(contract, actor=director, signed_on=timezone.localdate(), waiver_reason="Known for years")


def contradictions():
    """The sentences of contracts that do not hold now."""
    return [rule.sentence for rule in RULES if broken(rule)]
