"""Pages of products, prices and lists: who sees what, and what cannot be done there."""

import io
import re
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from sales.products.models import PriceChange, PriceList, PriceListEntry, Product, ProductCategory, TaxRate
from tests.contract.fingerprints import fingerprint
from tests.factories import make_user, sign_in
from tests.factories.sales import make_category, make_price_list, make_product, make_tax_rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def product():
    return make_product("Gateway", code="GW-200", minimum_price=Decimal("712.34"), cost_price=Decimal("345.67"))


def page(user, name, *args, **params):
    return sign_in(user).get(reverse(f"sales:{name}", args=args), params)


def text(answer):
    return answer.content.decode()


def post(user, address, /, *args, **values):
    return sign_in(user).post(reverse(f"sales:{address}", args=args), values)


ROLES = ["rep", "director", "finance", "admin"]


@pytest.mark.parametrize("role", ROLES)
def test_secret_prices_are_on_no_page_of_those_who_do_not_see_them(product, role):
    finance = make_user("asker", "finance")
    prices = make_price_list("Everybody", {product: "900"})
    PriceListEntry.objects.update(minimum_price=Decimal("723.45"))
    for field, after in (("minimum_price", "734.56"), ("cost_price", "356.78")):
        PriceChange.objects.create(
            product=product, field=field, before=None, after=Decimal(after), starts_on=timezone.localdate(),
            reason="Because", asked_by=finance,
        )  # fmt: skip
    user = make_user(role, role)
    answers = [
        page(user, "product_list", columns="code,list_price"),
        page(user, "product_detail", product.pk),
        page(user, "price_list_detail", prices.pk),
        page(user, "price_list_list"),
        sign_in(user).get("/search/", {"q": "GW-200"}),
    ]
    assert [answer.status_code for answer in answers] == [200] * 5
    shown = "".join(map(text, answers))
    floors, costs = ["712.34", "723.45", "734.56"], ["345.67", "356.78"]
    assert [word in shown for word in floors] == [role in ("director", "finance")] * 3
    assert [word in shown for word in costs] == [role == "finance"] * 2


def test_columns_of_secret_prices_are_not_offered(product):
    assert page(make_user("rep", "rep"), "product_list", columns="minimum_price").status_code == 400
    assert page(make_user("director", "director"), "product_list", columns="minimum_price").status_code == 200
    assert page(make_user("d2", "director"), "product_list", columns="cost_price").status_code == 400


def test_a_list_costs_the_same_however_long_it_is(django_assert_max_num_queries):
    client = sign_in(make_user("director", "director"))
    category = make_category("Hardware")
    for _ in range(20):
        make_product(category=category)
    client.get(reverse("sales:product_list"))
    with django_assert_max_num_queries(12):
        assert client.get(reverse("sales:product_list")).status_code == 200


def test_the_page_of_a_product_costs_few_queries(product, django_assert_max_num_queries):
    client = sign_in(make_user("finance", "finance"))
    with django_assert_max_num_queries(12):
        assert client.get(product.get_absolute_url()).status_code == 200


def test_a_product_is_added_once_however_often_it_is_sent():
    make_tax_rate("0.13")
    client = sign_in(make_user("admin", "admin"))
    address = reverse("sales:product_add")
    key = re.search(r'name="key" value="([^"]+)"', text(client.get(address)))[1]
    values = {"code": "A-1", "name": "Pump", "unit": "set", "tax_rate": "0.13", "currency": "CNY", "key": key}
    places = [client.post(address, values).headers["Location"] for _ in range(2)]
    assert len(set(places)) == Product.objects.count() == 1


