from types import SimpleNamespace

import pytest

from crm.approvals.flows import install_standard_flows
from tests.factories import make_customer, make_department, make_user


@pytest.fixture
def company(db):
    """A rep with a customer, their head, and a technician."""
    root = make_department("Yunling")
    root.head = make_user("boss", "director", department=root)
    root.save()
    sales = make_department("Sales", root)
    sales.head = make_user("head", "director", department=sales)
    sales.save()
    install_standard_flows()
    rep = make_user("rep", "rep", department=sales)
    return SimpleNamespace(
        rep=rep, head=sales.head, boss=root.head, sales=sales,
        technician=make_user("tech", "technician", department=make_department("Works", root)),
        customer=make_customer(rep, name="Yunling Machines", status="lead"),
    )  # fmt: skip
