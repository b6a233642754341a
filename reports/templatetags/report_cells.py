"""Cells of a report's table, rendered in Python because a template node per cell is slow."""

from collections.abc import Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from reports.figures.documents import Entry, Linked, shown

register = template.Library()


@register.simple_tag
def report_cells(row: Sequence[Entry], links: bool = True) -> SafeString:
    """The name of the row, then its numbers, each linked to the records it counts where it counts any."""
    head = format_html('<td role="rowheader">{}</td>', shown(row[0]))
    return head + format_html_join("", '<td class="c-num num n">{}</td>', ((_cell(entry, links),) for entry in row[1:]))


def _cell(entry: Entry, links: bool) -> str:
    if links and isinstance(entry, Linked) and entry.value:
        return format_html('<a href="{}">{}</a>', entry.url, shown(entry))
    return shown(entry)
