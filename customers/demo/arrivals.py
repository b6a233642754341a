"""Leads that came in on their own: from the website, in a file of a fair, typed in, and what became of some."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q

from crm.operations.requests import CurrentRequest, serving
from crm.people.models import User
from customers.base_data.models import LeadSource, Region
from customers.customers.actions import create_customer
from customers.customers.intake import receive_lead
from customers.customers.models import Customer
from customers.leads.actions import hand_out_evenly, run_allotment
from customers.leads.discarding import discard_customer
from customers.leads.models import Allotment

# name of the company, person, door, source, campaign, what they wrote
ARRIVALS = [
    ("苏州屿川精密仪器有限公司", "顾一鸣", "api", "官网", "", "想了解 MES 怎么与 ERP 对接，可以来厂里看看。"),
    ("杭州澄岚智能装备有限公司", "沈嘉禾", "api", "官网", "秋季试用", "申请 30 天试用，约 40 个用户。"),
    ("合肥辰栩新能源科技有限公司", "周向东", "job", "展会", "上海工博会", "展台扫码，对设备联网感兴趣。"),
    ("常州临禾包装材料有限公司", "许泽宇", "job", "展会", "上海工博会", "明年一季度立项，先留资料。"),
]
TYPED = ("南京磐屿检测技术有限公司", "罗晓彤", "实验室主任")
NOBODYS = ("张先生个人咨询", "张先生")


def receive_leads(users: Mapping[str, User]) -> int:
    """Let leads come in by every door and hand some of them out; how many came."""
    for number, (name, person, via, source, campaign, note) in enumerate(ARRIVALS, 1):
        with serving(CurrentRequest(via=via)):
            receive_lead(
                actor=users["marketing"], name=name, contact_name=person, phone=_phone(number), source=source,
                campaign=campaign, note=note, external_id=f"{'WEB' if via == 'api' else 'CIIF'}-{number:04d}",
            )  # fmt: skip
    name, person, title = TYPED
    values = {
        "name": name, "size": Customer.Size.SMALL, "source": LeadSource.objects.get(name="转介绍"),
        "region": Region.objects.get(code="320100"),
    }  # fmt: skip
    contact = {"name": person, "job_title": title, "phone": _phone(0)}
    create_customer(actor=users["rep"], owner=users["rep"], values=values, contact=contact)
    name, person = NOBODYS
    one = create_customer(actor=users["marketing"], owner=None, values={"name": name}, contact={"name": person})
    discard_customer(one, actor=users["vp"], reason="个人咨询，没有企业需求")
    return len(ARRIVALS) + 2


def hand_some_out(users: Mapping[str, User]) -> None:
    """Some leads go out by the rule for the east, two by hand to the north."""
    rule = Allotment.objects.order_by("position").first()
    assert rule is not None  # found_company made it
    east = Q(region__in=rule.region_ids) | Q(region__parent__in=rule.region_ids)
    waiting = Customer.objects.live().waiting().order_by("created_at", "pk")
    for pk in list(waiting.filter(east).values_list("pk", flat=True)[:3]):
        run_allotment(rule, only=pk)
    north = list(waiting.exclude(east).exclude(region=None).values_list("pk", flat=True)[:2])
    hand_out_evenly(
        Customer.objects.filter(pk__in=north), [users["rep3"]], actor=users["vp"], reason="北区展会线索，两天内联系"
    )


def _phone(number: int) -> str:
    return f"+861370000{7000 + number}"  # a prefix no other phone of the demo has
