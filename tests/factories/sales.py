"""Products, opportunities and sales documents; written to the tables directly, so they are older than any operation."""

import os
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import factory
from django.db.models import F
from django.utils import timezone

from crm.people.models import User
from customers.customers.models import Customer
from sales.contracts.models import Contract, ContractLine, ContractQuote, ContractType, Instalment
from sales.documents.models import EDITABLE_STATES
from sales.invoices.models import BillingProfile, Invoice, InvoiceLine, Reissue, ReissueLine
from sales.money import line_totals
from sales.opportunities.models import LossReason, Opportunity, OpportunityStage
from sales.orders.models import Delivery, DeliveryLine, Order, OrderLine
from sales.payments.models import BankImport, BankLine, Payment
from sales.products.models import PriceList, PriceListEntry, Product, ProductCategory, TaxRate
from sales.quotes.models import Quote, QuoteLine
from sales.requirements.models import Requirement, RequirementLine
from tests.factories.customers import make_customer
from tests.factories.people import make_user

# each process has numbers of its own: several may write into one copy of the product
_FIRST = os.getpid() * 1000
_QUOTE_NUMBERS, _CONTRACT_NUMBERS = count(_FIRST), count(_FIRST)
_PAYMENT_NUMBERS, _LINE_NUMBERS = count(_FIRST), count(_FIRST)


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


def _priced(quantity: str, price: str, rate: str) -> dict:
    """What a line of a document with tax in its prices holds."""
    totals = line_totals(Decimal(quantity), Decimal(price), Decimal(0), Decimal(rate), is_tax_included=True)
    given = {"quantity": Decimal(quantity), "price": Decimal(price), "tax_rate": Decimal(rate)}
    return {**given, "net": totals.net, "tax": totals.tax, "gross": totals.gross}


def make_quote(
    customer: Customer | None = None,
    owner: User | None = None,
    lines: Sequence[tuple[str, str]] = (("1", "10000.00"),),
    **fields,
) -> Quote:
    """A draft quote (unless `state` says otherwise) with lines of quantity and price, 13 % tax in the price."""
    customer = customer or make_customer(owner=owner or make_user())
    owner = owner or customer.owner or make_user()
    make_tax_rate()
    today = timezone.localdate()
    sums = [_priced(quantity, price, "0.13") for quantity, price in lines]
    totals = {name: sum((one[name] for one in sums), Decimal("0.00")) for name in ("net", "tax", "gross")}
    state = fields.setdefault("state", "draft")
    if state not in EDITABLE_STATES:
        fields.setdefault("number", f"T-Q-{next(_QUOTE_NUMBERS):06d}")
    shared = {"owner": owner, "department": owner.department, "created_by": owner, "title": "Delivery",
              "issued_on": today, "valid_until": today + timedelta(days=30), **totals}  # fmt: skip
    made = Quote.objects.create(customer=customer, **{**shared, **fields})
    Quote.objects.filter(pk=made.pk).update(root=made.root_id or made.pk)
    made.refresh_from_db(fields=["root"])
    QuoteLine.objects.bulk_create(
        QuoteLine(document=made, position=place, name=f"Machine {place}", unit="set", **one)
        for place, one in enumerate(sums, 1)
    )
    return made


def make_contract_type(name: str = "Sale", **fields) -> ContractType:
    """A kind of contract that may be invoiced before it is paid, unless said otherwise."""
    made, _is_new = ContractType.objects.get_or_create(
        name=name, defaults={"may_invoice_before_payment": True, **fields}
    )
    return made


