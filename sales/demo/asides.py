"""What else happened to some deals: a quote in two versions, a supplement, a reissue done and one under way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from crm.approvals import actions as approvals
from sales.contracts.actions import submit_contract
from sales.contracts.ending import close_contract
from sales.contracts.making import add_supplement
from sales.contracts.signing import sign_contract
from sales.demo.teller import Story, turn_of
from sales.demo.won import ARCHIVED, Won
from sales.invoices.models import Invoice, Reissue
from sales.payments.actions import claim_payment, submit_payment
from sales.quotes.actions import change_quote, kept_values, send_quote, submit_quote
from sales.quotes.answering import answer_quote
from sales.quotes.versions import new_version
from sales.reissues.actions import ask_for_reissue, submit_reissue
from sales.reissues.confirmation import begin_confirmation
from sales.reissues.red_letters import issue_red_letter
from sales.requirements.actions import add_requirement, check_requirement, submit_requirement
from sales.requirements.lines import NeedValues
from sales.requirements.models import Requirement

NEEDS = "两条产线先行，报工、质检、设备状态上线；与现有 ERP 对接工单与物料。\n验收以连续运行四周为准。"


def versions(won: Won, ago: int) -> Story:
    """A requirement that was checked, a first version that came back, a second one the customer accepts by link."""
    yield from _needed(won, ago)
    yield won.thread.at(ago - 5)
    first = won.write_quote("0.02")
    submit_quote(first, actor=won.rep)
    yield won.thread.at(ago - 5)
    task = turn_of("sales.quote", first)
    assert task is not None
    approvals.return_request(
        task.request, actor=task.approver, seen=task.request.content_hash, comment="实施按两期拆开报，付款节点写清楚"
    )
    yield won.thread.at(ago - 6)
    first.refresh_from_db()
    change_quote(first, actor=won.rep, values={"internal_note": "客户预算 70 万以内，二期另谈"})
    submit_quote(first, actor=won.rep, comment="已按意见修改")
    yield from won.thread.decided("sales.quote", first, ago - 6)
    yield won.thread.at(ago - 7)
    link, _token = send_quote(first, actor=won.rep)
    yield won.thread.at(ago - 10)
    name = won.contact.name if won.contact else "客户联系人"
    answer_quote(
        link, name=name, is_accepted=False, note="网关希望再优惠一些，总价控制在 66 万以内", address="203.0.113.24"
    )
    yield won.thread.at(ago - 11)
    first.refresh_from_db()
    second = new_version(first, actor=won.rep)
    change_quote(second, actor=won.rep, values={"discount": Decimal(won.deal.discount)}, lines=kept_values(second))
    submit_quote(second, actor=won.rep)
    yield from won.thread.decided("sales.quote", second, ago - 12, said=["同意，底线到此为止"])
    yield won.thread.at(ago - 13)
    link, _token = send_quote(second, actor=won.rep)
    yield won.thread.at(ago - 15)
    answer_quote(link, name=name, is_accepted=True, note="同意，准备合同", address="203.0.113.24")
    second.refresh_from_db()
    won.quote = second


def _needed(won: Won, ago: int) -> Story:
    yield won.thread.at(ago)
    values = {"title": f"{won.deal.title}需求", "needs": NEEDS, "wanted_on": won.teller.day(ago - 90),
              "contact": won.contact, "opportunity": won.opportunity}  # fmt: skip
    lines = [NeedValues(quantity=Decimal(count), product_id=won.teller.products[code].pk)
             for code, count, _discount in won.deal.wanted]  # fmt: skip
    needed = add_requirement(won.customer, actor=won.rep, values=values, lines=lines)
    submit_requirement(needed, actor=won.rep)
    yield won.thread.at(ago - 1)
    check_requirement(needed, actor=won.teller.users["technician"], result=Requirement.Check.FEASIBLE,
                      note="老机床三台需加装采集模块，已列入网关数量")  # fmt: skip
    yield from won.thread.decided("sales.requirement", needed, ago - 2)


def supplement(won: Won, ago: int) -> Story:
    """The customer buys a dashboard besides; the main contract grows by it."""
    yield won.thread.at(ago)
    values = {"title": "补充协议：增购生产驾驶舱", "signer_ours": won.director,
              "signer_theirs": won.contact.name if won.contact else ""}  # fmt: skip
    more = add_supplement(won.contract, actor=won.rep, values=values, lines=won.teller.lines([("BI-DASH", 1, "0.05")]))
    yield won.thread.at(ago)
    submit_contract(more, actor=won.rep)
    yield from won.thread.decided("sales.contract", more, ago - 1)
    yield won.thread.at(ago - 3)
    sign_contract(more, actor=won.director, signed_on=won.teller.clock_day(), waiver_reason=ARCHIVED)


def closed(won: Won, ago: int) -> Story:
    """Everything is paid and delivered."""
    yield won.thread.at(ago)
    close_contract(won.contract, actor=won.director)


def prepaid(won: Won, ago: int) -> Story:
    """The customer pays a deposit for what comes next."""
    yield won.thread.at(ago)
    payment = claim_payment(
        won.customer, actor=won.rep,
        values={"amount": Decimal("50000.00"), "paid_on": won.teller.clock_day(), "payer_name": won.customer.name,
                "reference": f"{won.customer.pk:06d}YF", "remark": "下一年度订阅订金",
                "overpayment_reason": "下一年度订阅订金，合同在签"},
    )  # fmt: skip
    submit_payment(payment, actor=won.rep)
    yield from won.thread.decided("sales.payment", payment, ago - 1)


def retitled(won: Won, ago: int) -> Story:
    """The invoice was made out to the wrong title: red letter, new invoice, done."""
    yield won.thread.at(ago)
    blue = _first_invoice(won)
    title = won.add_profile(f"{won.customer.name}采购分公司"[:120])
    reissue = ask_for_reissue(
        blue, actor=won.rep,
        values={"reason": Reissue.Reason.TITLE, "explanation": "抬头应为采购分公司，客户退票", "is_full": True,
                "wants_new": True, "is_used_by_buyer": False, "profile": title},
    )  # fmt: skip
    submit_reissue(reissue, actor=won.rep)
    yield from won.thread.decided("sales.reissue", reissue, ago - 1)
    yield won.thread.at(ago - 2)
    begin_confirmation(reissue, actor=won.finance, confirmation=Reissue.Confirmation.NOT_NEEDED)
    yield won.thread.at(ago - 2)
    issue_red_letter(
        reissue, actor=won.finance, number=f"{won.teller.clock_day():%y}312900{reissue.pk:012d}",
        issued_on=won.teller.clock_day(),
    )  # fmt: skip
    new = Invoice.objects.get(reissue=reissue, kind=Invoice.Kind.BLUE)
    yield from won.issue(new, ago - 3)


def corrected(won: Won, ago: int) -> Story:
    """The invoice shows the wrong goods and the customer has booked it: the other side has to confirm."""
    yield won.thread.at(ago)
    blue = _first_invoice(won)
    reissue = ask_for_reissue(
        blue, actor=won.rep,
        values={"reason": Reissue.Reason.AMOUNT, "explanation": "驻场服务开成了一个月，合同约定按实际人天结算",
                "is_full": True, "wants_new": True, "is_used_by_buyer": True, "profile": won.profile},
    )  # fmt: skip
    submit_reissue(reissue, actor=won.rep)
    yield from won.thread.decided("sales.reissue", reissue, ago - 2)
    yield won.thread.at(0)
    begin_confirmation(reissue, actor=won.finance, confirmation=Reissue.Confirmation.BUYER_TO_CONFIRM,
                       number=f"{won.teller.clock_day():%y}31{reissue.pk:012d}")  # fmt: skip


def _first_invoice(won: Won) -> Invoice:
    return Invoice.objects.select_related("customer", "contract").get(pk=won.invoices[0].pk)


ASIDES: Mapping[str, Callable[[Won, int], Story]] = {
    "versions": versions, "supplement": supplement, "closed": closed, "prepaid": prepaid, "retitled": retitled,
    "corrected": corrected,
}  # fmt: skip
