"""The workbench of finance: credits of the bank that nobody dealt with."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reports.workbench.desk import Desk
from tests.factories import make_user, sign_in
from tests.factories.sales import make_bank_line, make_payment

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def test_finance_sees_how_many_lines_are_open_the_oldest_first_and_the_way_to_all():
    for days in (3, 9, 1):
        make_bank_line(f"{days}00.50", booked_on=TODAY - timedelta(days=days), payer_name=f"Payer {days}")
    make_bank_line(state="ignored", payer_name="Interest")
    make_bank_line(state="matched", payment=make_payment(), payer_name="Known")
    finance = make_user("till", "finance")
    lines = Desk(finance).bank_lines()
    assert [(line.payer, line.amount, line.total) for line in lines] == [
        ("Payer 9", "¥900.50", 3), ("Payer 3", "¥300.50", 3), ("Payer 1", "¥100.50", 3),
    ]  # fmt: skip
    client = sign_in(finance)
    page = client.get("/").text
    assert "Bank lines to match" in page and "All 3" in page and "Interest" not in page
    assert f'href="{lines[0].url}"' in page
    listed = client.get("/sales/payments/bank-lines/?sort=booked")
    assert listed.context["total"] == 3


def test_five_are_shown_and_the_page_costs_the_same():
    client = sign_in(make_user("till", "finance"))

    def cost():
        client.get("/")
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/").status_code == 200
        return len(caught)

    make_bank_line()
    first = cost()
    for _ in range(8):
        make_bank_line()
    assert cost() == first
    assert len(client.get("/").context["bank_lines"]) == 5


@pytest.mark.parametrize("role", ["rep", "director", "technician", "auditor"])
def test_nobody_else_learns_of_them(role):
    make_bank_line(payer_name="Ningbo Trading")
    page = sign_in(make_user("other", role)).get("/").text
    assert "Bank lines to match" not in page and "Ningbo" not in page


def test_without_open_lines_there_is_no_panel():
    assert "Bank lines to match" not in sign_in(make_user("till", "finance")).get("/").text
