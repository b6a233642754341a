"""Renders one HTML document as PDF in a process of its own, so that a monstrous one can only hurt this process.

WeasyPrint only: `python -I pdf_child.py`, the order as JSON on stdin, the PDF on stdout. What the document asks for
beyond the files of the order is refused and left out.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse


class Refused(ValueError):
    """A document asked for something that is not on the list."""


class AllowList(URLFetcher):
    """Serves files by the addresses of an order and refuses everything else, the network included."""

    def __init__(self, served: dict[str, list[str]], pictures: dict[str, str] | None = None) -> None:
        super().__init__()
        self.served = served
        self.pictures = pictures or {}

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        """The file, or Refused."""
        if url in self.pictures:
            return URLFetcherResponse(url, base64.b64decode(self.pictures[url]), {"Content-Type": "image/png"})
        if url not in self.served:
            raise Refused(f"A document may not fetch {url[:200]}.")
        path, kind = self.served[url]
        return URLFetcherResponse(url, Path(path).read_bytes(), {"Content-Type": kind})


def main() -> None:
    """Limit this process (the data it makes, not the fonts it maps), render, answer."""
    order = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_DATA, (order["memory"], order["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (order["seconds"], order["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    try:
        sys.stdout.buffer.write(printed(order))
    except MemoryError:
        os.kill(os.getpid(), signal.SIGKILL)  # as the limit on time does


def printed(order: dict[str, Any]) -> bytes:
    """The PDF of an order: html, base (its address), served (address → path and content type), pictures
    (address → PNG in base64), faces (font rules),
    variant."""
    fonts, fetcher = FontConfiguration(), AllowList(order["served"], order.get("pictures"))
    faces = CSS(string=order["faces"], font_config=fonts, url_fetcher=fetcher, base_url=order["base"])
    page = HTML(string=order["html"], base_url=order["base"], url_fetcher=fetcher)
    rendered: bytes = page.write_pdf(font_config=fonts, stylesheets=[faces], pdf_variant=order["variant"])
    return rendered


if __name__ == "__main__":
    main()
