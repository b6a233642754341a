"""What can be done with products, and what is refused."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from crm.history.models import Operation
from crm.records.undo import undo_operation
from sales.products import actions
from sales.products.models import Product
from tests.contract.fingerprints import fingerprint
from tests.factories import make_user
from tests.factories.sales import make_category, make_product, make_tax_rate

pytestmark = pytest.mark.django_db
VALUES = {"code": "GW-200", "name": "数据采集网关", "unit": "台", "tax_rate": Decimal("0.13")}


@pytest.fixture
def admin():
    make_tax_rate("0.13")
    return make_user("admin", "admin")


def wrong(refusal):
    return sorted(refusal.value.error_dict)


def test_a_new_product_is_off_sale_and_without_a_price_and_found_by_its_letters(admin):
    product = actions.create_product(actor=admin, values={**VALUES, "category": make_category("Hardware")})
    product.refresh_from_db()
    assert (product.list_price, product.is_on_sale, product.letters) == (0, False, "shujucaijiwangguan sjcjwg")
    assert Operation.objects.get().verb == "product_created"


def test_a_product_without_a_price_is_not_put_on_sale(admin):
    product = actions.create_product(actor=admin, values=VALUES)
    before = fingerprint()
    with pytest.raises(ValidationError):
        actions.put_on_sale(product, actor=admin)
    assert fingerprint() == before


def test_a_code_is_given_once(admin):
    make_product(code="GW-200")
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        actions.create_product(actor=admin, values=VALUES)
    assert (wrong(refusal), fingerprint()) == (["code"], before)


def test_prices_are_not_set_by_changing_a_product(admin):
    product = make_product()
    before = fingerprint()
    for name in ("list_price", "minimum_price", "cost_price", "is_on_sale"):
        with pytest.raises(ValidationError):
            actions.change_product(product, actor=admin, values={name: Decimal(1)})
    assert fingerprint() == before


@pytest.mark.parametrize(
    ("field", "value"), [("tax_rate", Decimal("0.17")), ("name", " "), ("code", ""), ("currency", "USD")]
)
def test_what_cannot_be_is_refused_by_field(admin, field, value):
    product = make_product()
    before = fingerprint()
    with pytest.raises(ValidationError) as refusal:
        actions.change_product(product, actor=admin, values={field: value})
    assert (wrong(refusal), fingerprint()) == ([field], before)


def test_a_change_meanwhile_is_told_and_nothing_is_written(admin):
    product = make_product()
    with pytest.raises(ValidationError) as refusal:
        actions.change_product(product, actor=admin, values={"name": "New"}, seen="older")
    assert refusal.value.code == "stale"
    product.refresh_from_db()
    assert product.name != "New"


def test_many_are_switched_at_once_and_put_back(admin):
    priced, free = make_product(is_on_sale=False), make_product(is_on_sale=False, list_price=0)
    entry = actions.switch_products(Product.objects.all(), actor=admin, is_on_sale=True)
    assert set(Product.objects.on_sale()) == {priced}
    assert entry.row_count == 1
    undo_operation(entry, actor=admin)
    assert not Product.objects.on_sale().exists()
    with pytest.raises(ValidationError):
        actions.switch_products(Product.objects.filter(pk=free.pk), actor=admin, is_on_sale=True)


def test_an_archived_product_is_not_sold_until_it_is_put_back(admin):
    product = make_product()
    actions.archive_product(product, actor=admin)
    assert not Product.objects.on_sale().exists()
    before = fingerprint()
    with pytest.raises(ValidationError):
        actions.change_product(product, actor=admin, values={"name": "New"})
    assert fingerprint() == before
    actions.unarchive_product(product, actor=admin)
    assert list(Product.objects.on_sale()) == [product]
