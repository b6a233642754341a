"""What makes the first customers of the demo company look lived in: team, talk, group, stars."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from crm.people.models import User
from customers.activities.models import Activity
from customers.comments.actions import add_comment
from customers.customers.models import Customer
from customers.customers.relations import relate, set_parent
from customers.customers.stars import follow_customer
from customers.customers.team import add_members

SHOWN = 12
SAID = [
    "客户对价格比较敏感，报价前先和 @{other} 对一下折扣。",
    "@{boss} 这个客户下周要来总部参观，麻烦安排接待。",
    "信息部换了新经理，先补充联系人再推进。",
    "上次演示反馈不错，可以把同行业案例再发一份。",
]
ANSWERED = ["推进得不错，下次把付款节点也谈清楚。", "这家的预算口径要再核实一下。", "竞品在做价格战，先稳住需求清单。"]
# of whom each owner asks help, and who leads them
OTHERS = {"rep": ("rep2", "director"), "rep2": ("rep", "director"), "rep3": ("director2", "director2")}
KINDS = ["partner", "supplier", "referred", "channel"]


def surround(users: Mapping[str, User]) -> None:
    """Give the customers with the latest follow-ups of each rep something around them."""
    for username, (helper, boss) in OTHERS.items():
        owner = users[username]
        rows = Customer.objects.owned_by(owner).live().filter(last_followed_at__isnull=False)
        chosen = list(rows.order_by("-last_followed_at", "pk")[:SHOWN])
        for place, customer in enumerate(chosen):
            if place % 3 == 0:
                add_members(customer, actor=owner, colleagues=[users[helper]], role="协助跟进")
                text = SAID[place // 3 % len(SAID)].format(other=users[helper].name, boss=users[boss].name)
                add_comment(customer, actor=owner, content=text)
                follow_customer(customer, actor=owner)
            elif place % 3 == 1:
                _answer(customer, users[boss], place)
        _join(chosen, owner)


def _answer(customer: Customer, boss: User, place: int) -> None:
    latest = Activity.objects.live().filter(customer=customer).order_by("-happened_at", "-pk").first()
    add_comment(customer, actor=boss, content=ANSWERED[place // 3 % len(ANSWERED)], activity=latest)


def _join(chosen: list[Customer], owner: User) -> None:
    if len(chosen) < SHOWN:
        return
    mother, *daughters = chosen[:3]
    for daughter in daughters:
        set_parent(daughter, actor=owner, parent=mother)
    for (one, other), kind in zip(pairwise(chosen[3:]), KINDS, strict=False):
        relate(one, actor=owner, other=other, kind=kind)
