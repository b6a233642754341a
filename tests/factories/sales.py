"""Products, opportunities and sales documents; written to the tables directly, so they are older than any operation."""

from datetime import date
from decimal import Decimal

import factory

from crm.people.models import User
from customers.customers.models import Customer
from sales.opportunities.models import LossReason, Opportunity, OpportunityStage
from sales.products.models import PriceList, PriceListEntry, Product, ProductCategory, TaxRate
from tests.factories.customers import make_customer
from tests.factories.people import make_user


class TaxRateFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TaxRate
        django_get_or_create = ("name", "valid_from")

    name = "13%"
    rate = Decimal("0.13")
    valid_from = date(2019, 4, 1)


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProductCategory

    name = factory.Sequence(lambda n: f"Category {n}")

    @factory.post_generation
    def place(self, create, extracted, **kwargs):
        self.path = [*(self.parent.path if self.parent else []), self.pk]
        self.save(update_fields=["path"])


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    code = factory.Sequence(lambda n: f"P-{n:05d}")
    name = factory.Sequence(lambda n: f"Product {n}")
    unit = "套"
    list_price = Decimal("1000.0000")
    tax_rate = Decimal("0.130000")


class PriceListFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PriceList

    name = factory.Sequence(lambda n: f"Price list {n}")
    starts_on = date(2020, 1, 1)


class OpportunityStageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OpportunityStage
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"Opportunity stage {n}")
    position = factory.Sequence(int)


class LossReasonFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = LossReason
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"Loss reason {n}")


class OpportunityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Opportunity

    number = factory.Sequence(lambda n: f"T-O-{n:06d}")
    name = factory.Sequence(lambda n: f"Opportunity {n}")
    owner = factory.LazyAttribute(lambda row: row.customer.owner)
    department = factory.LazyAttribute(lambda row: row.customer.department)
    amount = Decimal("100000.00")


def make_tax_rate(rate: str = "0.13", **fields) -> TaxRate:
    """A tax rate in force since 2019, named after its percentage."""
    return TaxRateFactory(**{"name": f"{Decimal(rate) * 100:f}%", **fields}, rate=Decimal(rate))


def make_category(name: str = "", parent: ProductCategory | None = None, **fields) -> ProductCategory:
    """A category of products at its place in the tree."""
    return CategoryFactory(parent=parent, **({"name": name} if name else {}), **fields)


def make_product(name: str = "", **fields) -> Product:
    """A product on sale for 1,000 a set at 13 % tax; that rate exists then."""
    made = ProductFactory(**({"name": name} if name else {}), **fields)
    make_tax_rate(str(Decimal(made.tax_rate).normalize()))
    return made


def make_price_list(name: str = "", entries: dict[Product, str] | None = None, **fields) -> PriceList:
    """A price list in force since 2020 with prices of products."""
    made = PriceListFactory(**({"name": name} if name else {}), **fields)
    PriceListEntry.objects.bulk_create(
        PriceListEntry(price_list=made, product=product, price=Decimal(price))
        for product, price in (entries or {}).items()
    )
    return made


def make_opportunity_stage(name: str = "", **fields) -> OpportunityStage:
    """A step of the talks about opportunities."""
    return OpportunityStageFactory(**({"name": name} if name else {}), **fields)


def make_loss_reason(name: str = "", **fields) -> LossReason:
    """A reason to lose."""
    return LossReasonFactory(**({"name": name} if name else {}), **fields)


def make_opportunity(customer: Customer | None = None, owner: User | None = None, **fields) -> Opportunity:
    """An open opportunity of a customer (a new one's where none is named), of its owner unless said otherwise."""
    customer = customer or make_customer(owner=owner or make_user())
    fields.setdefault("stage", OpportunityStage.objects.first() or make_opportunity_stage("Talks"))
    if owner is not None:
        fields = {"owner": owner, "department": owner.department, **fields}
    return OpportunityFactory(customer=customer, **fields)