def test_a_rep_keeps_no_products(product):
    rep = make_user("rep", "rep")
    sign_in(rep)
    before = fingerprint()
    answers = [
        post(rep, "product_add", code="A", name="B"),
        post(rep, "product_edit", product.pk, name="B"),
        post(rep, "product_off_sale", product.pk),
        post(rep, "products_off_sale", ids=str(product.pk)),
        post(rep, "product_price", product.pk, list_price="1"),
        post(rep, "price_list_add", name="Mine"),
        post(rep, "product_import"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 7
    after = fingerprint()
    assert {name for name, digest in after.items() if before[name] != digest} <= {"crm_operation", "crm_user"}


def test_a_price_goes_from_the_page_of_its_product_through_a_second_person(product):
    finance, second = make_user("finance", "finance"), make_user("second", "finance")
    today = str(timezone.localdate())
    asked = post(finance, "product_price", product.pk, list_price="1,200.50", minimum_price="712.34",
                 cost_price="345.67", starts_on=today, reason="Costs")  # fmt: skip
    assert asked.status_code == 302
    change = PriceChange.objects.get()
    assert (change.field, change.after) == ("list_price", Decimal("1200.5"))
    client = sign_in(finance)
    before = fingerprint()
    client.post(reverse("sales:price_decide"), {"changes": change.pk, "decision": "agree"})
    assert fingerprint() == before
    assert post(second, "price_decide", changes=change.pk, decision="agree").status_code == 302
    product.refresh_from_db()
    assert product.list_price == Decimal("1200.5")
    assert "1,200.50" in text(page(make_user("rep", "rep"), "product_detail", product.pk))


@pytest.mark.parametrize("price", ["-1", "1e30", "abc", "NaN", "0.00001"])
def test_what_is_no_price_is_refused_on_the_page(product, price):
    client = sign_in(make_user("finance", "finance"))
    before = fingerprint()
    values = {"list_price": price, "starts_on": str(timezone.localdate()), "reason": "Costs"}
    answer = client.post(reverse("sales:product_price", args=[product.pk]), values)
    assert (answer.status_code, fingerprint()) == (422, before)


def test_prices_are_pasted_onto_a_list(product):
    finance, second = make_user("finance", "finance"), make_user("second", "finance")
    other = make_product(code="GW-100")
    prices = make_price_list("Everybody")
    given = {"rows": "GW-200\t900\t800\nGW-100  ¥450.50", "starts_on": str(timezone.localdate()), "reason": "Year"}
    assert post(finance, "price_list_prices", prices.pk, **given).status_code == 302
    post(second, "price_decide", changes=list(PriceChange.objects.values_list("pk", flat=True)), decision="agree")
    found = {row.product: (row.price, row.minimum_price) for row in PriceListEntry.objects.all()}
    assert found == {product: (900, 800), other: (Decimal("450.5"), None)}


@pytest.mark.parametrize("rows", ["GW-200", "NO-1 5", "GW-200 5\nGW-200 6", "GW-200 x", "GW-200 -5", "GW-200 5 6 7"])
def test_what_cannot_be_pasted_is_refused(product, rows):
    finance, prices = make_user("finance", "finance"), make_price_list("Everybody")
    client = sign_in(finance)
    before = fingerprint()
    answer = client.post(
        reverse("sales:price_list_prices", args=[prices.pk]),
        {"rows": rows, "starts_on": str(timezone.localdate()), "reason": "Year"},
    )
    assert (answer.status_code, fingerprint()) == (422, before)


def test_a_list_with_prices_keeps_whom_it_is_for(product):
    finance, prices = make_user("finance", "finance"), make_price_list("Everybody", {product: "900"})
    later = timezone.localdate() + timedelta(days=1)
    values = {"name": "All", "level": "", "currency": "USD", "starts_on": str(later), "is_active": "on"}
    assert post(finance, "price_list_edit", prices.pk, **values).status_code == 302
    prices.refresh_from_db()
    assert (prices.name, prices.currency, prices.starts_on.year) == ("All", "CNY", 2020)


def test_the_tree_of_categories_refuses_circles():
    admin = sign_in(make_user("admin", "admin"))
    top = make_category("Software")
    below = make_category("MES", parent=top)
    before = fingerprint()
    answer = admin.post(
        reverse("settings:product_category_edit", args=[top.pk]), {"name": "Software", "parent": below.pk}
    )
    assert (answer.status_code, fingerprint()) == (422, before)
    admin.post(reverse("settings:product_category_add"), {"name": "MOM", "parent": below.pk})
    made = ProductCategory.objects.get(name="MOM")
    assert made.path == [top.pk, below.pk, made.pk]
    admin.post(
        reverse("settings:product_category_edit", args=[below.pk]), {"name": "MES", "parent": "", "is_active": "on"}
    )
    made.refresh_from_db()
    assert made.path == [below.pk, made.pk]
    assert admin.get(reverse("settings:product_categories")).status_code == 200


def test_a_new_rate_ends_the_one_of_its_name():
    admin, rate = sign_in(make_user("admin", "admin")), make_tax_rate("0.13")
    day = timezone.localdate() + timedelta(days=30)
    admin.post(reverse("settings:tax_rate_add"), {"name": rate.name, "percent": "11", "valid_from": str(day)})
    rate.refresh_from_db()
    assert rate.valid_until == day - timedelta(days=1)
    assert [row.rate for row in TaxRate.objects.valid_on(day)] == [Decimal("0.11")]
    before = fingerprint()
    for percent, start in (("11", day), ("-1", day + timedelta(days=9)), ("100", day + timedelta(days=9))):
        answer = admin.post(
            reverse("settings:tax_rate_add"), {"name": rate.name, "percent": percent, "valid_from": str(start)}
        )
        assert answer.status_code == 422
    assert fingerprint() == before
    assert admin.get(reverse("settings:tax_rates")).status_code == 200


def sheet(*rows):
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    file.seek(0)
    file.name = "products.xlsx"
    return file


def test_a_file_is_shown_before_it_is_written_and_its_prices_wait_for_a_second_person(product):
    make_tax_rate("0.06")
    admin = sign_in(make_user("admin", "admin"))
    file = sheet(
        ["产品编码", "名称", "单位", "目录价", "税率", "底价"],
        ["GW-200", "New name", "set", "1,200", "13%", "1"],
        ["NEW-1", "Training", "day", "6000", "6%", ""],
        ["BAD-1", "Nothing", "day", "x", "6%", ""],
        ["BAD-2", "Old rate", "day", "5", "17%", ""],
        ["NEW-1", "Twice", "day", "", "", ""],
    )
    sent = admin.post(reverse("sales:product_import"), {"file": file})
    assert sent.status_code == 302
    assert Product.objects.count() == 1
    shown = text(admin.get(sent.headers["Location"]))
    assert re.findall(r'<b class="num">(\d+)</b>', shown) == ["1", "1", "0", "3"]
    assert all(code in shown for code in ("GW-200", "NEW-1", "BAD-1", "BAD-2"))
    seen = re.search(r'name="seen" value="([^"]+)"', shown)[1]
    values = {"seen": seen, "starts_on": str(timezone.localdate()), "reason": "Catalogue"}
    stale = admin.post(sent.headers["Location"], {**values, "seen": "other"})
    assert (stale.status_code, Product.objects.count()) == (409, 1)
    assert admin.post(sent.headers["Location"], values).status_code == 302
    product.refresh_from_db()
    made = Product.objects.get(code="NEW-1")
    assert (product.name, product.list_price, product.minimum_price) == ("New name", 1000, Decimal("712.34"))
    assert (made.name, made.list_price, made.is_on_sale, made.tax_rate) == ("Training", 0, False, Decimal("0.06"))
    wishes = set(PriceChange.objects.values_list("product__code", "field", "after", "state"))
    assert wishes == {("GW-200", "list_price", 1200, "open"), ("NEW-1", "list_price", 6000, "open")}


def test_nobody_else_finds_an_uploaded_file():
    make_tax_rate()
    admin = sign_in(make_user("admin", "admin"))
    sent = admin.post(reverse("sales:product_import"), {"file": sheet(["code", "name"], ["A", "B"])})
    assert sign_in(make_user("other", "admin")).get(sent.headers["Location"]).status_code == 404


def test_a_file_without_codes_is_refused():
    admin = sign_in(make_user("admin", "admin"))
    answer = admin.post(reverse("sales:product_import"), {"file": sheet(["a", "b"], ["1", "2"])})
    assert answer.status_code == 422


def test_every_page_of_prices_opens(product):
    finance = make_user("finance", "finance")
    prices = make_price_list("Everybody", {product: "900"})
    assert {
        page(finance, name, *args).status_code
        for name, args in [
            ("price_changes", []), ("price_list_list", []), ("price_list_detail", [prices.pk]),
            ("price_list_edit", [prices.pk]), ("price_list_prices", [prices.pk]), ("price_list_add", []),
            ("product_price", [product.pk]), ("product_filter", []), ("product_export", []),
        ]
    } == {200}  # fmt: skip
    assert PriceList.objects.count() == 1
