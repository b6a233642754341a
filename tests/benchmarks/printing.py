"""A quote of three pages as PDF against WeasyPrint alone on the same HTML, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from pypdf import PdfReader

from crm.records.pdf import FONTS
from sales.printing.blocks import standard_blocks
from sales.printing.models import Letterhead, PrintTemplate
from sales.printing.rendering import context_of, print_paper
from sales.printing.samples import sample_paper
from tests.benchmarks.measuring import Figure, ratio

PAGES = 3
_ALONE = """
import sys
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
style, faces = sys.argv[1:]
fonts = FontConfiguration()
sheets = [CSS(filename=style, font_config=fonts), CSS(string=faces, font_config=fonts)]
page = HTML(string=sys.stdin.read(), base_url="https://document.invalid/")
sys.stdout.buffer.write(page.write_pdf(font_config=fonts, stylesheets=sheets, pdf_variant="pdf/ua-1"))
"""


def measure(prepare: Callable[[int], None], size: int) -> Iterator[Figure]:
    """The whole way from a quote to its PDF over the bare engine; the size of the database plays no part."""
    head = Letterhead(name="云岭工业软件（杭州）有限公司", address="杭州市滨江区江陵路 2028 号")
    kind = PrintTemplate.Kind.QUOTE
    with translation.override("zh-hans"):
        blocks = standard_blocks(kind, "zh-hans")
        template, paper = PrintTemplate(kind=kind, blocks=blocks), sample_paper(kind, head)
        lines = paper.lines
        assert lines is not None
        paper = replace(paper, lines=replace(lines, lines=[*lines.lines] * 6))
        html = render_to_string("sales/printing/paper.html", context_of(paper, head, template))
        pages = len(PdfReader(BytesIO(print_paper(paper, head, template).content)).pages)
        if pages != PAGES or len(PdfReader(BytesIO(_alone(html))).pages) != PAGES:
            raise AssertionError(f"{pages} pages are measured, not {PAGES}")
        ours = ratio(lambda: print_paper(paper, head, template), lambda: _alone(html), rounds=5)
    yield Figure("quote_pdf_over_weasyprint", ours, 1.3)


def _alone(html: str) -> bytes:
    """The PDF by WeasyPrint and nothing else."""
    static = settings.ROOT / "static"
    faces = "".join(
        f"@font-face{{font-family:'Noto Sans SC';font-weight:{weight};"
        f"src:url({(static / 'build' / 'fonts' / name).as_uri()})}}"
        for weight, name in FONTS.items()
    )
    bare = html.replace('<link rel="stylesheet"', '<link rel="unused"')
    command = [sys.executable, "-I", "-X", "utf8", "-c", _ALONE, str(static / "css" / "print.css"), faces]
    return subprocess.run(command, input=bare.encode(), capture_output=True, check=True).stdout
