"""Deals the demo company won: what was sold to whom, how it was delivered, paid and invoiced; days are days ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sales.demo.teller import Wanted

SOFTWARE, SERVICE, FRAME = "软件销售合同", "技术服务合同", "框架合同"


@dataclass(frozen=True)
class Planned:
    """An instalment: its share in per cent, what it waits for, and how many days later (days ago for a fixed day)."""

    name: str
    share: int
    basis: str
    days: int


@dataclass(frozen=True)
class Paid:
    """A payment of an instalment: days ago, which one, how much of it in per cent, and how many have agreed to it."""

    ago: int
    part: int
    share: int = 100
    decided: int = 9


@dataclass(frozen=True)
class Delivered:
    """A delivery: days ago (below nothing: planned ahead), of which lines, how much in per cent, accepted when."""

    ago: int
    lines: Sequence[int]
    share: int = 100
    accepted: int | None = None


@dataclass(frozen=True)
class Billed:
    """An invoice over an instalment's amount: applied for days ago, how many agreed, issued when, sent or not."""

    ago: int
    part: int
    decided: int = 9
    issued: int | None = None


@dataclass(frozen=True)
class Deal:
    """A deal from the first talk to its last invoice; `signed` None leaves the contract where `decided` brings it."""

    rep: str
    title: str
    wanted: Wanted
    began: int
    plan: Sequence[Planned]
    signed: int | None = None
    decided: int = 9
    discount: str = "0"
    kind: str = SOFTWARE
    ends_in: int | None = None
    paid: Sequence[Paid] = ()
    delivered: Sequence[Delivered] = ()
    billed: Sequence[Billed] = ()
    # what else happened, told in asides.py: before the contract, and days ago after it
    first: str = ""
    more: Sequence[tuple[str, int]] = ()


THREE = [
    Planned("签约款", 30, "signing", 10),
    Planned("到货款", 40, "delivery", 15),
    Planned("验收款", 30, "acceptance", 20),
]  # fmt: skip
WHOLE = [Planned("全款", 100, "signing", 15)]

DEALS = [
    Deal(
        "rep", "MES 标准版一期", [("MES-STD-50", 1, "0"), ("SVC-IMP-90", 1, "0"), ("GW-200", 12, "0.05")], 158, THREE,
        signed=128, discount="0.06", paid=[Paid(117, 0), Paid(49, 1, 60)],
        delivered=[Delivered(84, [2], accepted=80), Delivered(66, [0, 1], accepted=38)],
        billed=[Billed(115, 0, issued=113)], first="versions",
    ),
    Deal(
        "rep", "质量追溯系统", [("QMS-STD", 1, "0"), ("SPC-ADD", 1, "0"), ("TRN-DAY", 3, "0")], 104,
        [Planned("首付款", 50, "signing", 7), Planned("尾款", 50, "date", 39)], signed=88, discount="0.04",
        paid=[Paid(78, 0)], delivered=[Delivered(60, [0, 2])], billed=[Billed(4, 0)], more=[("supplement", 33)],
    ),
    Deal(
        "rep", "工业平板终端年度框架", [("PAD-10", 20, "0"), ("AND-21", 6, "0")], 80,
        [Planned("首批货款", 60, "signing", 30), Planned("次批货款", 40, "date", -35)], signed=68, kind=FRAME,
        ends_in=297, paid=[Paid(30, 0)], delivered=[Delivered(58, [0], 50, accepted=55), Delivered(-6, [0, 1], 50)],
        billed=[Billed(62, 0, issued=58)], more=[("retitled", 50)],
    ),
    Deal(
        "rep3", "车间设备联网",
        [("GW-200", 20, "0.05"), ("GW-100", 10, "0.05"), ("AND-21", 6, "0"), ("PAD-10", 8, "0")],
        66, THREE, signed=52, paid=[Paid(3, 0, decided=1)], delivered=[Delivered(24, [0, 1], accepted=21)],
    ),
    Deal(
        "rep2", "设备管理系统", [("EAM-STD", 1, "0"), ("SVC-ONS-M", 1, "0")], 60, WHOLE, signed=46, discount="0.03",
        paid=[Paid(30, 0)], billed=[Billed(28, 0, issued=25)], more=[("prepaid", 12), ("corrected", 9)],
    ),
    Deal(
        "rep2", "入门版 MES", [("MES-STD-20", 1, "0"), ("TRN-DAY", 2, "0")], 33,
        [Planned("首付款", 40, "signing", 5), Planned("尾款", 60, "acceptance", 15)], signed=15, discount="0.06",
        paid=[Paid(6, 0)], billed=[Billed(2, 0, decided=1)],
    ),
    # on their way to a signature
    Deal(
        "rep", "MES 二期扩容", [("MES-USR-10", 4, "0"), ("GW-200", 6, "0")], 24,
        [Planned("签约款", 30, "signing", 10), Planned("尾款", 70, "date", -45)], discount="0.08", decided=1,
    ),
    Deal("rep3", "能耗在线监测", [("EMS-STD", 1, "0"), ("GW-100", 8, "0")], 22, WHOLE, discount="0.05"),
    Deal("rep2", "安灯看板改造", [("AND-21", 10, "0"), ("GW-100", 4, "0")], 14, WHOLE, decided=-1),
]  # fmt: skip