def make_contract(
    customer: Customer | None = None,
    owner: User | None = None,
    amount: str = "10000.00",
    instalments: tuple[str, ...] = ("3000.00", "7000.00"),
    rate: str = "0.13",
    **fields,
) -> Contract:
    """A signed contract (unless `state` says otherwise) about one line, from an accepted quote, with instalments.

    The first instalment is due in 10 days, the others 30 days later each; `instalments=()` makes none.
    """
    customer = customer or make_customer(owner=owner or make_user())
    owner = owner or customer.owner or make_user()
    today = timezone.localdate()
    state = fields.pop("state", "signed")
    number = f"T-C-{next(_CONTRACT_NUMBERS):06d}"
    sums = _priced("1", amount, rate)
    totals = {name: sums[name] for name in ("net", "tax", "gross")}
    shared = {"customer": customer, "owner": owner, "department": owner.department, "created_by": owner,
              "opportunity": fields.pop("opportunity", None), "title": fields.pop("title", "Delivery"),
              "currency": fields.pop("currency", "CNY"), **totals}  # fmt: skip
    quote = Quote.objects.create(
        **shared, number=f"Q-{number}", state="accepted", issued_on=today, valid_until=today + timedelta(days=30),
        approved_at=timezone.now(),
    )  # fmt: skip
    Quote.objects.filter(pk=quote.pk).update(root=quote)
    quote_line = QuoteLine.objects.create(document=quote, position=1, name="Machine", unit="set", **sums)
    if state in Contract.SIGNED_ONCE:
        fields = {"signed_on": today, "signed_at": timezone.now(), "waived_by": owner, "approved_at": timezone.now(),
                  "waiver_reason": "Known for years", "total": sums["gross"], **fields}  # fmt: skip
    fields.setdefault("type", make_contract_type())
    is_numbered = state not in EDITABLE_STATES
    made = Contract.objects.create(**shared, state=state, number=number if is_numbered else "", **fields)
    ContractLine.objects.create(
        document=made, position=1, name="Machine", unit="set", quote_line=quote_line, **sums
    )  # fmt: skip
    ContractQuote.objects.create(
        contract=made, quote=quote, ended_at=timezone.now() if state == Contract.State.VOID else None
    )
    Instalment.objects.bulk_create(
        Instalment(
            contract=made, position=place, name=f"Part {place}", amount=Decimal(part),
            due_on=today + timedelta(days=10 + 30 * (place - 1)),
        )
        for place, part in enumerate(instalments, 1)
    )  # fmt: skip
    return made


def make_order(contract: Contract | None = None, **fields) -> Order:
    """The order of a signed contract (a new one where none is named), with its lines; nothing is delivered yet."""
    contract = contract or make_contract()
    place = {"customer": contract.customer, "owner": contract.owner, "department": contract.department}
    made = Order.objects.create(number=f"D-{contract.number}", contract=contract, **{**place, **fields})
    OrderLine.objects.bulk_create(
        OrderLine(document=made, contract_line=line, position=line.position, name=line.name, unit=line.unit,
                  quantity=line.quantity)
        for line in contract.lines.all()
    )  # fmt: skip
    return made


def make_delivery(order: Order | None = None, **fields) -> Delivery:
    """A planned delivery of all that is open of an order."""
    order = order or make_order()
    fields = {"planned_on": timezone.localdate(), **fields}
    made = Delivery.objects.create(order=order, number=f"{order.number}-{order.deliveries.count() + 1}", **fields)
    DeliveryLine.objects.bulk_create(
        DeliveryLine(delivery=made, order_line=line, quantity=line.quantity - line.delivered)
        for line in order.lines.all()
        if line.quantity > line.delivered
    )
    return made


def make_billing(customer: Customer, **fields) -> BillingProfile:
    """Billing data of a customer, complete enough for every type of invoice."""
    given = {
        "title": customer.name[:120], "tax_number": "91310000MA1FL0000X", "address": "上海市浦东新区世纪大道 1 号",
        "phone": "021-58880000", "bank": "中国银行上海分行", "account": "4400 0000 0000 1234", **fields,
    }  # fmt: skip
    return BillingProfile.objects.create(customer=customer, **given)


