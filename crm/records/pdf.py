"""The only way to a PDF: a template, our own fonts and style sheet, and no other file or address."""

from __future__ import annotations

import atexit
import logging
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from crm.ui.marks import asset

ORIGIN = "https://document.invalid"
STATIC = Path(settings.ROOT) / "static"
FONTS = {"400": "NotoSansSC-Regular.ttf", "700": "NotoSansSC-Bold.ttf"}


class Refused(ValueError):
    """A document asked for something that is not on the list."""


def render_pdf(template: str, context: dict[str, Any]) -> bytes:
    """The PDF of a print template; what it asks for beyond fonts and print.css is refused and left out."""
    from weasyprint import HTML  # noqa: PLC0415 - slow to import and needed in the bulk worker only

    fonts, fetcher, faces = _press()
    page = HTML(string=render_to_string(template, context), base_url=f"{ORIGIN}/", url_fetcher=fetcher)
    rendered: bytes = page.write_pdf(font_config=fonts, stylesheets=[faces], pdf_variant="pdf/ua-1")
    return rendered


@cache
def _press() -> tuple[Any, Any, Any]:
    """Font configuration, fetcher and font faces, made once per process (the fonts weigh 20 MB)."""
    from weasyprint import CSS  # noqa: PLC0415 - see render_pdf
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
    from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415

    class AllowList(URLFetcher):
        """Serves packaged files by name and refuses everything else, the network included."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            """The file, or Refused."""
            if url not in served:
                raise Refused(f"A document may not fetch {url[:200]}.")
            path, kind = served[url]
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})

    served = {f"{ORIGIN}/fonts/{name}": (STATIC / "build" / "fonts" / name, "font/ttf") for name in FONTS.values()}
    served[f"{ORIGIN}{asset('css/print.css')}"] = (STATIC / "css" / "print.css", "text/css")
    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)  # a line per page and step otherwise
    fonts, fetcher = FontConfiguration(), AllowList()
    atexit.register(_press.cache_clear)  # the fonts are released while Python still can
    faces = "".join(
        f"@font-face{{font-family:'Noto Sans SC';font-weight:{weight};src:url({ORIGIN}/fonts/{name})}}"
        for weight, name in FONTS.items()
    )
    return fonts, fetcher, CSS(string=faces, font_config=fonts, url_fetcher=fetcher, base_url=ORIGIN)
