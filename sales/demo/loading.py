"""Writes what the demo company sold: catalogue, talks, and the documents of its deals, in the order of time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from stdnum.cn import uscc

from crm.approvals.flows import install_standard_flows
from crm.people.models import User
from sales.contracts.models import Contract
from sales.contracts.reminders import remind_of_ends
from sales.demo.asides import ASIDES
from sales.demo.bank import bank_story
from sales.demo.catalogue import load_catalogue, raise_prices
from sales.demo.clock import turned_back
from sales.demo.deals import DEALS
from sales.demo.earlier import earlier_stories
from sales.demo.offers import open_stories
from sales.demo.talks import load_talks
from sales.demo.teller import Teller, tell
from sales.demo.won import Won
from sales.payments.dunning import remind_of_overdue
from sales.printing.letterhead import save_letterhead
from sales.products.models import Product
from sales.quotes.models import Quote

TAX_NUMBER = "91310115MA1YNL886"
FOUNDED = timedelta(days=400)
# the tax number is made up, with a right check digit
LETTERHEAD = {
    "name": "云岭工业软件（上海）有限公司", "english_name": "Yunling Industrial Software (Shanghai) Co., Ltd.",
    "tax_number": TAX_NUMBER + uscc.calc_check_digit(TAX_NUMBER), "address": "上海市浦东新区云岭路 88 号 6 楼",
    "phone": "021-5888 6600", "email": "sales@yunling.example", "website": "https://yunling.example",
    "bank": "招商银行上海张江支行", "account": "1219 0000 0000 8866", "legal_representative": "沈国栋",
}  # fmt: skip


def load_sales(users: Mapping[str, User], now: datetime) -> dict[str, int]:
    """Tell everything that was sold, or nearly; how many rows of each kind."""
    with turned_back() as clock:
        with clock.standing(now - FOUNDED):
            counts = load_catalogue(users, now)
            save_letterhead(actor=users["admin"], values=LETTERHEAD)
            install_standard_flows()
        counts |= load_talks(users, now)
        teller = Teller(users, {row.code: row for row in Product.objects.all()}, now)
        deals = [Won(teller, deal, ASIDES).story() for deal in DEALS]
        stories = [*deals, *open_stories(teller), *earlier_stories(teller)]
        tell(stories, clock)
        tell([bank_story(teller)], clock)
        with clock.standing(teller.moment(1)):
            raise_prices(users, teller.products, now)
        with clock.standing(now - timedelta(minutes=2)):
            remind_of_overdue()
            remind_of_ends()
    return counts | {"quotes": Quote.objects.count(), "contracts": Contract.objects.count()}
