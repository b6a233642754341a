"""What selling starts with, and the files of products."""

import pytest
from django.urls import reverse

from crm.records.numbering import next_numbers
from customers.base_data.loading import load_base_data
from sales.contracts.models import ContractType
from sales.opportunities.models import LossReason, OpportunityStage
from sales.products.models import TaxRate
from tests.factories import make_user, sign_in
from tests.factories.files import make_attachment, picture
from tests.factories.sales import make_product

pytestmark = pytest.mark.django_db


def test_a_new_installation_can_sell_and_a_second_loading_changes_nothing():
    load_base_data()
    TaxRate.objects.filter(name="3%").delete()
    load_base_data()
    assert [rate.name for rate in TaxRate.objects.filter(is_default=True)] == ["13%"]
    assert TaxRate.objects.count() == 4
    assert all(model.objects.exists() for model in (OpportunityStage, LossReason, ContractType))
    kinds = ("opportunity", "quote", "contract", "invoice")
    assert [next_numbers(kind)[0][:3] for kind in kinds] == ["SJ-", "BJ-", "HT-", "FP-"]


def test_the_first_picture_of_a_product_stands_on_its_page():
    admin, product = make_user("admin", "admin"), make_product()
    kept = make_attachment(product, admin, "gateway.png", picture())
    shown = sign_in(make_user("rep", "rep")).get(product.get_absolute_url()).content.decode()
    assert reverse("attachments:picture", args=[kept.pk, "large"]) in shown
    assert sign_in(make_user("rep2", "rep")).get(f"/files/of/product/{product.pk}/").status_code == 200