def make_invoice(contract: Contract | None = None, gross: str = "", state: str = "issued", **fields) -> Invoice:
    """A blue invoice (issued unless said otherwise) of a signed contract, about its whole first line or `gross`."""
    contract = contract or make_contract()
    source = contract.lines.first()
    amount = Decimal(gross or source.gross)
    net = (amount / (1 + source.tax_rate)).quantize(Decimal("0.01"))
    sums = {"net": net, "tax": amount - net, "gross": amount}
    profile = fields.pop("profile", None) or make_billing(contract.customer)
    buyer = {name: getattr(profile, name) for name in
             ("title", "tax_number", "address", "phone", "bank", "account", "email")}  # fmt: skip
    place = next(_CONTRACT_NUMBERS)
    now, today = timezone.now(), timezone.localdate()
    if state not in EDITABLE_STATES:
        fields = {"number": f"T-I-{place:06d}", "submitted_at": now, **fields}
    if state in Invoice.ISSUED_ONCE:
        fields = {"invoice_number": f"{place:020d}", "issued_on": today, "issued_at": now, "approved_at": now,
                  "issued_by": contract.owner, **fields}  # fmt: skip
    made = Invoice.objects.create(
        contract=contract, customer=contract.customer, owner=contract.owner, department=contract.department,
        currency=contract.currency, state=state, profile=profile, buyer=buyer, **sums, **fields,
    )  # fmt: skip
    is_whole = amount == source.gross
    InvoiceLine.objects.create(
        document=made, contract_line=source, position=1, name=source.name, unit=source.unit, tax_rate=source.tax_rate,
        quantity=source.quantity if is_whole else None, **sums,
    )  # fmt: skip
    if state in Invoice.ISSUED_ONCE:
        Contract.objects.filter(pk=contract.pk).update(invoiced=F("invoiced") + amount)
    elif state in Invoice.OPEN:
        Contract.objects.filter(pk=contract.pk).update(applied=F("applied") + amount)
    return made


def make_reissue(invoice: Invoice | None = None, state: str = "draft", **fields) -> Reissue:
    """A request to take a whole invoice back for its wrong title, and to issue it again."""
    invoice = invoice or make_invoice()
    if state not in EDITABLE_STATES:
        fields = {"number": f"T-R-{next(_CONTRACT_NUMBERS):06d}", "submitted_at": timezone.now(), **fields}
    made = Reissue.objects.create(**{
        "invoice": invoice, "contract": invoice.contract, "customer": invoice.customer, "owner": invoice.owner,
        "department": invoice.department, "currency": invoice.currency, "state": state, "profile": invoice.profile,
        "reason": Reissue.Reason.TITLE, "explanation": "The title is that of the parent company.",
        "net": invoice.net, "tax": invoice.tax, "gross": invoice.gross, **fields,
    })  # fmt: skip
    for line in invoice.lines.all():
        ReissueLine.objects.create(
            document=made, invoice_line=line, position=line.position, net=line.net, tax=line.tax, gross=line.gross
        )
    return made


def make_requirement(customer: Customer | None = None, owner: User | None = None, **fields) -> Requirement:
    """A draft about two gateways at a price the customer hopes for."""
    customer = customer or make_customer(owner=owner or make_user())
    owner = owner or customer.owner or make_user()
    place = {"owner": owner, "department": owner.department, "created_by": owner}
    given = {"title": "Networked machines", "needs": "40 machines", **place, **fields}
    made = Requirement.objects.create(customer=customer, **given)
    RequirementLine.objects.create(
        document=made, position=1, name="Gateway", unit="set", quantity=Decimal(2), target_price=Decimal("6800")
    )
    return made


def make_payment(customer: Customer | None = None, state: str = "pending", **fields) -> Payment:
    """A payment of 1,000 that waits to be confirmed (unless `state` says otherwise); it settles nothing."""
    customer = customer or make_customer(owner=make_user())
    place = {"owner": customer.owner, "department": customer.department, "submitted_by": customer.owner}
    number = "" if state in EDITABLE_STATES else f"T-P-{next(_PAYMENT_NUMBERS):06d}"
    fields = {"amount": Decimal("1000.00"), "paid_on": timezone.localdate(), **place, **fields}
    if state == Payment.State.APPROVED and "confirmed_by" not in fields:
        fields["confirmed_by"] = make_user()
    return Payment.objects.create(customer=customer, state=state, number=number, **fields)


def make_bank_line(amount: str = "1000.00", **fields) -> BankLine:
    """An open line of the bank, of a statement of its own unless one is named."""
    number = next(_LINE_NUMBERS)
    source = fields.pop("source", None) or BankImport.objects.create(file_name="a.csv", imported_by=make_user())
    given = {"booked_on": timezone.localdate(), "payer_name": "Payer", "reference": f"R{number}", **fields}
    return BankLine.objects.create(source=source, fingerprint=f"{number:064d}", amount=Decimal(amount), **given)
