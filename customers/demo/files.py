"""A few files of the demo company: an offer, photos of a visit, minutes and a list, drawn when they are needed."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont

from crm.attachments.actions import attach_files
from crm.attachments.receiving import received
from customers.activities.models import Activity
from customers.customers.models import Customer

FONT = Path(settings.ROOT) / "static" / "build" / "fonts" / "NotoSansSC-Regular.ttf"
INK, GREY, BLUE = (28, 35, 51), (120, 130, 150), (37, 99, 235)
LINES = [("MES 标准版（20 工位）", "168,000"), ("设备联网实施", "86,000"), ("驻场培训 5 天", "15,000")]
MINUTES = """会议纪要

参会：生产部、信息部、我方项目经理

1. 先上三条产线，数据采集两周内完成。
2. 报工改用扫码，纸质工单停用。
3. 下周三给出接口清单。
"""
MACHINES = "编号,设备,厂家,接口\n001,数控车床,沈阳机床,以太网\n002,加工中心,北京精雕,串口\n003,注塑机,海天,以太网\n"


def keep_demo_files() -> int:
    """Keep the files with the customer the demo rep visited last, and with that visit; how many."""
    visits = Activity.objects.filter(kind="visit", author__username="rep", customer__owner__username="rep")
    visit = visits.select_related("customer", "author").order_by("-happened_at", "-pk").first()
    if visit is None:
        return 0
    uploads = [
        _upload("报价单 2026.pdf", _offer(visit.customer)),
        _upload("设备清单.csv", MACHINES.encode("utf-8-sig")),
        _upload("会议纪要.txt", MINUTES.encode()),
        _upload("车间现场.jpg", _workshop()),
    ]
    with received(uploads) as files:
        attach_files(visit.customer, files[:2], actor=visit.author)
        attach_files(visit, files[2:], actor=visit.author)
    return len(uploads)


def _upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def _offer(customer: Customer) -> bytes:
    page = Image.new("RGB", (1240, 1754), "white")
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 1240, 24), fill=BLUE)
    draw.text((110, 130), "报价单", font=_font(72), fill=INK)
    draw.text((110, 260), f"致：{customer.name}", font=_font(34), fill=GREY)
    for at, (what, price) in enumerate(LINES):
        y = 420 + at * 100
        draw.text((110, y), what, font=_font(36), fill=INK)
        draw.text((1130, y), price, font=_font(36), fill=INK, anchor="ra")
        draw.line((110, y + 74, 1130, y + 74), fill=(225, 229, 238), width=2)
    draw.text((1130, 760), "合计 ¥269,000（含税）", font=_font(42), fill=BLUE, anchor="ra")
    return _saved(page, "PDF", resolution=150)


def _workshop() -> bytes:
    photo = Image.new("RGB", (1600, 1067), (196, 205, 216))
    draw = ImageDraw.Draw(photo)
    draw.polygon([(0, 640), (1600, 560), (1600, 1067), (0, 1067)], fill=(148, 156, 166))
    for at in range(6):
        x, top = 90 + at * 250, 420 - at * 8
        draw.rectangle((x, top, x + 180, top + 300), fill=(58, 92, 130) if at % 2 else (232, 236, 240))
        draw.rectangle((x + 24, top + 30, x + 156, top + 130), fill=(24, 32, 44))
        draw.ellipse((x + 80, top + 170, x + 104, top + 194), fill=(34, 160, 90))
    draw.line((0, 860, 1600, 780), fill=(240, 190, 40), width=14)
    return _saved(photo, "JPEG", quality=82)


def _saved(image: Image.Image, form: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size)
