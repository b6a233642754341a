"""How a quote comes about, told in one call each, through the actions people use."""

from datetime import timedelta
from decimal import Decimal as D
from types import SimpleNamespace

from django.utils import timezone

from crm.approvals import actions as approvals
from crm.approvals.flows import install_standard_flows
from crm.approvals.models import ApprovalRequest
from crm.operations.invariants import broken
from sales.documents.lines import LineValues
from sales.quotes.actions import add_quote, submit_quote
from sales.quotes.invariants import RULES
from tests.factories import make_customer, make_department, make_user
from tests.factories.sales import make_tax_rate


def company():
    """A rep below a director, below a vice president; finance; a customer of the rep; the standard flow."""
    make_tax_rate()
    install_standard_flows("en")
    sales = make_department("Sales")
    east = make_department("East", parent=sales)
    found = SimpleNamespace(
        rep=make_user("rep", "rep", east),
        peer=make_user("peer", "rep", east),
        director=make_user("director", "director", east),
        vp=make_user("vp", "director", sales),
        finance=make_user("finance", "finance", make_department("Finance")),
    )
    for place, head in ((east, found.director), (sales, found.vp)):
        place.head = head
        place.save(update_fields=["head"])
    found.customer = make_customer(name="Hengyao", owner=found.rep, department=east, status="opportunity")
    return found


def values(**more):
    today = timezone.localdate()
    return {"title": "MES", "issued_on": today, "valid_until": today + timedelta(days=30), **more}


def line(**fields):
    return LineValues(**{"quantity": D(1), "price": D(1000), "tax_rate": D("0.13"), "name": "Thing", **fields})


def draft(people, *lines, **more):
    """A quote of the rep."""
    return add_quote(people.customer, actor=people.rep, values=values(**more), lines=lines or (line(),))


def submitted(people, *lines, **more):
    """A quote that waits for its first decision."""
    return submit_quote(draft(people, *lines, **more), actor=people.rep)


def decide(quote, *approvers, action=approvals.approve, **more):
    """Each of these people decides in turn on what is shown to them."""
    for approver in approvers:
        request = request_of(quote)
        action(request, actor=approver, seen=request.content_hash, **more)
    quote.refresh_from_db()
    return quote


def approved(people, *lines, **more):
    """A small quote that its manager approved."""
    return decide(submitted(people, *lines, **more), people.director)


def request_of(quote):
    return ApprovalRequest.objects.of("sales.quote", quote.pk).first()


def contradictions():
    """The sentences about quotes that do not hold now."""
    return [rule.sentence for rule in RULES if broken(rule)]
