import pytest

from crm.approvals.flows import install_standard_flows
from tests.factories import make_customer, make_department, make_user
from tests.factories.sales import make_contract


@pytest.fixture
def company(db):
    """A rep whose customer signed a contract about 10,000 in two parts, the head of sales, two people of finance."""
    root = make_department("Yunling")
    root.head = make_user("boss", "director", department=root)
    root.save()
    sales, money = make_department("Sales", root), make_department("Finance", root)
    head = make_user("head", "director", department=sales)
    sales.head = head
    sales.save()
    install_standard_flows()
    return Company(
        boss=root.head,
        rep=make_user("rep", "rep", department=sales),
        head=head,
        finance=make_user("finance", "finance", department=money),
        second=make_user("second", "finance", department=money),
    )


class Company:
    """The people, and a contract of the rep's customer."""

    def __init__(self, **people):
        self.__dict__.update(people)
        self.customer = make_customer(self.rep, name="Yunling")
        self.contract = make_contract(self.customer)
