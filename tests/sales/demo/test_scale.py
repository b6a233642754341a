"""Opportunities of a large made-up company."""

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from crm.records.numbering import next_numbers
from customers.base_data.loading import load_base_data
from sales.demo.scale import load_opportunities
from sales.opportunities.models import Opportunity


@pytest.mark.django_db(transaction=True)
def test_a_large_company_talks_about_as_many_opportunities_as_wanted(capsys):
    call_command("seed_scale", customers=300, opportunities=400)
    call_command("seed_scale", customers=100, opportunities=50, verbosity=0)
    assert "400 opportunities in" in capsys.readouterr().out
    rows = Opportunity.objects.all()
    assert rows.count() == rows.values("number").distinct().count() == 450
    assert {state: rows.filter(state=state).count() for state in ("open", "lost", "won")} == {
        "open": 360, "lost": 90, "won": 0,
    }  # fmt: skip
    assert not rows.exclude(owner=F("customer__owner"), department=F("customer__department")).exists()
    assert not rows.filter(created_at__lt=F("customer__received_at")).exists()
    assert not rows.filter(closed_at__gt=timezone.now()).exists()
    number = next_numbers("opportunity")[0]
    assert not rows.filter(number=number).exists()
    assert int(number[-6:]) == int(rows.filter(number__startswith=number[:8]).latest("number").number[-6:]) + 1


@pytest.mark.django_db(transaction=True)
def test_without_customers_nobody_talks_about_anything():
    load_base_data()
    assert load_opportunities(20) == 0
    assert not Opportunity.objects.exists()
