"""The files of all records of sales follow one rule."""

import pytest
from django.conf import settings as django_settings

from crm.history.models import Operation
from crm.records.exports import export_named, start_export
from crm.records.filters import IdsFilter
from crm.records.selection import Selection
from tests.factories import make_customer, make_department, make_user
from tests.factories.sales import make_contract, make_invoice, make_opportunity, make_quote

pytestmark = pytest.mark.django_db
LABELS = [label for label in django_settings.HARBOUR_EXPORTS if label.startswith("sales.")]


@pytest.mark.parametrize("label", LABELS)
def test_what_a_file_was_narrowed_down_to_can_be_told_whatever_it_was(label):
    export, user = export_named(label), make_user("finance", "finance")
    kinds = {name: found.kind for name, found in export.filterset.base_filters.items() if isinstance(found, IdsFilter)}
    for name, kind in kinds.items():
        assert kind == "customer" or kind in export.look_up({kind: {5}}), name
    if "owner" in kinds:
        assert user.name in export.told(Selection(query=f"owner={user.pk}", is_all=True), user)


def test_whoever_takes_a_file_out_learns_no_number_of_a_contract_out_of_reach():
    rep = make_user("rep", "rep", make_department("East"))
    own, foreign = make_contract(make_customer(rep)), make_contract(make_customer(make_user("far", "rep")))
    make_invoice(own)
    query = f"contract={own.pk},{foreign.pk}"
    start_export(rep, "sales.Invoice", Selection(query=query, is_all=True), ["number"], "csv", "Month end")
    told = Operation.objects.get(verb="customers_exported").facts["filter"]
    assert f"#{foreign.pk}" in told and foreign.number not in told


def test_whoever_takes_quotes_out_learns_no_name_of_an_opportunity_out_of_reach():
    rep = make_user("rep", "rep", make_department("East"))
    own, foreign = make_customer(rep), make_opportunity(make_customer(make_user("far", "rep")), name="Theirs")
    talk = make_opportunity(own, name="Ours")
    make_quote(own, opportunity=talk)
    query = f"opportunity={talk.pk},{foreign.pk}"
    start_export(rep, "sales.Quote", Selection(query=query, is_all=True), ["number"], "csv", "Month end")
    told = Operation.objects.get(verb="customers_exported").facts["filter"]
    assert f"#{talk.pk}" in told and foreign.name not in told


def test_what_a_peer_wrote_for_ones_customer_is_in_ones_file_as_in_the_list():
    east = make_department("East")
    rep, peer = make_user("rep", "rep", east), make_user("peer", "rep", east)
    contract = make_contract(make_customer(rep), owner=peer)
    invoice = make_invoice(contract)
    for label, row in (("sales.Contract", contract), ("sales.Invoice", invoice)):
        assert list(export_named(label).rows(rep, Selection(is_all=True))) == [row], label
