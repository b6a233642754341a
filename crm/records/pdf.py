"""The only way to a PDF: a template, our own fonts and style sheet, and no other file or address.

Each document is rendered by a child process with 512 MB and 30 seconds. A print template cuts a long one by `CUT`:
what lies between two cuts is rendered by itself, from a new page on; the pages are joined and numbered at the end,
without the tags for screen readers, which take more memory than everything else.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from pypdf import PdfReader, PdfWriter

from crm.ui.marks import asset

CUT = "<!--cut-->"
BODY, BODY_END = "<!--body-->", "<!--/body-->"
MEMORY_BYTES, CPU_SECONDS, WALL_SECONDS = 512 * 1024 * 1024, 30, 60
MAX_SECTIONS = 16
CHILD = Path(__file__).with_name("pdf_child.py")  # never imported here: WeasyPrint takes a second and 60 MB
ORIGIN = "https://document.invalid/"
STATIC = Path(settings.ROOT) / "static"
FONTS = {"400": "NotoSansSC-Regular.ttf", "700": "NotoSansSC-Bold.ttf"}
_NO_NUMBERS = "<style>@page{@bottom-right{content:''}}@page en{@bottom-right{content:''}}</style></head>"
_BLANK_PAGES = "<style>@page{background:none}p+p{break-before:page}</style></head>"


def render_pdf(template: str, context: dict[str, Any], pictures: Mapping[str, bytes] | None = None) -> bytes:
    """The PDF of a print template; ValidationError where a part of it takes more than the child may have.

    `pictures` are PNGs the template shows as /pictures/<name>.
    """
    html = render_to_string(template, context)
    pictures = pictures or {}
    if CUT not in html:
        return _printed(html, pictures, "pdf/ua-1")
    head, _start, rest = html.partition(BODY)
    body, _end, foot = rest.partition(BODY_END)
    plain_head = head.replace("</head>", _NO_NUMBERS)
    sections = body.split(CUT)
    if len(sections) > MAX_SECTIONS:
        raise _too_large()
    pages = _joined(_printed(plain_head + section + foot, pictures) for section in sections)
    before_header, _tag, _header = head.replace("</head>", _BLANK_PAGES).partition("<header")
    numbers = PdfReader(BytesIO(_printed(before_header + "<p></p>" * len(pages.pages) + foot, {})))
    for page, number in zip(pages.pages, numbers.pages, strict=True):
        page.merge_page(number)
        page.compress_content_streams()
    out = BytesIO()
    pages.compress_identical_objects()
    pages.write(out)
    return out.getvalue()


def _joined(documents: Iterable[bytes]) -> PdfWriter:
    writer = PdfWriter()
    for document in documents:
        reader = PdfReader(BytesIO(document))
        writer.append(reader, import_outline=False)
        writer.add_metadata(dict(reader.metadata or {}))
    return writer


def _printed(html: str, pictures: Mapping[str, bytes], variant: str | None = None) -> bytes:
    order = json.dumps(
        {
            "html": html,
            "base": ORIGIN,
            "served": _served(),
            "pictures": {
                f"{ORIGIN}pictures/{name}": base64.b64encode(content).decode() for name, content in pictures.items()
            },
            "faces": _faces(),
            "variant": variant,
            "memory": MEMORY_BYTES,
            "seconds": CPU_SECONDS,
        }
    )
    try:
        ended = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", str(CHILD)],
            input=order.encode(), capture_output=True, timeout=WALL_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _too_large() from None
    if ended.returncode < 0:  # killed, by a limit or by itself
        raise _too_large()
    if ended.returncode:
        raise RuntimeError(f"No PDF: {ended.stderr.decode(errors='replace')[-500:]}")
    return ended.stdout


def _too_large() -> ValidationError:
    message = _("This document is too large to print. Narrow it down, or download it as a workbook.")
    return ValidationError(message, code="too_large")


def _served() -> dict[str, list[str]]:
    """The files a document may use, by address: path and content type."""
    fonts = STATIC / "build" / "fonts"
    served = {f"{ORIGIN}fonts/{name}": [str(fonts / name), "font/ttf"] for name in FONTS.values()}
    style = asset("css/print.css").removeprefix("/")
    return {**served, f"{ORIGIN}{style}": [str(STATIC / "css" / "print.css"), "text/css"]}


def _faces() -> str:
    return "".join(
        f"@font-face{{font-family:'Noto Sans SC';font-weight:{weight};src:url({ORIGIN}fonts/{name})}}"
        for weight, name in FONTS.items()
    )
