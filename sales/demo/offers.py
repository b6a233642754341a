"""What is still open at the demo company: requirements and quotes on their way, in every state they may have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from crm.approvals import actions as approvals
from customers.contacts.models import Contact
from sales.demo.teller import Story, Teller, Thread, Wanted, turn_of
from sales.demo.won import DELIVERY, TERMS
from sales.money import cents
from sales.opportunities.actions import lose_opportunity
from sales.opportunities.models import LossReason, Opportunity
from sales.quotes.actions import add_quote, send_quote, submit_quote
from sales.quotes.answering import answer_quote
from sales.quotes.models import Quote
from sales.requirements.actions import add_requirement, check_requirement, submit_requirement
from sales.requirements.lines import NeedValues
from sales.requirements.models import Requirement


@dataclass(frozen=True)
class Offer:
    """A quote written so many days ago, and how far it came: `fate` names the last thing that happened to it."""

    rep: str
    title: str
    wanted: Wanted
    ago: int
    fate: str
    discount: str = "0"


@dataclass(frozen=True)
class Need:
    """A requirement written so many days ago; how many have decided, and whether it was checked."""

    rep: str
    title: str
    needs: str
    wanted: Wanted
    ago: int
    fate: str


OFFERS = [
    Offer("rep2", "边缘采集网关", [("GW-100", 24, "0.05")], 74, "expired"),
    Offer("rep", "能耗监测一期", [("EMS-STD", 1, "0"), ("GW-100", 12, "0")], 52, "lost", "0.05"),
    Offer("rep3", "质量追溯与统计过程控制", [("QMS-STD", 1, "0"), ("SPC-ADD", 1, "0")], 21, "declined", "0.06"),
    Offer("rep", "生产驾驶舱与大屏", [("BI-DASH", 1, "0"), ("TRN-DAY", 1, "0")], 10, "accepted", "0.03"),
    Offer("rep2", "云 MES 订阅（两条产线）", [("CLD-MES-Y", 2, "0"), ("CLD-BAK-Y", 1, "0")], 8, "sent", "0.04"),
    Offer("rep2", "安灯与工位终端", [("AND-21", 12, "0"), ("PAD-10", 12, "0")], 7, "approved", "0.05"),
    Offer("rep", "MES 标准版与实施", [("MES-STD-50", 1, "0"), ("SVC-IMP-90", 1, "0")], 3, "next", "0.1"),
    Offer("rep2", "QMS 质量管理", [("QMS-STD", 1, "0"), ("TRN-DAY", 2, "0")], 4, "returned", "0.12"),
    Offer("rep", "ERP 接口与年度维保", [("DEV-ERP-01", 1, "0"), ("MNT-Y", 1, "0")], 2, "pending", "0.05"),
    Offer("rep2", "设备管理系统", [("EAM-STD", 1, "0"), ("SVC-ONS-M", 1, "0")], 1, "pending", "0.18"),
    Offer("rep3", "网关扩容", [("GW-200", 10, "0.05")], 2, "pending"),
    Offer("rep", "云 MES 年度订阅", [("CLD-MES-Y", 4, "0")], 1, "draft", "0.06"),
]  # fmt: skip
NEEDS = [
    Need("rep", "注塑车间设备联网", "36 台注塑机采集状态、产量、能耗，其中 8 台只有串口。\n数据保存三年，断网可补传。",
         [("GW-200", 5, "0"), ("GW-100", 4, "0")], 3, "waiting"),
    Need("rep2", "来料检验与供应商追溯", "来料按批次检验，检验结果回写 ERP，供应商月度评分。",
         [("QMS-STD", 1, "0")], 5, "checked"),
    Need("rep3", "多工厂能耗核算", "三个厂区统一口径，按产品单耗核算，报表给集团。",
         [("EMS-STD", 3, "0")], 2, "waiting"),
    Need("rep2", "备件库扫码出入库", "先调研现有编码规则。", [("EAM-STD", 1, "0"), ("PAD-10", 4, "0")], 1, "draft"),
]  # fmt: skip
ADDRESS = "203.0.113.57"
# what customers hope to pay of the list price
WISHED = Decimal("0.85")


def open_stories(teller: Teller) -> Iterator[Story]:
    """A story for everything that is still open."""
    for offer in OFFERS:
        yield Offered(teller, offer.rep, offer.title, offer.ago).offered(offer)
    for need in NEEDS:
        yield Offered(teller, need.rep, need.title, need.ago).needed(need)


class Offered:
    """One offer to a customer whose opportunity is open."""

    def __init__(self, teller: Teller, rep: str, title: str, ago: int) -> None:
        self.teller, self.rep = teller, teller.users[rep]
        self.thread = Thread(teller, f"{rep} {title}")
        self.opportunity = self._opportunity(ago)
        self.contact: Contact | None = None
        if self.opportunity is not None:
            people = Contact.objects.filter(customer=self.opportunity.customer, archived_at=None)
            self.contact = people.order_by("-is_primary", "pk").first()

    def offered(self, offer: Offer) -> Story:
        """The quote up to its fate."""
        if self.opportunity is None:
            return
        yield self.thread.at(offer.ago)
        quote = self._write(offer)
        if offer.fate == "draft":
            return
        yield self.thread.at(offer.ago)
        submit_quote(quote, actor=self.rep)
        if offer.fate == "returned":
            yield self.thread.at(offer.ago - 1)
            self._send_back(quote)
        if offer.fate in ("pending", "returned"):
            return
        steps = 1 if offer.fate == "next" else 9
        yield from self.thread.decided("sales.quote", quote, offer.ago - 1, steps=steps)
        if offer.fate not in ("next", "approved"):
            yield from self._sent(quote, offer)

    def _write(self, offer: Offer) -> Quote:
        assert self.opportunity is not None
        today = self.teller.clock_day()
        values = {
            "title": offer.title, "opportunity": self.opportunity, "contact": self.contact, "issued_on": today,
            "discount": Decimal(offer.discount), "valid_until": today + timedelta(days=30), "terms": TERMS,
            "delivery_terms": DELIVERY, "payment_terms": "签约 30%，到货 40%，验收 30%",
        }  # fmt: skip
        lines = self.teller.lines(offer.wanted)
        return add_quote(self.opportunity.customer, actor=self.rep, values=values, lines=lines)

    def _send_back(self, quote: Quote) -> None:
        task = turn_of("sales.quote", quote)
        assert task is not None
        approvals.return_request(
            task.request, actor=task.approver, seen=task.request.content_hash,
            comment="折扣偏低，先确认竞品报价；培训单独列价",
        )  # fmt: skip

    def _sent(self, quote: Quote, offer: Offer) -> Story:
        yield self.thread.at(offer.ago - 2)
        link, _token = send_quote(quote, actor=self.rep)
        name = self.contact.name if self.contact else "客户联系人"
        if offer.fate == "accepted":
            yield self.thread.at(offer.ago - 4)
            answer_quote(link, name=name, is_accepted=True, note="确认，走合同", address=ADDRESS)
        elif offer.fate == "declined":
            yield self.thread.at(offer.ago - 5)
            answer_quote(link, name=name, is_accepted=False, note="培训改为三天，价格再议", address=ADDRESS)
        if offer.fate == "lost":
            yield self.thread.at(offer.ago - 30)
            self._lose()

    def _lose(self) -> None:
        assert self.opportunity is not None
        reason = LossReason.objects.order_by("position").first()
        assert reason is not None
        lose_opportunity(
            self.opportunity, actor=self.rep, loss_reason=reason, loss_note="对方选了本地集成商，价格低两成"
        )

    def needed(self, need: Need) -> Story:
        """The requirement up to its fate."""
        if self.opportunity is None:
            return
        yield self.thread.at(need.ago)
        values: dict[str, Any] = {
            "title": need.title, "needs": need.needs, "wanted_on": self.teller.day(-60), "contact": self.contact,
            "opportunity": self.opportunity,
        }  # fmt: skip
        lines = [
            NeedValues(quantity=line.quantity, product_id=line.product_id, target_price=cents(line.price * WISHED))
            for line in self.teller.lines(need.wanted)
        ]
        needed = add_requirement(self.opportunity.customer, actor=self.rep, values=values, lines=lines)
        if need.fate == "draft":
            return
        yield self.thread.at(need.ago)
        submit_requirement(needed, actor=self.rep)
        if need.fate == "checked":
            yield self.thread.at(need.ago - 1)
            check_requirement(needed, actor=self.teller.users["technician"], result=Requirement.Check.PARTLY,
                              note="评分口径需客户先定，回写接口按二期报价")  # fmt: skip
            yield from self.thread.decided("sales.requirement", needed, need.ago - 1, steps=1)

    def _opportunity(self, ago: int) -> Opportunity | None:
        """An open opportunity of this person as old as the offer, late in its talks, with a customer of its own."""
        rows = Opportunity.objects.filter(
            owner=self.rep, state="open", created_at__lt=self.teller.now - timedelta(days=ago), customer__shares=None
        ).exclude(customer__in=self.teller.used)
        found = rows.select_related("customer").order_by("-stage__position", "pk").first()
        if found is not None:
            self.teller.used.add(found.customer_id)
        return found
